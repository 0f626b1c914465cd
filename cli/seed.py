"""Seeds a realistic voice history for the local Discord's members through the services that record live events.

The history is a function of the members' habits and the dates: a given day always gets the same sessions.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import groupby
from random import Random
from typing import Final
from zoneinfo import ZoneInfo

from core.ids import ChannelId
from db.connection import Connection, Pool
from playground.state.avatars import avatar_hash
from playground.state.fixtures import COMMUNITY, STAGE, VOICE, Community, Habit, Persona
from services.members.person import Person
from services.timezones import changes
from services.voice import recording
from services.voice.gateway_events import SELF_DEAF, SELF_MUTE, STREAM, VIDEO, GuildSnapshot, VoiceChannel, VoiceState

WEEKS: Final = 12
_FAITHFUL: Final = 6.0  # from this many days a week, a member has missed none of the last two weeks
_FAITHFUL_FOR: Final = timedelta(days=13)
_SHORTEST: Final = timedelta(minutes=8)
_APART: Final = timedelta(minutes=5)
_MOVE: Final = 0  # changes no flag
_LOCK: Final = 0x5345_4544  # "SEED"


@dataclass(frozen=True, slots=True)
class Written:
    """Number of members and sessions written."""

    members: int
    sessions: int


@dataclass(frozen=True, slots=True)
class _Stay:
    """One planned voice session."""

    persona: Persona
    start: datetime
    end: datetime
    chance: Random


async def seed(url: str, *, now: datetime, community: Community = COMMUNITY) -> Written | None:
    """Write the history of `community` before `now`; None if there is one already."""
    async with Pool(url, application_name="lyceum seed", max_size=1, wait_s=30) as pool, pool.connection() as conn:
        await conn.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
        if await _has_history(conn, community):
            return None
        people = [persona for persona in community.members if not persona.is_bot]
        first_day = (now - timedelta(weeks=WEEKS)).date()
        stays = [stay for persona in people for stay in _stays(persona, first_day, now)]
        events = sorted((event for stay in stays for event in _told(stay, community)), key=lambda event: event.at)
        begin = min(event.at for event in events) - timedelta(days=3)
        await recording.record(conn, [_snapshot(community, begin)])
        for persona in people:
            await changes.change_zone(
                conn, guild=community.guild, user=persona.user, person=_person(persona), zone=persona.zone, now=begin
            )
        for _, week in groupby(events, key=lambda event: event.at.isocalendar()[:2]):
            await recording.record(conn, list(week))
        return Written(len(people), len(stays))


async def _has_history(conn: Connection, community: Community) -> bool:
    cursor = await conn.execute(
        "SELECT EXISTS (SELECT FROM voice_sessions WHERE guild_id = %s)", [int(community.guild)]
    )
    row = await cursor.fetchone()
    return bool(row and row[0])


def _stays(persona: Persona, first_day: date, now: datetime) -> Iterator[_Stay]:
    zone = ZoneInfo(persona.zone)
    today = now.astimezone(zone).date()
    free_from = datetime.min.replace(tzinfo=now.tzinfo)
    day = first_day
    while day <= today:
        chance = Random(f"{persona.username} {day.isoformat()}")  # noqa: S311 - demonstration data, not a secret
        if _comes(persona.habit, chance, day=day, today=today):
            for hour in filter(None, (persona.habit.start_hour, persona.habit.second_start_hour)):
                if hour != persona.habit.start_hour and chance.random() > 0.7:  # noqa: PLR2004 - the second time less often
                    continue
                start, length = _when(persona.habit, chance, day=day, hour=hour, zone=zone)
                if start >= free_from and start + length < now - _APART:
                    free_from = start + length + _APART
                    yield _Stay(persona, start, start + length, chance)
        day += timedelta(days=1)


def _comes(habit: Habit, chance: Random, *, day: date, today: date) -> bool:
    drawn = chance.random()
    if habit.days_per_week >= _FAITHFUL and today - day <= _FAITHFUL_FOR:
        return True
    weekend = day.weekday() > 4  # noqa: PLR2004 - Saturday and Sunday
    return drawn < habit.days_per_week / 7 * (0.85 if weekend else 1.06)


def _when(habit: Habit, chance: Random, *, day: date, hour: float, zone: ZoneInfo) -> tuple[datetime, timedelta]:
    wall = datetime(day.year, day.month, day.day, tzinfo=zone) + timedelta(hours=hour, minutes=chance.gauss(0, 22))
    length = timedelta(minutes=habit.minutes * min(2.2, max(0.25, chance.lognormvariate(-0.05, 0.35))))
    second = timedelta(seconds=chance.randrange(60))
    start = (wall + second).replace(microsecond=0).astimezone(ZoneInfo("UTC"))
    return start, max(_SHORTEST, timedelta(seconds=round(length.total_seconds())))


def _told(stay: _Stay, community: Community) -> Iterator[VoiceState]:
    """The voice states of one session: join, changes in between, leave."""
    chance, habit = stay.chance, stay.persona.habit
    rooms = [community.room(name).channel for name in habit.channels]
    session = f"{chance.getrandbits(128):032x}"
    room = rooms[0] if chance.random() < 0.75 else chance.choice(rooms)  # noqa: PLR2004 - mostly the usual channel
    flags = SELF_MUTE if chance.random() < 0.8 else 0  # noqa: PLR2004 - it is a quiet place
    length = (stay.end - stay.start).total_seconds()

    def state(at: datetime, channel: ChannelId | None, flags: int) -> VoiceState:
        return VoiceState(community.guild, stay.persona.user, channel, flags, session, at, person=_person(stay.persona))

    yield state(stay.start, room, flags)
    turning = sorted(round(length * chance.uniform(0.1, 0.9)) for _ in range(chance.randrange(3)))
    for seconds in dict.fromkeys(turning):
        change = chance.choice((_MOVE, SELF_DEAF | SELF_MUTE, STREAM, VIDEO, SELF_MUTE))
        if change == _MOVE:
            room = chance.choice(rooms)
        else:
            flags ^= change
        yield state(stay.start + timedelta(seconds=seconds), room, flags)
    yield state(stay.end, None, 0)


def _snapshot(community: Community, at: datetime) -> GuildSnapshot:
    return GuildSnapshot(
        guild=community.guild,
        name=community.name,
        icon_hash=avatar_hash(community.guild),
        owner=community.owner,
        locale=community.locale,
        afk_channel=community.afk_channel,
        channels=tuple(
            VoiceChannel(
                room.channel, room.name, room.type, community.room(room.parent).channel if room.parent else None
            )
            for room in community.rooms
            if room.type in (VOICE, STAGE)
        ),
        states=(),
        at=at,
    )


def _person(persona: Persona) -> Person:
    return Person(
        user=persona.user,
        username=persona.username,
        global_name=persona.global_name,
        avatar_hash=avatar_hash(persona.user) if persona.has_avatar else None,
        is_bot=persona.is_bot,
        nick=persona.nick,
        member_avatar_hash=avatar_hash(persona.user, salt=str(COMMUNITY.guild)) if persona.has_member_avatar else None,
    )
