"""Serves the app over HTTP next to a local Discord, in its own thread."""

import threading
import time
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import uvicorn

from app.commands.sync import sync
from app.main import create_app
from core.ids import ChannelId, GuildId, UserId
from db.connection import Pool
from handlers import FEATURES
from handlers.feature import Feature
from services.members.person import Person
from services.voice import recording
from services.voice.gateway_events import GuildSnapshot, VoiceChannel, VoiceState
from tests.fake_discord import APPLICATION, settings
from tests.local_discord import LocalDiscord, free_port
from wire.rest import Rest


@contextmanager
def served(
    discord: LocalDiscord, folder: Path, database_url: str, *, features: Sequence[Feature] | None = None, port: int = 0
) -> Generator[str]:
    """Serve the app on a free port, or on `port`; returns its URL."""
    port = port or free_port()
    config = replace(
        settings(folder),
        public_keys=(discord.public_key,),
        token=discord.config.token,
        api_url=discord.api_url,
        cdn_url=f"{discord.url}/cdn",
        database_url=database_url,
        port=port,
    )
    server = uvicorn.Server(
        uvicorn.Config(
            create_app(config, features=features),
            port=port,
            access_log=False,
            log_config=None,
            http="httptools",
            ws="none",
        )
    )
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.02)
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        thread.join(timeout=15)
        assert not thread.is_alive()


async def prepare(discord: LocalDiscord, database_url: str) -> None:
    """Register our commands, and insert one counted hour for Mina."""
    async with Rest(discord.api_url, discord.config.token) as rest:
        await sync(rest, APPLICATION, FEATURES)
    guild = discord.state()["guilds"][0]
    mina = discord.member("mina")
    room = next(each for each in guild["channels"] if each["kind"] == "voice")
    place, now = GuildId(int(guild["id"])), datetime.now(UTC)
    long_ago = now - timedelta(days=70)

    def state(at: datetime, channel: int | None) -> VoiceState:
        who = Person(UserId(int(mina["id"])), "mina", mina["name"])
        return VoiceState(place, who.user, ChannelId(channel) if channel else None, 0, "s", at, who)

    async with Pool(database_url) as pool, pool.connection() as conn:
        rooms = (VoiceChannel(ChannelId(int(room["id"])), room["name"], 2),)
        await recording.record(
            conn,
            [
                GuildSnapshot(place, guild["name"], None, None, "en-US", None, rooms, (), long_ago),
                state(long_ago, int(room["id"])),
                state(long_ago + timedelta(hours=1), None),
                state(now - timedelta(hours=1), int(room["id"])),
                state(now, None),
            ],
        )
