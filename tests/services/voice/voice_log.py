"""Helpers for voice tests: build event logs briefly and read the resulting rows."""

from datetime import UTC, datetime, timedelta
from typing import Any

from core.ids import ChannelId, GuildId, UserId
from db.connection import Connection
from services.members.person import Person
from services.voice.gateway_events import GuildSnapshot, VoiceChannel, VoiceState
from tests.populate import ANA, ATRIUM, BEN, LIBRARY, LYCEUM

T0 = datetime(2026, 3, 18, 12, tzinfo=UTC)  # a Wednesday
AFK = ChannelId(20_000_009)
NAMES = {ANA: "ana", BEN: "ben"}


def after(seconds: float) -> datetime:
    return T0 + timedelta(seconds=seconds)


def state(
    seconds: float,
    channel: ChannelId | None,
    user: UserId = ANA,
    *,
    flags: int = 0,
    is_bot: bool = False,
    is_late: bool = False,
    since: float | None = None,
    guild: GuildId = LYCEUM,
) -> VoiceState:
    return VoiceState(
        guild=guild,
        user=user,
        channel=channel,
        flags=flags,
        voice_session="abc",
        at=after(seconds),
        person=Person(user, NAMES.get(user, f"user{user}"), is_bot=is_bot),
        is_delayed=is_late,
        since=None if since is None else after(since),
    )


def snapshot(
    seconds: float,
    *states: tuple[UserId, ChannelId | None],
    heard_until: float | None = None,
    afk: ChannelId | None = AFK,
) -> GuildSnapshot:
    return GuildSnapshot(
        guild=LYCEUM,
        name="Lyceum Commons",
        icon_hash="1f",
        owner=BEN,
        locale="ko",
        afk_channel=afk,
        channels=(VoiceChannel(LIBRARY, "Library", 2), VoiceChannel(ATRIUM, "Atrium", 13, ChannelId(30_000_001))),
        states=tuple(state(seconds, channel, user) for user, channel in states),
        at=after(seconds),
        received_until=None if heard_until is None else after(heard_until),
    )


async def rows(conn: Connection, query: str) -> list[tuple[Any, ...]]:
    return await (await conn.execute(query)).fetchall()  # type: ignore[arg-type]


async def sessions(conn: Connection) -> list[tuple[Any, ...]]:
    """Each session: user, start and end in seconds after T0, counted seconds, reason, whether estimated."""
    found = await rows(
        conn,
        """SELECT user_id, started_at, ended_at, counted_seconds, close_reason, is_estimated FROM voice_sessions
           ORDER BY started_at, user_id, session_id""",
    )
    return [(user, _since(start), _since(end), *rest) for user, start, end, *rest in found]


async def segments(conn: Connection) -> list[tuple[Any, ...]]:
    """Each segment: channel, flags, start and end in seconds after T0."""
    found = await rows(
        conn, "SELECT channel_id, flags, started_at, ended_at FROM voice_segments ORDER BY started_at, user_id"
    )
    return [(channel, flags, _since(start), _since(end)) for channel, flags, start, end in found]


async def estimated(conn: Connection) -> list[int]:
    """The estimated seconds of each session (without gateway frames), in the order of `sessions`."""
    found = await rows(conn, "SELECT estimated_seconds FROM voice_sessions ORDER BY started_at, user_id, session_id")
    return [seconds for (seconds,) in found]


async def total(conn: Connection, user: UserId = ANA) -> int:
    found = await rows(conn, "SELECT user_id, total_seconds FROM members")
    return dict(found).get(user, 0)


def _since(moment: datetime | None) -> float | None:
    return None if moment is None else (moment - T0).total_seconds()
