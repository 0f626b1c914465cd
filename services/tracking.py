"""Tracking settings by staff: which channels count, which preset applies, and re-application to past days."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Final

from core.enums import ChannelKind, TrackingPreset
from core.errors import DomainError
from core.ids import ChannelId, GuildId, UserId
from db.connection import Connection
from db.queries.voice import history as voice_history_queries
from db.queries.voice import recalculation_queue as recalculation_queries
from db.queries.voice import tracking_policies as tracking_policy_queries
from db.queries.voice.tracking_policies import PresetChoice
from services.calendar.days import guild_calendar
from services.voice import guild_config, occupancy, open_sessions, session_store, shard_positions
from services.voice.accrual import DailyTotals, uncredited_intervals
from services.voice.session import Session
from services.voice.session_tracker import unix_seconds
from services.voice.tracking_policies import SILENT_LIBRARY, PolicyChange, PolicyTimeline, preset_of

CATEGORY: Final = 4  # Discord's channel type
DAYS_MAX: Final = 31  # of one re-application
HISTORY: Final = 3  # preset choices that are shown

_NOTICE: Final = timedelta(minutes=1)  # delay before new settings apply, so that running transactions have read them


class NotADateRange(DomainError):
    """Raised for dates that cannot be recalculated."""

    def __init__(self, today: date) -> None:
        super().__init__(
            "Only days that are over can be counted again. Choose days that are over, the first one"
            " before the last and at most {days} of them, such as from {first} to {last}.",
            days=DAYS_MAX,
            first=(today - timedelta(days=7)).isoformat(),
            last=(today - timedelta(days=1)).isoformat(),
        )


@dataclass(frozen=True, slots=True)
class GuildTracking:
    """A guild's current preset and its latest choices."""

    preset: TrackingPreset
    choices: tuple[PresetChoice, ...]  # newest first


@dataclass(frozen=True, slots=True)
class Preview:
    """How another preset would change past days."""

    members: int  # members in voice on those days
    changed: int  # members whose counted time would differ
    more_s: int  # seconds that would be added, over all members who gain
    less_s: int  # seconds that would be removed, over all members who lose


async def current_preset(conn: Connection, *, guild: GuildId, now: datetime) -> GuildTracking:
    """The preset in effect at `now`, and the latest choices."""
    rules = await guild_config.of_guilds(conn, [guild], SILENT_LIBRARY)
    preset = preset_of(rules.timeline(guild).at(unix_seconds(now)))
    return GuildTracking(preset, tuple(await tracking_policy_queries.list_choices(conn, guild, limit=HISTORY)))


async def set_preset(
    conn: Connection, *, guild: GuildId, preset: TrackingPreset, by: UserId, now: datetime
) -> datetime:
    """Use `preset` from the near future on; time counted before is kept. Returns: from when, a whole minute."""
    since = (now + 2 * _NOTICE).replace(second=0, microsecond=0)
    await tracking_policy_queries.add_rule(
        conn, guild, preset=preset, valid_from=since, valid_until=None, by=by, now=now
    )
    return since


async def preview(
    conn: Connection, *, guild: GuildId, preset: TrackingPreset, first: date, last: date, now: datetime
) -> Preview:
    """How the guild's days `first` to `last` would change under `preset`; nothing is written.

    Open sessions are evaluated up to the last received frame of their shard, as the next accrual would credit them.

    Raises:
        NotADateRange: not in the past, reversed, or too long.
    """
    rules = await guild_config.of_guilds(conn, [guild], SILENT_LIBRARY)
    zone = rules.zone(guild)
    start, end = _span(zone, first, last, now=now)
    sessions = session_store.from_rows(await voice_history_queries.list_between(conn, guild, start=start, end=end))
    heard = min(
        unix_seconds(now),
        shard_positions.last_received(await shard_positions.list_received(conn), guild) or unix_seconds(now),
    )
    untils = [max(each.credited_until, heard) if each.ended is None else each.ended for each in sessions]
    crowd = await occupancy.for_span(conn, guild, sessions, start=_earliest(sessions, start), end=max([end, *untils]))
    painted = [
        PolicyChange(TrackingPreset(name), since, until)
        for _, name, since, until in await tracking_policy_queries.list_rules(conn, [guild])
    ]
    adjustments = await session_store.load_adjustments(conn, sessions)
    ledgers: list[DailyTotals] = []
    for timeline in (PolicyTimeline.of(painted), PolicyTimeline.of([*painted, PolicyChange(preset, start, end)])):
        ledger = DailyTotals({})
        for session, until in zip(sessions, untils, strict=True):
            session.credited_until = session.started
            counted = uncredited_intervals(session, until, timeline, crowd)
            calendar, key = guild_calendar(zone), (session.guild, session.id)
            ledger.add(session, counted, calendar, calendar, adjustments=adjustments.get(key, ()))
        ledgers.append(ledger)
    return _compared(sessions, *ledgers, first=first, last=last)


async def reapply(
    conn: Connection, *, guild: GuildId, preset: TrackingPreset, first: date, last: date, by: UserId, now: datetime
) -> int:
    """Recalculate the guild's days `first` to `last` with `preset`, from the stored segments.

    The worker recalculates; until it reaches a member, they keep their time.

    Raises:
        NotADateRange: not in the past, reversed, or too long.
    Returns: the number of queued members.
    """
    rules = await guild_config.of_guilds(conn, [guild], SILENT_LIBRARY)
    start, end = (datetime.fromtimestamp(at, UTC) for at in _span(rules.zone(guild), first, last, now=now))
    await tracking_policy_queries.add_rule(
        conn, guild, preset=preset, valid_from=start, valid_until=end, by=by, now=now
    )
    return await recalculation_queries.add_between(conn, guild, start=start, end=end)


async def set_channel_kind(
    conn: Connection,
    *,
    guild: GuildId,
    channel: ChannelId,
    name: str,
    type_: int,
    kind: ChannelKind,
    by: UserId,
    now: datetime,
) -> bool:
    """Set the kind of a channel or category; open sessions in a channel that is no longer tracked end.

    Returns: whether the channel is tracked; never for the guild's AFK channel or in an ignored category.
    """
    await tracking_policy_queries.set_kind(
        conn, guild=guild, channel=channel, name=name, type_=type_, kind=kind, by=by, now=now
    )
    if kind is ChannelKind.IGNORED:
        await open_sessions.accrue_open_sessions(conn, now=now, guilds=[guild])
    rules = await guild_config.of_guilds(conn, [guild], SILENT_LIBRARY)
    return rules.channel_rules[guild].is_tracked(channel)


def _span(zone: str, first: date, last: date, *, now: datetime) -> tuple[int, int]:
    calendar = guild_calendar(zone)
    today = calendar.date_of(now)
    if not first <= last < today or (last - first).days >= DAYS_MAX:
        raise NotADateRange(today)
    return int(calendar.day_bounds(first)[0].timestamp()), int(calendar.day_bounds(last)[1].timestamp())


def _earliest(sessions: list[Session], start: int) -> int:
    return min([start, *(session.started for session in sessions)])


def _compared(sessions: list[Session], before: DailyTotals, after: DailyTotals, *, first: date, last: date) -> Preview:
    change: dict[int, int] = {}
    changed: set[int] = set()
    for key in before.by_guild_day.keys() | after.by_guild_day.keys():
        _, day, user = key
        difference = after.by_guild_day.get(key, 0) - before.by_guild_day.get(key, 0)
        if first <= day <= last and difference:
            change[user] = change.get(user, 0) + difference
            changed.add(user)
    return Preview(
        members=len({session.user for session in sessions}),
        changed=len(changed),
        more_s=sum(seconds for seconds in change.values() if seconds > 0),
        less_s=-sum(seconds for seconds in change.values() if seconds < 0),
    )
