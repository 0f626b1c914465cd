import re
from dataclasses import replace
from pathlib import Path

import httpx
from starlette.types import ASGIApp
from structlog.testing import capture_logs

from app.main import create_app
from core.request_context import REQUEST_ID
from db.connection import Pool
from handlers.feature import Deps, Feature
from tests.app.conftest import ECHO
from tests.fake_discord import GUILD, FakeDiscord, fake_discord, settings
from tests.paths import ROOT
from wire.interaction import SlashCommand
from wire.message import Message

UNREADABLE = 'lyceum_deliveries_refused_total{door="interaction",reason="unreadable",status="400"}'


async def test_metrics_tell_what_the_door_did(discord: FakeDiscord) -> None:
    await discord.slash("echo", text="hello")
    await discord.slash("fail", how="refuse")
    await discord.slash("draw")
    await discord.send(b"{}", x_signature_ed25519="00", x_signature_timestamp="1")
    await discord.send(b"x" * 1_100_000)

    page = await metrics_of(discord.app)

    assert number(page, 'lyceum_interaction_seconds_count{outcome="answered",route="slash echo"}') == 1
    assert number(page, 'lyceum_interaction_seconds_count{outcome="refused",route="slash fail"}') == 1
    assert number(page, 'lyceum_first_answers_total{outcome="good"}') == 2
    assert number(page, 'lyceum_first_answers_total{outcome="refused"}') == 1
    assert number(page, 'lyceum_deliveries_refused_total{door="interaction",reason="too large",status="413"}') == 1
    assert (
        number(page, 'lyceum_deliveries_refused_total{door="interaction",reason="timestamp too far off",status="401"}')
        == 1
    )
    edit = "PATCH /webhooks/{webhook}/{token}/messages/@original"
    assert number(page, f'lyceum_rest_seconds_count{{route="{edit}",status="200"}}') == 1
    assert number(page, "lyceum_database_up") == 0
    assert number(page, 'lyceum_process{name="web"}') == 1
    assert discord_secrets(page) == []


async def test_metrics_tell_what_the_database_knows(tmp_path: Path, pool: Pool) -> None:
    async with pool.connection() as conn:
        await conn.execute("INSERT INTO guilds (guild_id, locale) VALUES (41771983423143937, 'en')")
        await conn.execute("INSERT INTO users (user_id, username) VALUES (5000000, 'ana')")
        await conn.execute("INSERT INTO members (guild_id, user_id) VALUES (41771983423143937, 5000000)")
        await conn.execute(
            """INSERT INTO voice_sessions (guild_id, user_id, started_at, credited_until)
               VALUES (41771983423143937, 5000000, '2026-11-21 11:00Z', '2026-11-21 11:00Z')"""
        )
        await conn.execute(
            """INSERT INTO gateway_sessions (shard_id, shard_count, heartbeat_at)
               VALUES (0, 1, '2026-11-21 11:59:48Z')"""
        )
        await conn.execute(
            """INSERT INTO outbox (guild_id, kind, dedupe_key, payload, due_at, held_until)
               VALUES (41771983423143937, 'message', 'a', '{}', '2026-11-21 11:59Z', now())"""
        )
    async with fake_discord(tmp_path, pool=pool, features=[ECHO]) as discord:
        page = await metrics_of(discord.app)

    assert number(page, "lyceum_database_up") == 1
    assert number(page, "lyceum_database_writable") == 1
    assert number(page, "lyceum_open_sessions") == 1
    assert number(page, 'lyceum_gateway_heard_age_seconds{shard="0/1"}') == 12
    assert number(page, 'lyceum_outbox{status="pending"}') == 1
    assert number(page, 'lyceum_outbox{status="needs_attention"}') == 0
    assert number(page, "lyceum_outbox_oldest_due_seconds") == 60
    assert number(page, 'lyceum_pool_connections{state="in use"}') >= 0


async def test_a_port_that_processes_share_tells_no_numbers(tmp_path: Path) -> None:
    app = create_app(replace(settings(tmp_path), web_processes=2), features=[ECHO])

    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://x") as client:
        answer = await client.get("/metrics")

    assert answer.status_code == 503
    assert "Set METRICS_PORT" in answer.text


async def test_everything_is_done_in_the_name_of_its_interaction(tmp_path: Path) -> None:
    seen: list[tuple[object, int]] = []

    async def look(interaction: SlashCommand, deps: Deps) -> Message:
        seen.append((REQUEST_ID.get(), interaction.id))
        return Message("hello")

    feature = Feature(name="look", slash={"look": look}, uses_database=False)
    async with fake_discord(tmp_path, features=[feature]) as discord:
        await discord.slash("look", guild=GUILD)

    [(request, interaction)] = seen
    assert request == interaction
    assert REQUEST_ID.get() is None


async def test_a_delivery_that_cannot_be_read_is_counted_and_explained(discord: FakeDiscord) -> None:
    with capture_logs() as lines:
        await discord.deliver({"type": 99})

    [line] = lines
    assert (line["event"], line["status"], line["reason"]) == ("interaction refused", 400, "unreadable")
    assert line["why"]
    assert number(await metrics_of(discord.app), UNREADABLE) == 1


def test_the_proxy_passes_only_on_what_the_world_may_ask() -> None:
    config = (ROOT / "deploy" / "nginx.conf").read_text(encoding="utf-8")

    places = re.findall(r"location (.+?) \{", config)
    assert places == ["~ ^/(interactions|events)$", "= /health", "/"]
    assert "location / { return 404; }" in config


def test_every_number_that_raises_an_alarm_is_shown() -> None:
    root = ROOT
    shown = {
        name
        for room in ("app", "db", "gateway_listener")
        for path in (root / room).rglob("*.py")
        for name in re.findall(r'"(lyceum_[a-z_]+)"', path.read_text(encoding="utf-8"))
    }

    rules = (root / "deploy" / "alerts.yaml").read_text(encoding="utf-8")

    watched = {name.removesuffix("_count").removesuffix("_total") for name in re.findall(r"lyceum_[a-z_]+", rules)}
    assert len(watched) == 10
    assert watched <= shown


async def metrics_of(app: ASGIApp) -> str:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://x") as client:
        answer = await client.get("/metrics")
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"].startswith("text/plain; version=")
    return answer.text


def number(page: str, series: str) -> float:
    [line] = [line for line in page.splitlines() if line.startswith(f"{series} ")]
    return float(line.rpartition(" ")[2])


def discord_secrets(page: str) -> list[str]:
    return [secret for secret in ("aW50ZXJhY3Rpb24", "ana", "hello") if secret in page]
