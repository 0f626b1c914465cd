"""Reads the rows that the gateway listener has written, for assertions."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime

from db.connection import Pool
from db.queries.gateway.positions import Position, find_position
from tests.gateway_listener.scripted import PATIENCE_S


@dataclass(frozen=True)
class Stay:
    user: int
    channel: int  # of the last segment
    flags: int
    is_open: bool
    is_estimated: bool


async def position(pool: Pool, shard: tuple[int, int] = (0, 1)) -> Position:
    async with pool.connection() as conn:
        found = await find_position(conn, shard=shard)
    assert found
    return found


async def until_seq(pool: Pool, seq: int, *, session: str = "first") -> Position:
    """Wait until `seq` of a session is committed; returns the position."""
    async with asyncio.timeout(PATIENCE_S):
        async for found in _positions(pool):
            if found and found.session_id == session and found.seq is not None and found.seq >= seq:
                return found
    raise AssertionError


async def stays(pool: Pool) -> list[Stay]:
    """All voice sessions, ordered by start."""
    async with pool.connection() as conn:
        cursor = await conn.execute(
            """SELECT DISTINCT ON (s.session_id) s.user_id, g.channel_id, g.flags, s.ended_at IS NULL, s.is_estimated
               FROM voice_sessions s JOIN voice_segments g USING (guild_id, session_id)
               ORDER BY s.session_id, g.started_at DESC"""
        )
        return [Stay(*row) for row in await cursor.fetchall()]


async def spans(pool: Pool) -> list[tuple[int, datetime, datetime | None]]:
    """User, start and end of each voice session."""
    async with pool.connection() as conn:
        cursor = await conn.execute("SELECT user_id, started_at, ended_at FROM voice_sessions ORDER BY session_id")
        return await cursor.fetchall()


async def _positions(pool: Pool) -> AsyncIterator[Position | None]:
    while True:
        async with pool.connection() as conn:
            yield await find_position(conn, shard=(0, 1))
        await asyncio.sleep(0.01)
