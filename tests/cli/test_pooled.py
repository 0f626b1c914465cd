"""All of Lyceum with a DATABASE_URL through a real PgBouncer in transaction mode."""

import json
import sys

import pytest

from cli.errors import USAGE
from gateway_listener.protocol.close_codes import REFUSED
from tests.cli.conftest import House, wait_until
from tests.cli.test_doctor import report
from tests.cli.test_up import READY
from tests.conftest import server_folder
from tests.pgbouncer import pgbouncer

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform != "linux", reason="processes are looked up in /proc"),
]


def test_everything_works_through_a_pooler_with_an_address_past_it(house: House, database_url: str) -> None:
    with pgbouncer(server_folder(), database_url, size=4) as pooled:
        addresses = {"DATABASE_URL": pooled, "DATABASE_DIRECT_URL": database_url}
        with house.start("up", **addresses) as up:
            wait_until(
                lambda: READY in up.said() or up.process.poll() is not None, what="everything runs", patience_s=150
            )
            assert READY in up.said(), up.said()
            tried = [house.run("try", command, "--as", "ada", "--json") for command in ("/profile", "/now") * 6]
            told = house.run("doctor", "--json", **addresses)
            said = up.said()

    replies = [json.loads(one.stdout.splitlines()[-1]) for one in tried]
    assert [one.returncode for one in tried] == [0] * 12, [one.stderr for one in tried]
    assert [reply["problems"] for reply in replies] == [[]] * 12
    assert "broke" not in json.dumps(replies)
    assert "job failed" not in said
    found = report(told.stdout)
    assert found["pooler"] == ("good", "Web and worker go through a pooler, the listener and migrations past it.")
    assert [found[name][0] for name in ("database", "schema", "listener", "worker", "writes")] == ["good"] * 5


def test_the_listener_refuses_a_pooler_and_doctor_says_what_to_set(house: House, database_url: str) -> None:
    with pgbouncer(server_folder(), database_url) as pooled:
        listener = house.run("listener", DATABASE_URL=pooled)
        wrong = house.run("listener", DATABASE_URL=pooled, DATABASE_DIRECT_URL=pooled)
        migration = house.run("db", "upgrade", DATABASE_URL=pooled)
        told = house.run("doctor", "--json", DATABASE_URL=pooled)

    assert (listener.returncode, wrong.returncode, migration.returncode) == (REFUSED, REFUSED, USAGE)
    assert (
        "DATABASE_URL leads through a pooler in transaction mode, and the listener cannot work through one: "
        "set DATABASE_DIRECT_URL to the address of the database itself."
    ) in listener.stderr
    assert "DATABASE_DIRECT_URL leads through a pooler in transaction mode, and the listener" in wrong.stderr
    assert "a migration cannot work through one: set DATABASE_DIRECT_URL" in migration.stderr
    assert report(told.stdout)["pooler"] == (
        "bad",
        "DATABASE_URL leads through a pooler in transaction mode: the listener and migrations refuse it.",
    )
