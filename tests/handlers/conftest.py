"""Fixtures: the whole app with all features on a real database."""

from collections.abc import AsyncGenerator
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from core.ids import ChannelId, GuildId, UserId
from db.connection import Pool
from services.members.person import Person
from services.voice import open_sessions, recording
from services.voice.gateway_events import GuildSnapshot, VoiceChannel, VoiceState
from tests.fake_discord import GUILD, NOW, FakeDiscord, Someone, fake_discord

LIBRARY = ChannelId(41_771_983_423_143_950)


@pytest.fixture
async def discord(tmp_path: Path, pool: Pool) -> AsyncGenerator[FakeDiscord]:
    async with fake_discord(tmp_path, pool=pool) as fake:
        yield fake


async def studied(
    pool: Pool, who: Someone, *, hours: float, until: datetime = NOW, stays: bool = False, is_first: bool = True
) -> None:
    """Record that a member was in the library for `hours`, as the listener would."""
    since = until - timedelta(hours=hours)
    arrives = state(who, since, LIBRARY)
    async with pool.connection() as conn:
        await recording.record(conn, [guild(since), arrives])
        if stays:
            await open_sessions.accrue_open_sessions(conn, now=until)
        else:
            await recording.record(conn, [state(who, until, None)])


def guild(at: datetime, *more: VoiceChannel, afk: ChannelId | None = None) -> GuildSnapshot:
    """A snapshot of the guild with its library and `more` channels, as from the gateway."""
    return GuildSnapshot(
        guild=GuildId(GUILD),
        name="Lyceum Commons",
        icon_hash=None,
        owner=None,
        locale="en-US",
        afk_channel=afk,
        channels=(VoiceChannel(LIBRARY, "Library", 2), *more),
        states=(),
        at=at,
    )


def state(who: Someone, at: datetime, channel: ChannelId | None, *, flags: int = 0) -> VoiceState:
    """A user's voice state, as from the gateway."""
    person = Person(UserId(who.id), who.username, who.global_name, who.avatar, who.bot, who.nick)
    return VoiceState(GuildId(GUILD), UserId(who.id), channel, flags, f"session {who.id}", at, person)
