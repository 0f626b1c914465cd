"""Each process started alone (web, worker, gateway, …) on the test run's PostgreSQL."""

import json
import signal
import sys
import urllib.error
import urllib.request
from typing import Any

import psycopg
import pytest

from tests.cli.conftest import House, wait_until

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="processes are looked up in /proc")


def get(url: str) -> tuple[int, dict[str, str], Any]:
    try:
        with urllib.request.urlopen(url, timeout=5) as response:  # noqa: S310 - our own address
            return response.status, dict(response.headers), json.loads(response.read())
    except urllib.error.HTTPError as error:
        with error:
            return error.code, dict(error.headers), json.loads(error.read())
    except OSError:
        return 0, {}, None


def test_web_answers_and_stops(house: House, database_url: str) -> None:
    url = f"http://127.0.0.1:{house.api_port}"
    with house.start("web", DATABASE_URL=database_url) as web:
        wait_until(lambda: get(f"{url}/ready")[0] == 200, what="web is ready")
        headers = get(f"{url}/ready")[1]
        taken = house.run("web", DATABASE_URL=database_url)
        code = web.stop(signal.SIGTERM)

    assert "server" not in {name.lower() for name in headers}
    assert taken.returncode == 1
    assert taken.stderr.startswith(f"✗ Port {house.api_port} is in use by another program: ")
    assert (code, web.said()) == (0, "")


def test_web_runs_in_several_processes(house: House, database_url: str) -> None:
    with house.start("web", DATABASE_URL=database_url, WEB_CONCURRENCY="2") as web:
        wait_until(lambda: get(f"http://127.0.0.1:{house.api_port}/ready")[0] == 200, what="web is ready")
        wait_until(
            lambda: sum("spawn_main" in words for words in house.processes().values()) == 2, what="two processes"
        )
        code = web.stop(signal.SIGTERM)

    assert code == 0, web.said()
    wait_until(lambda: house.processes() == {}, what="nothing is left")  # Python's resource tracker ends last


@pytest.mark.parametrize("process", ["web", "listener", "up"])
def test_a_process_says_that_the_database_is_empty(house: House, empty_database_url: str, process: str) -> None:
    refused = house.run(process, DATABASE_URL=empty_database_url)

    assert (refused.returncode, refused.stderr) == (
        1,
        "✗ The database is empty: prepare it with `lyceum db upgrade`.\n",
    )


def test_web_serves_while_its_database_is_away(house: House) -> None:
    with house.start("web", DATABASE_URL="postgresql://127.0.0.1:1/nothing") as web:
        web.wait_for("the schema could not be checked")
        status, _, health = get(f"http://127.0.0.1:{house.api_port}/health")
        code = web.stop(signal.SIGINT)

    assert (status, health["database"]) == (503, False)
    assert code == 0


def test_worker_works_until_it_is_stopped(house: House, database_url: str) -> None:
    with house.start("worker", DATABASE_URL=database_url) as worker:
        worker.wait_for("worker ready")
        code = worker.stop(signal.SIGTERM)

    assert code == 0, worker.said()


@pytest.mark.slow
def test_listener_and_web_fall_back_to_the_embedded_database(house: House) -> None:
    with house.start("playground"), house.start("web") as web:
        wait_until(lambda: get(f"http://127.0.0.1:{house.api_port}/ready")[0] == 200, what="web is ready")
        with house.start("listener") as listener:
            wait_until(lambda: house.run("voice", "join", "ada", "Library").returncode == 0, what="it is written down")
            code = listener.stop(signal.SIGTERM)
        current = house.run("db", "current")
        web_code = web.stop(signal.SIGTERM)

    assert (code, web_code) == (0, 0), (listener.said(), web.said())
    assert (current.returncode, current.stdout.endswith(" (up to date)\n")) == (0, True)
    assert house.processes() == {}


def test_web_stops_when_its_supervisor_is_gone(house: House, database_url: str) -> None:
    with house.start("web", "--supervised", DATABASE_URL=database_url) as web:  # standard input is at its end at once
        assert web.process.wait(30) == 0, web.said()


@pytest.mark.slow
def test_up_serves_any_server_that_speaks_discords_protocol(house: House, database_url: str) -> None:
    elsewhere = f"http://127.0.0.1:{house.playground_port}"
    with house.start("playground"):
        wait_until(lambda: get(f"{elsewhere}/playground/state")[0] == 200, what="the server answers")
        state = get(f"{elsewhere}/playground/state")[2]
        real = {
            "DISCORD_TOKEN": "playground",
            "DISCORD_PUBLIC_KEY": state["public_key"],
            "DISCORD_APPLICATION_ID": state["application_id"],
            "DISCORD_API_URL": elsewhere,
            "DISCORD_GATEWAY_URL": f"ws://127.0.0.1:{house.playground_port}/gateway",
            "DATABASE_URL": database_url,
            "LYCEUM_DATA_DIR": str(house.folder / "real"),
        }
        with house.start("up", **real) as up:
            up.wait_for("Ctrl-C stops everything.")
            diff = house.run("commands", "diff", **real)
            seed = house.run("db", "seed", **real)
            alone = house.run("playground", **real)
            code = up.stop(signal.SIGTERM)

    assert "local Discord" not in up.said()
    assert (diff.returncode, diff.stdout) == (0, "Discord's list is up to date.\n")
    assert (seed.returncode, alone.returncode) == (2, 2)
    assert code == 0, up.said()
    with psycopg.connect(database_url) as conn:
        assert conn.execute("SELECT count(*) FROM gateway_sessions").fetchone() == (1,)
        assert conn.execute("SELECT count(*) FROM member_zones").fetchone() == (0,)


@pytest.mark.slow
def test_up_says_that_discord_refuses_the_token(house: House, database_url: str) -> None:
    elsewhere = f"http://127.0.0.1:{house.playground_port}"
    with house.start("playground"):
        wait_until(lambda: get(f"{elsewhere}/playground/state")[0] == 200, what="the server answers")
        refused = house.run(
            "up",
            DISCORD_TOKEN="wrong",
            DISCORD_PUBLIC_KEY="ab" * 32,
            DISCORD_APPLICATION_ID="1234567890123456789",
            DISCORD_API_URL=elsewhere,
            DATABASE_URL=database_url,
            LYCEUM_DATA_DIR=str(house.folder / "real"),
        )

    assert refused.returncode == 1
    assert "could not sync the commands: Discord refuses the list" in refused.stdout
    assert refused.stderr == (
        "✗ The listener ended at once: Discord refused the token: copy it again from the Bot page of the developer "
        "portal into DISCORD_TOKEN.\n"
    )


def test_listener_says_which_shards_it_can_be_given(house: House) -> None:
    refused = house.run("listener", "--shards", "4/4")

    assert (refused.returncode, refused.stderr) == (
        2,
        "✗ --shards wants auto, a number such as 4, or some of a number such as 0,1,2/16 (they count from 0).\n",
    )
