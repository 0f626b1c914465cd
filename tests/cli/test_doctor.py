import json
import time
from email.utils import formatdate
from typing import Any

import httpx
import psycopg
import pytest

from cli import checks_database
from cli.checks_discord import clock
from cli.findings import State
from core.config import Config
from handlers import FEATURES
from tests.cli.conftest import House
from tests.wire.discord_server import failed, ok, serve
from wire.rest import Rest

READY = "Ctrl-C stops everything."
REAL = {
    "DISCORD_TOKEN": "secret",
    "DISCORD_PUBLIC_KEY": "ab" * 32,
    "DISCORD_APPLICATION_ID": "1000000000000000001",
}


def report(said: str) -> dict[str, tuple[str, str]]:
    checks: list[dict[str, Any]] = json.loads(said)["checks"]
    return {check["name"]: (check["state"], check["found"]) for check in checks}


@pytest.mark.slow
def test_doctor_finds_a_running_house_well(house: House) -> None:
    with house.start("up") as up:
        up.wait_for(READY)
        read = house.run("doctor")
        told = house.run("doctor", "--json")

    assert (read.returncode, told.returncode) == (0, 0), read.stdout + read.stderr
    assert "✗" not in read.stdout
    assert "All " in read.stdout.splitlines()[-1]
    states = {name: state for name, (state, _) in report(told.stdout).items()}
    assert states.pop("fonts") in {"good", "note"}  # "note" on machines without FriBidi
    assert states == dict.fromkeys(
        (
            "environment",
            "data folder",
            "key",
            "web",
            "token",
            "public key",
            "endpoint",
            "intents",
            "commands",
            "clock",
            "database",
            "schema",
            "listener",
            "worker",
            "outbox",
            "writes",
        ),
        "good",
    )


def test_doctor_says_what_is_missing_before_anything_was_started(house: House, empty_database_url: str) -> None:
    told = house.run("doctor", "--json", DATABASE_URL=empty_database_url)

    found = report(told.stdout)
    assert (told.returncode, told.stderr) == (1, "")
    assert [found[name][0] for name in ("web", "token", "commands", "schema")] == ["note", "note", "note", "bad"]
    assert found["web"][1] == f"Nothing answers at http://127.0.0.1:{house.api_port}."
    assert found["schema"][1] == "The database is empty: prepare it with `lyceum db upgrade`."


def test_doctor_names_the_channels_that_the_bot_may_not_view(house: House, database_url: str) -> None:
    with psycopg.connect(database_url) as conn:
        conn.execute("INSERT INTO guilds (guild_id, name) VALUES (7000000, 'Lyceum')")
        conn.execute(
            """INSERT INTO channels (guild_id, channel_id, name, kind, is_hidden)
               VALUES (7000000, 20000001, 'Library', 'study', true), (7000000, 20000002, 'Den', 'ignored', true),
                      (7000000, 20000003, 'Atrium', 'study', false)"""
        )

    told = house.run("doctor", "--json", DATABASE_URL=database_url)

    state, found = report(told.stdout)["hidden channels"]
    assert state == "note"
    assert found == "View Channel is missing: voice channels that the bot may not view: 1 (<#20000001>)."


def test_doctor_names_every_setting_that_is_wrong(house: House) -> None:
    told = house.run("doctor", DISCORD_TOKEN="t", API_PORT="many")

    assert told.returncode == 1
    assert "DISCORD_PUBLIC_KEY is missing" in told.stdout
    assert "API_PORT must be a port" in told.stdout


def test_doctor_compares_the_settings_with_what_discord_knows(house: House, database_url: str) -> None:
    application = {
        "id": "1000000000000000002",
        "name": "Other",
        "verify_key": "cd" * 32,
        "flags": 1 << 19,
    }
    with serve() as discord:
        discord.script = [ok(application), ok([])]
        wrong_app = house.run("doctor", "--json", DATABASE_URL=database_url, DISCORD_API_URL=discord.url, **REAL)
        discord.script = [ok(application | {"id": REAL["DISCORD_APPLICATION_ID"]}), ok([])]
        wrong_key = house.run("doctor", "--json", DATABASE_URL=database_url, DISCORD_API_URL=discord.url, **REAL)

    found, later = report(wrong_app.stdout), report(wrong_key.stdout)
    assert (wrong_app.returncode, wrong_key.returncode) == (1, 1)
    assert found["token"] == (
        "bad",
        "The token belongs to application 1000000000000000002, not 1000000000000000001.",
    )
    assert later["token"] == ("good", "Discord knows us as Other.")
    assert later["public key"][0] == "bad"
    assert later["intents"] == ("note", "Privileged intents are switched on and not used: message content.")
    assert later["endpoint"][0] == "note"
    assert later["commands"][0] == "bad"
    assert later["web"] == ("note", f"Nothing answers at http://127.0.0.1:{house.api_port}.")
    assert later["listener"] == ("bad", "Nobody has listened to the gateway yet.")
    assert later["worker"] == ("bad", "No worker is connected to the database.")
    assert later["errors"][0] == "note"
    assert later["backup"][0] in {"good", "note"}
    assert "secret" not in wrong_app.stdout + wrong_key.stdout


def test_doctor_counts_our_own_commands_and_repeats_no_filler(house: House, database_url: str) -> None:
    """Another server with Discord's REST API returns placeholder texts; the list may hold other tools' commands."""
    application = {"id": REAL["DISCORD_APPLICATION_ID"], "name": "We", "verify_key": "IMPLEMENTME", "flags": 0}
    application["interactions_endpoint_url"] = "IMPLEMENTME"
    with serve() as discord:
        discord.script = [ok(application), ok([{"id": "1", "type": 1, "name": "dice", "description": "Roll dice"}])]
        told = house.run("doctor", "--json", DATABASE_URL=database_url, DISCORD_API_URL=discord.url, **REAL)

    found = report(told.stdout)
    assert "IMPLEMENTME" not in told.stdout
    assert (found["public key"][0], found["endpoint"][0]) == ("note", "note")
    count = len([command for feature in FEATURES for command in feature.commands])
    lacking = f"Discord's list lacks or has differently {count} of our {count} commands."
    assert found["commands"] == ("bad", f"{lacking} Others registered /dice; a sync keeps them.")


@pytest.mark.parametrize("place", ["token", "commands"])
def test_doctor_tells_a_429_of_hours_from_an_outage(house: House, empty_database_url: str, place: str) -> None:
    application = {"id": REAL["DISCORD_APPLICATION_ID"], "name": "We", "verify_key": REAL["DISCORD_PUBLIC_KEY"]}
    slow = failed(429, 0, "You are being rate limited.", retry_after=7200)
    with serve() as discord:
        discord.script = [slow, ok([])] if place == "token" else [ok(application), slow]
        told = house.run("doctor", "--json", DATABASE_URL=empty_database_url, DISCORD_API_URL=discord.url, **REAL)

    state, found = report(told.stdout)[place]
    assert state == "note"
    assert found.startswith("Discord asks to wait 2 h, until ")


async def test_a_replica_has_to_answer_and_to_be_one(house: House, database_url: str) -> None:
    async def look(**replica: str) -> list[tuple[State, str]]:
        settings = Config.from_env(house.environ | {"DATABASE_URL": database_url} | replica)
        return [(finding.state, finding.found.partition(":")[0]) for finding in await checks_database.replica(settings)]

    assert await look() == []
    assert await look(DATABASE_REPLICA_URL="postgresql://127.0.0.1:1/nothing") == [
        (State.BAD, "The replica does not answer")
    ]
    assert await look(DATABASE_REPLICA_URL=database_url) == [
        (State.BAD, "DATABASE_REPLICA_URL leads to a server that follows no other.")
    ]


@pytest.mark.parametrize(("off_s", "state"), [(0, State.GOOD), (-10, State.NOTE), (400, State.BAD)])
async def test_the_clock_is_compared_with_discords(house: House, off_s: float, state: State) -> None:
    settings = Config.from_env(house.environ)
    late = formatdate(time.time() - off_s, usegmt=True)
    answer = httpx.MockTransport(lambda _: httpx.Response(200, json={"url": "wss://x"}, headers={"date": late}))

    async with httpx.AsyncClient(transport=answer) as client, Rest(settings.api_url, client=client) as rest:
        [finding] = await clock(settings, rest)

    assert finding.state is state
