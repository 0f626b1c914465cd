"""Doubtful sessions are confirmed or ended by what the local Discord answers over real HTTP."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from app.jobs.doubtful_sessions import confirm_sessions, flags_of
from core.errors import ServiceUnavailable
from core.ids import ChannelId, GuildId, UserId
from db.connection import Connection, Pool
from services.voice import recording
from services.voice.gateway_events import SELF_MUTE, STREAM, VIDEO, VoiceState
from tests.local_discord import LocalDiscord, local_discord
from tests.services.voice.voice_log import rows
from wire.rest import CurrentVoiceState, Rest

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
FOUND = "SELECT user_id, ended_at, close_reason, is_estimated FROM voice_sessions ORDER BY user_id"


@pytest.fixture
def discord(tmp_path: Path) -> Iterator[LocalDiscord]:
    with local_discord(tmp_path) as running:
        yield running


def place(discord: LocalDiscord, name: str) -> tuple[GuildId, ChannelId]:
    guild = discord.state()["guilds"][0]
    room = next(room for room in guild["channels"] if room["name"] == name)
    return GuildId(int(guild["id"])), ChannelId(int(room["id"]))


def user(discord: LocalDiscord, name: str) -> UserId:
    return UserId(int(discord.member(name)["id"]))


async def sit(conn: Connection, discord: LocalDiscord, *names: str, hours: float = 1, is_late: bool = True) -> None:
    """Record open sessions of these users in the library since `hours` ago, with a listener heartbeat of just now."""
    guild, library = place(discord, "Library")
    at = NOW - timedelta(hours=hours)
    for name in names:
        await recording.record(conn, [VoiceState(guild, user(discord, name), library, 0, "v", at, is_delayed=is_late)])
    await heard(conn, NOW)


async def heard(conn: Connection, at: datetime) -> None:
    await conn.execute(
        """INSERT INTO gateway_sessions (shard_id, shard_count, heartbeat_at) VALUES (0, 1, %s)
           ON CONFLICT (shard_id, shard_count) DO UPDATE SET heartbeat_at = excluded.heartbeat_at""",
        (at,),
    )


async def confirm(pool: Pool, discord: LocalDiscord, now: datetime = NOW) -> int:
    async with Rest(discord.api_url, discord.config.token) as rest:
        return await confirm_sessions(pool, rest, now)


async def look(pool: Pool, question: str = FOUND) -> list[tuple[Any, ...]]:
    async with pool.connection() as conn:
        return await rows(conn, question)


async def test_discord_confirms_moves_or_ends_what_is_doubtful(discord: LocalDiscord, pool: Pool) -> None:
    mina, ada, noam = (user(discord, name) for name in ("mina", "ada", "noam"))
    _, deep_work = place(discord, "Deep Work")
    discord.voice("join", "mina", "Library")
    discord.voice("join", "ada", "Deep Work")
    async with pool.connection() as conn:
        await sit(conn, discord, "mina", "ada", "noam")

    changed = await confirm(pool, discord)

    assert changed == 2
    assert {row[0]: row[1:] for row in await look(pool)} == {
        mina: (None, None, True),
        ada: (None, None, True),
        noam: (NOW, "left", True),
    }
    where = "SELECT user_id, channel_id FROM voice_segments WHERE ended_at IS NULL"
    assert (ada, deep_work) in await look(pool, where)
    assert await confirm(pool, discord, NOW + timedelta(minutes=14)) == 0
    discord.voice("leave", "mina")
    assert await confirm(pool, discord, NOW + timedelta(minutes=14)) == 0  # checked again after 15 minutes
    async with pool.connection() as conn:
        await heard(conn, NOW + timedelta(minutes=16))
    assert await confirm(pool, discord, NOW + timedelta(minutes=16)) == 1


async def test_a_session_without_a_sign_for_six_hours_is_doubtful_and_others_are_not(
    discord: LocalDiscord, pool: Pool
) -> None:
    async with pool.connection() as conn:
        await sit(conn, discord, "mina", hours=6.1, is_late=False)
        await sit(conn, discord, "ada", hours=5.9, is_late=False)

    assert await confirm(pool, discord) == 1
    assert await look(pool, "SELECT user_id FROM voice_sessions WHERE ended_at IS NULL") == [(user(discord, "ada"),)]


async def test_ten_at_most_are_asked_about_at_once_and_none_of_a_shard_that_nobody_hears(
    discord: LocalDiscord, pool: Pool
) -> None:
    guild, library = place(discord, "Library")
    async with pool.connection() as conn:
        for number in range(12):
            who = UserId(50_000_000 + number)
            await recording.record(conn, [VoiceState(guild, who, library, 0, "v", NOW, is_delayed=True)])
        await heard(conn, NOW - timedelta(minutes=5))
    unheard = await confirm(pool, discord)
    async with pool.connection() as conn:
        await heard(conn, NOW + timedelta(minutes=20))

    assert unheard == 0
    assert await confirm(pool, discord, NOW + timedelta(minutes=20)) == 10
    assert await confirm(pool, discord, NOW + timedelta(minutes=20)) == 2


async def test_an_answer_to_a_session_that_has_changed_is_passed_over(discord: LocalDiscord, pool: Pool) -> None:
    guild, library = place(discord, "Library")
    mina = user(discord, "mina")
    async with pool.connection() as conn:
        await sit(conn, discord, "mina")

    class Slow(Rest):
        """A REST client during whose request the member mutes."""

        async def get_voice_state(self, guild: GuildId, user: UserId) -> CurrentVoiceState | None:
            answer = await super().get_voice_state(guild, user)
            async with pool.connection() as conn:
                await recording.record(conn, [VoiceState(guild, user, library, SELF_MUTE, "v", NOW)])
            return answer

    async with Slow(discord.api_url, discord.config.token) as rest:
        assert await confirm_sessions(pool, rest, NOW) == 0
    assert (mina, None, None, True) in await look(pool)
    assert guild


async def test_what_discord_refuses_or_does_not_answer_changes_nothing(discord: LocalDiscord, pool: Pool) -> None:
    async with pool.connection() as conn:
        await sit(conn, discord, "mina")
        away = VoiceState(GuildId(1 << 50), UserId(5 << 40), ChannelId(1 << 50), 0, "v", NOW, is_delayed=True)
        await recording.record(conn, [away])

    async with Rest("http://127.0.0.1:9/api/v10", "token", backoff_s=0.01) as rest:
        with pytest.raises(ServiceUnavailable):
            await confirm_sessions(pool, rest, NOW)
    assert await look(pool, "SELECT count(*) FROM voice_sessions WHERE ended_at IS NULL") == [(2,)]
    async with pool.connection() as conn:
        await heard(conn, NOW + timedelta(minutes=20))
    assert await confirm(pool, discord, NOW + timedelta(minutes=20)) == 1  # Discord refuses the unknown guild
    assert await look(pool, "SELECT count(*) FROM voice_sessions WHERE ended_at IS NULL") == [(1,)]


def test_the_flags_of_an_answer_are_added_up() -> None:
    state = CurrentVoiceState(ChannelId(1), self_mute=True, self_stream=True, self_video=True, mute=None)

    assert flags_of(state) == SELF_MUTE | STREAM | VIDEO
