"""Sends interactions with one damaged field through the whole app: each is refused or answered, never a 500."""

import asyncio
import json
import random
from collections.abc import Iterator
from copy import deepcopy
from itertools import count
from pathlib import Path
from typing import Any, cast

import pytest
from structlog.testing import capture_logs

from core.ids import snowflake_at
from db.connection import Pool
from tests.app.interactions.test_privacy import ways
from tests.app.test_webhook_events import bought, event, let_in, taken_back
from tests.fake_discord import ANA, CHANNEL, GUILD, NOW, FakeDiscord, Json, envelope, fake_discord, sign
from tests.paths import ROOT

pytestmark = pytest.mark.slow

FILES = ROOT / "tests" / "wire" / "payloads"
EACH = 50  # damaged variants per payload
AT_ONCE = 8
DAMAGES: tuple[Any, ...] = (
    "a\0b",
    "\0",
    "\ud800",
    "\u202e\u2066",
    "",
    "x" * 100_000,
    "\n" * 5000,
    "x" * 1_200_000,
    "0",
    "1",
    "4194303",
    "-4194305",
    str(2**63),
    "9" * 400,
    "1e5",
    2**63,
    2**64 + 1,
    -1,
    0,
    1.5,
    1e300,
    True,
    None,
    [],
    {},
    [[]],
    {"a\0": {"\0": "\0"}},
    ["a\0b", 7],
)

_increments = count(10_000)


def payloads() -> Iterator[tuple[str, Json]]:
    """Every payload file, and an interaction for every command and component of our features."""
    for file in sorted(FILES.glob("*.json")):
        yield file.stem, json.loads(file.read_bytes())
    for way in ways(ANA):
        payload = envelope(way.kind, way.data)
        if way.kind == 3:
            payload["message"] = {"id": "77777777777", "channel_id": str(CHANNEL), "content": "", "flags": 64}
        yield way.name, payload


def leaves(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The paths in a payload: every field and every element, nested ones included."""
    if path:
        yield path
    if isinstance(value, dict):
        for name, inner in cast("Json", value).items():
            yield from leaves(inner, (*path, name))
    elif isinstance(value, list):
        for place, inner in enumerate(cast("list[Any]", value)):
            yield from leaves(inner, (*path, place))


def damaged(payload: Json, path: tuple[Any, ...], damage: Any) -> bytes:
    """The payload as a new interaction, with the value at one path damaged."""
    shape: Any = deepcopy(payload)
    if "id" in shape:
        shape["id"] = str(snowflake_at(NOW, increment=next(_increments)))
    inner = shape
    for step in path[:-1]:
        inner = inner[step]
    inner[path[-1]] = damage
    return json.dumps(shape).encode()


async def fuzz(discord: FakeDiscord, bodies: list[tuple[str, bytes]], *, to: str = "/interactions") -> list[str]:
    """Send the bodies; returns a description of each failure."""
    broken: list[str] = []

    async def send(what: str, body: bytes) -> None:
        answer = await discord.send(body, to=to, **sign(body, NOW))
        if answer.status not in {200, 202, 204, 400, 401, 413}:
            broken.append(f"{what}: {answer.status}")
        elif b"broke on our side" in answer.body:
            broken.append(f"{what}: broke")

    for first in range(0, len(bodies), AT_ONCE):
        await asyncio.gather(*(send(what, body) for what, body in bodies[first : first + AT_ONCE]))
    return broken


async def test_a_damaged_interaction_is_refused_or_answered(tmp_path: Path, pool: Pool) -> None:
    chance = random.Random(20_261_130)
    bodies: list[tuple[str, bytes]] = []
    for name, payload in payloads():
        places = list(leaves(payload))
        for _ in range(EACH):
            path, damage = chance.choice(places), chance.choice(DAMAGES)
            if path == ("message", "flags"):  # a V2 edit without components is rightly refused
                continue
            bodies.append((f"{name} {path} {str(damage)[:20]!r}", damaged(payload, path, damage)))

    async with fake_discord(tmp_path, pool=pool) as discord:
        with capture_logs() as lines:
            broken = await fuzz(discord, bodies)

    assert broken == []
    assert [line for line in lines if line["log_level"] in {"error", "critical"}] == []


async def test_a_damaged_event_is_refused_or_kept(tmp_path: Path, pool: Pool) -> None:
    chance = random.Random(20_261_130)
    bodies: list[tuple[str, bytes]] = []
    for payload in (let_in(), taken_back(), bought("CREATE"), bought("DELETE"), event("QUEST_USER_ENROLLMENT", {})):
        for path in leaves(payload):
            damages = (*chance.sample(DAMAGES, 10), 10**400, {"a": 10**400})
            bodies += [(f"{path} {str(damage)[:20]!r}", damaged(payload, path, damage)) for damage in damages]
    chance.shuffle(bodies)

    async with fake_discord(tmp_path, pool=pool) as discord:
        with capture_logs() as lines:
            broken = await fuzz(discord, bodies[:600], to="/events")

    assert broken == []
    assert [line for line in lines if line["log_level"] in {"error", "critical"}] == []


TEXTS = (
    ("member", "user", "avatar"),
    ("member", "user", "username"),
    ("member", "user", "global_name"),
    ("member", "avatar"),
    ("member", "nick"),
    ("locale",),
    ("guild_locale",),
    ("guild", "locale"),
    ("channel", "name"),
    ("token",),
)
IDS = (("id",), ("guild_id",), ("channel_id",), ("channel", "id"), ("member", "user", "id"), ("application_id",))


STRANGE: tuple[Any, ...] = ("a\0b", "\0", "x" * 100_000, "4194303", "1", "0", "-1", str(2**63), 7, [], {})


async def test_whoever_comes_with_strange_names_and_ids_is_answered(tmp_path: Path, pool: Pool) -> None:
    chosen = {"/profile", "/my visibility", "/track channel", "/help", "/leaderboard", "button freeze:status"}
    known = {name: payload for name, payload in payloads() if name in chosen}
    assert set(known) == chosen
    bodies = [
        (
            f"{name} {path} {str(damage)[:20]!r}",
            damaged(payload | {"guild_id": str(GUILD + 4_194_304 * number)}, path, damage),
        )
        for name, payload in known.items()
        for damage in STRANGE
        for number, path in enumerate((*TEXTS, *IDS))
    ]

    async with fake_discord(tmp_path, pool=pool) as discord:
        with capture_logs() as lines:
            broken = await fuzz(discord, bodies)

    assert broken == []
    assert [line for line in lines if line["log_level"] in {"error", "critical"}] == []
