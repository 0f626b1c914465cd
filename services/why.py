"""Why time counted or did not: a member's day, told from the very judgement that credits it."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import UTC, date, datetime

from core.enums import Preset
from core.ids import ChannelId, GuildId, UserId
from db.connection import Connection
from db.queries import stays as told
from db.queries import voice as stored
from services import company, rulebook, stays
from services.days import guild_calendar
from services.judging import NOBODY, Pause, judge
from services.policies import PRESETS, SILENT_LIBRARY, Policy
from services.sessions import unix


@dataclass(frozen=True, slots=True)
class Spell:
    """A stretch of the day that went one way."""

    start: int  # whole seconds since 1970
    end: int
    channel: ChannelId
    pause: Pause | None  # None: it counted
    policy: Policy


@dataclass(frozen=True, slots=True)
class Day:
    """The guild's day so far."""

    preset: Preset  # holds now
    is_here: bool  # in a room that counts, now
    spells: tuple[Spell, ...]  # in order
    counted_s: int


async def day(conn: Connection, *, guild: GuildId, user: UserId, now: datetime) -> Day:
    """What became of a member's time on the guild's day that `now` belongs to."""
    rules = await rulebook.of_guilds(conn, [guild], SILENT_LIBRARY)
    timeline, calendar = rules.timeline(guild), guild_calendar(rules.zone(guild))
    start = int(calendar.bounds(calendar.date_of(now))[0].timestamp())
    heard = [at for shard, count, at in await stored.list_heard(conn) if (guild >> 22) % count == shard]
    until = min(unix(now), max(heard, default=unix(now)))
    sessions = stays.of_rows(await told.list_history(conn, [(guild, user)], since=start))
    first = min([start, *(session.started for session in sessions)])
    crowd = await company.between(conn, guild, sessions, start=first, end=max(until, first + 1)) if sessions else NOBODY
    spells: list[Spell] = []
    used: defaultdict[date, int] = defaultdict(int)
    for session in sessions:
        last = until if session.ended is None else session.ended
        pieces = [(session.guild, *piece) for piece in judge(session, last, timeline, crowd)]
        is_short = sum(end - since for _, since, end, _, pause in pieces if pause is None) < 60  # noqa: PLR2004
        for _, since, end, policy, pause in pieces:
            channel = next(ChannelId(each.channel) for each in reversed(session.segments) if each.start <= since)
            if pause is not None or is_short:
                if end > start:
                    reason = pause or Pause.TOO_SHORT
                    spells.append(Spell(max(since, start), end, channel, reason, policy))
                continue
            for on, part, stop in calendar.split(_moment(since), _moment(end)):
                cap = int(policy.daily_cap.total_seconds())
                begin, finish = int(part.timestamp()), int(stop.timestamp())
                full = min(finish, begin + max(cap - used[on], 0))
                used[on] += full - begin
                if begin >= start:
                    spells.extend(
                        Spell(a, b, channel, reason, policy)
                        for a, b, reason in ((begin, full, None), (full, finish, Pause.DAILY_CAP))
                        if a < b
                    )
    current = timeline.at(unix(now))
    preset = next((name for name, policy in PRESETS.items() if policy == current), Preset.SILENT_LIBRARY)
    is_here = bool(sessions) and sessions[-1].ended is None
    return Day(preset, is_here, tuple(_joined(spells)), sum(s.end - s.start for s in spells if s.pause is None))


def _joined(spells: list[Spell]) -> list[Spell]:
    joined: list[Spell] = []
    for spell in spells:
        last = joined[-1] if joined else None
        if last and (last.end, last.channel, last.pause) == (spell.start, spell.channel, spell.pause):
            joined[-1] = Spell(last.start, spell.end, spell.channel, spell.pause, spell.policy)
        else:
            joined.append(spell)
    return joined


def _moment(at: int) -> datetime:
    return datetime.fromtimestamp(at, UTC)
