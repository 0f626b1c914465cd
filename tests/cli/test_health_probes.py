import psycopg

from cli.health_probes import HealthProbes
from tests.conftest import on

NOWHERE = "http://127.0.0.1:9"


async def test_a_worker_of_another_database_is_not_ours(database_url: str) -> None:
    signs = HealthProbes(database_url, web_url=NOWHERE, playground_url=NOWHERE)

    with psycopg.connect(on(database_url, "postgres"), application_name="lyceum worker 1"):
        of_another = await signs.worker()
    with psycopg.connect(database_url, application_name="lyceum worker 1"):
        ours = await signs.worker()
    await signs.aclose()

    assert (of_another, ours) == (False, True)
