"""A response's visibility does not depend on its timing: all entry points, with a slow or failing database."""

import asyncio
from collections.abc import AsyncGenerator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import count
from pathlib import Path

import pytest

from app.routes import Routes
from core.enums import LeaderboardMetric, LeaderboardPeriod, TrackingPreset
from db.connection import Pool
from handlers import FEATURES, leaderboards, tracking
from handlers.feature import Feature
from handlers.members import my
from handlers.streaks import freeze, streak, streak_notices
from tests.fake_discord import (
    ANA,
    CHANNEL,
    NOW,
    FakeDiscord,
    Json,
    Room,
    Shown,
    Someone,
    envelope,
    fake_discord,
    shown,
    slash_payload,
)
from tests.handlers.conftest import studied
from wire.command_json import Option
from wire.interaction import ButtonClick, MessageMenu, ModalSubmit, SelectSubmit, SlashCommand, UserMenu
from wire.options import OptionKind
from wire.payloads import SLASH

TODAY = NOW.date()
SLOW = """
    CREATE FUNCTION wait() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN PERFORM pg_sleep(1.8); {then} RETURN NEW; END $$;
    CREATE TRIGGER slow BEFORE INSERT ON processed_interactions FOR EACH ROW EXECUTE FUNCTION wait();
"""

_numbers = count(1)


@dataclass(frozen=True)
class Way:
    """One entry point (command, component or modal) and the payload that a user sends."""

    name: str
    kind: int  # interaction type
    data: Json

    def __str__(self) -> str:
        return self.name


def custom_ids(viewer: int) -> dict[type, dict[str, str]]:
    """The custom ids of all features' components, created for `viewer`."""
    days = (TODAY - timedelta(days=2), TODAY - timedelta(days=1))
    return {
        ButtonClick: {
            "freeze:status": streak_notices.STATUS.pack(),
            "freeze:plan": streak_notices.PLAN.pack(),
            "freeze:repair": streak_notices.REPAIR.pack(days[0]),
            "streak:month": streak.MONTH.pack(viewer, viewer, date(2026, 10, 1)),
            "leaderboard:page": leaderboards.PAGE.pack(LeaderboardMetric.FOCUS, LeaderboardPeriod.WEEK, 0, viewer),
            "leaderboard:me": leaderboards.ME.pack(LeaderboardMetric.FOCUS, LeaderboardPeriod.WEEK, viewer),
            "track:apply": tracking.APPLY.pack(next(iter(TrackingPreset)), *days),
        },
        SelectSubmit: {"my:zone": my.ZONE.pack()},
        ModalSubmit: {"freeze:planned": freeze.PLANNED.pack()},
    }


def ways(viewer: Someone) -> Iterator[Way]:
    """Every entry point of every feature, and two that no feature handles (any more)."""
    leaves = {path: options for feature in FEATURES for path, options in _leaves(feature)}
    routes = Routes(FEATURES)
    assert set(leaves) == routes.names(SlashCommand)
    for path, options in leaves.items():
        filled = {option.name: _value(option) for option in options if option.required}
        yield Way(f"/{path}", 2, slash_payload(path, by=viewer, options=filled)["data"])
    resolved = {"users": {str(viewer.id): viewer.user}, "members": {str(viewer.id): viewer.member}}
    for name in sorted(routes.names(UserMenu)):
        yield Way(
            f"menu {name}", 2, {"id": "900", "name": name, "type": 2, "target_id": str(viewer.id), "resolved": resolved}
        )
    assert not routes.names(MessageMenu)
    known = custom_ids(viewer.id)
    for kind in (ButtonClick, SelectSubmit, ModalSubmit):
        assert set(known[kind]) == routes.names(kind)
    for name, custom_id in known[SelectSubmit].items():
        chosen = {"custom_id": custom_id, "component_type": 3, "values": ["Asia/Seoul"]}
        yield Way(f"select {name}", 3, chosen)
    for name, custom_id in known[ButtonClick].items():
        yield Way(f"button {name}", 3, {"custom_id": custom_id, "component_type": 2})
    fields = [
        {"type": 18, "component": {"type": 4, "custom_id": name, "value": _day(ahead)}}
        for name, ahead in (("from", 2), ("to", 3))
    ]
    for name, custom_id in known[ModalSubmit].items():
        yield Way(f"modal {name}", 5, {"custom_id": custom_id, "components": fields})
    yield Way("/unknown", 2, slash_payload("unknown", by=viewer, options={})["data"])
    yield Way("button unknown", 3, {"custom_id": "v1:unknown:x", "component_type": 2})


def _leaves(feature: Feature) -> Iterator[tuple[str, tuple[Option, ...]]]:
    for command in feature.commands:
        if command.kind != SLASH:
            continue
        subs = [option for option in command.options if option.kind <= OptionKind.GROUP]
        if not subs:
            yield command.name, command.options
        for sub in subs:
            assert sub.kind is OptionKind.SUBCOMMAND
            yield f"{command.name} {sub.name}", sub.options


def _day(ahead: int) -> str:
    return (TODAY + timedelta(days=ahead)).isoformat()


def _value(option: Option) -> object:
    values: dict[str, object] = {
        "user": ANA,
        "channel": Room(CHANNEL, "library"),
        "from": _day(-3),
        "to": _day(-2),
        "date": _day(-1),
        "when": "18:30",
        "zone": "Europe/Madrid",
        "reason": "An outage",
        "session": 999_999,  # no such session: voiding a real one would change other responses
        "minutes": 30,
    }
    return option.choices[0][1] if option.choices else values[option.name]


@dataclass(frozen=True)
class Seen:
    """What one interaction showed in Discord."""

    ever: list[Shown]
    at_end: list[Shown]

    @property
    def in_public(self) -> list[str]:
        return [one.text for one in self.ever if not one.is_private]


ON_PRIVATE_MESSAGES = {"select my:zone"}  # components that occur only on private messages


async def send(discord: FakeDiscord, way: Way, by: Someone, *, flags: int = 0) -> Seen:
    """Send the interaction with a unique token, so that concurrent ones can be distinguished."""
    token = f"token{next(_numbers)}"
    payload = envelope(way.kind, way.data, by=by) | {"token": token}
    if way.kind == 3:
        flags = 64 if way.name in ON_PRIVATE_MESSAGES else flags
        payload["message"] = {"id": "77777777777", "channel_id": str(CHANNEL), "content": "", "flags": flags}
    answer = await discord.deliver(payload)
    assert answer.status == 200, way
    calls = [edit for edit in discord.edits if f"/{token}" in edit.path]
    return Seen(*shown(payload, answer.json, calls))


async def people(pool: Pool, number: int, *, private: bool) -> list[Someone]:
    """The given number of members with counted time, with private or public stats."""
    found = [Someone(5_100_000_000 + 10 * each, f"person{each}") for each in range(number)]
    for each in found:
        await studied(pool, each, hours=2)
    if private:
        async with pool.connection() as conn:
            await conn.execute("UPDATE members SET visibility = 'private'")
    return found


async def slow_down(pool: Pool, then: str = "") -> None:
    async with pool.connection() as conn:
        await conn.execute(SLOW.format(then=then).encode())


@asynccontextmanager
async def wide(tmp_path: Path, database_url: str) -> AsyncGenerator[tuple[FakeDiscord, Pool]]:
    """The app with enough database connections for all entry points at once."""
    async with Pool(database_url, max_size=45) as pool, fake_discord(tmp_path, pool=pool) as discord:
        yield discord, pool


@pytest.mark.parametrize("private", [False, True], ids=["public", "private"])
async def test_who_sees_an_answer_is_the_same_when_the_database_is_slow(
    tmp_path: Path, database_url: str, *, private: bool
) -> None:
    async with wide(tmp_path, database_url) as (discord, pool):
        who = await people(pool, len(list(ways(ANA))), private=private)
        sent = [(by, list(ways(by))[place]) for place, by in enumerate(who)]
        quick = await asyncio.gather(*(send(discord, way, by) for by, way in sent))
        await slow_down(pool)
        slow = await asyncio.gather(*(send(discord, way, by) for by, way in sent))

    names = [way.name for _, way in sent]
    privacy = dict(zip(names, ([one.is_private for one in seen.at_end] for seen in quick), strict=True))
    assert {n: [one.is_private for one in s.at_end] or privacy[n] for n, s in zip(names, slow, strict=True)} == {
        # A modal cannot follow a deferral: a private message says so instead.
        name: was or [True]
        for name, was in privacy.items()
    }
    for name, was, now in zip(names, quick, slow, strict=True):
        assert (name, len(now.in_public)) == (name, len(was.in_public))
    public = {name for name, seen in zip(names, quick, strict=True) if seen.in_public}
    cards: set[str] = set() if private else {"/profile", "menu Profile", "/streak", "button streak:month"}
    assert public - {"button leaderboard:page", "button leaderboard:me"} == cards | {"/leaderboard", "/now"}


@pytest.mark.parametrize("then", ["RAISE EXCEPTION 'no';", "RAISE EXCEPTION 'x' USING ERRCODE = '57P01';"])
async def test_what_went_wrong_late_is_told_to_the_person_alone(tmp_path: Path, database_url: str, then: str) -> None:
    async with wide(tmp_path, database_url) as (discord, pool):
        who = await people(pool, len(list(ways(ANA))), private=False)
        sent = [(by, list(ways(by))[place]) for place, by in enumerate(who)]
        await slow_down(pool, then)
        seen = await asyncio.gather(*(send(discord, way, by) for by, way in sent))

    assert {way.name: one.in_public for (_, way), one in zip(sent, seen, strict=True)} == {
        way.name: [] for _, way in sent
    }
    assert {way.name: len(one.at_end) for (_, way), one in zip(sent, seen, strict=True)} == {
        way.name: 1 for _, way in sent
    }


async def test_a_calendar_that_was_public_shows_nothing_more_once_its_member_is_hidden(
    tmp_path: Path, database_url: str
) -> None:
    async with wide(tmp_path, database_url) as (discord, pool):
        [ana] = await people(pool, 1, private=True)
        [press] = [way for way in ways(ana) if way.name == "button streak:month"]

        in_public = await send(discord, press, ana)
        in_private = await send(discord, press, ana, flags=64)

    assert in_public.in_public == in_private.in_public == []
    assert [one.is_private for one in in_public.at_end] == [True]
    assert len(in_private.ever) == 1  # the same message, edited
