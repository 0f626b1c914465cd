"""Peer for bench.voice: a discord.py client that stores each voice event with one asyncpg INSERT and commit."""

import asyncio
import os
import sys

import asyncpg
import discord
import yarl

discord.http.Route.BASE = os.environ["DISCORD_API_URL"]
discord.gateway.DiscordWebSocket.DEFAULT_GATEWAY = yarl.URL(os.environ["DISCORD_GATEWAY_URL"])


class Recorder(discord.Client):
    """Client that records voice states only."""

    pool: asyncpg.Pool

    async def setup_hook(self) -> None:
        """Open the database pool before the gateway connection."""
        self.pool = await asyncpg.create_pool(os.environ["DATABASE_URL"], min_size=4, max_size=10)

    async def on_voice_state_update(
        self, member: discord.Member, _before: discord.VoiceState, after: discord.VoiceState
    ) -> None:
        """Insert the event."""
        await self.pool.execute(
            """INSERT INTO voice_event (guild_id, user_id, channel_id, self_deaf, self_mute, stream, video)
               VALUES ($1, $2, $3, $4, $5, $6, $7)""",
            member.guild.id,
            member.id,
            after.channel.id if after.channel else None,
            after.self_deaf,
            after.self_mute,
            after.self_stream,
            after.self_video,
        )


async def main() -> None:
    """Connect and record until stopped."""
    intents = discord.Intents.none()
    intents.guilds = intents.voice_states = True
    async with Recorder(intents=intents, max_messages=None) as client:
        await client.start("token")


if sys.platform != "win32":
    import uvloop

    uvloop.run(main())
else:
    asyncio.run(main())
