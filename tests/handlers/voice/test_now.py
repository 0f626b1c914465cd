from datetime import timedelta

from core.ids import ChannelId, GuildId, UserId
from db.connection import Pool
from services.members.person import Person
from services.voice import open_sessions, recording
from services.voice.gateway_events import STREAM, VIDEO, GuildSnapshot, VoiceChannel, VoiceState
from tests.fake_discord import ANA, BEN, GUILD, NOW, FakeDiscord
from tests.handlers.conftest import LIBRARY, studied


async def test_now_in_a_quiet_guild_invites(discord: FakeDiscord) -> None:
    answer = await discord.slash("now")

    [embed] = answer.data["embeds"]
    assert embed["title"] == "Studying now"
    assert embed["description"] == "The rooms are quiet right now. Join a study channel and be the first."


async def test_now_shows_who_sits_where_since_when(discord: FakeDiscord, pool: Pool) -> None:
    await studied(pool, ANA, hours=2, stays=True)

    answer = await discord.slash("now", by=BEN)

    since = int((NOW - timedelta(hours=2)).timestamp())
    [embed] = answer.data["embeds"]
    assert embed["description"].strip() == f"**<#{LIBRARY}>** · 1\nAna · <t:{since}:R> · 2 h today"
    assert embed["footer"] == {"text": "1 person"}
    assert not answer.is_private


async def test_now_hides_who_keeps_their_numbers_private(discord: FakeDiscord, pool: Pool) -> None:
    await studied(pool, ANA, hours=2, stays=True)
    await discord.slash("my visibility", who="private")

    answer = await discord.slash("now", by=BEN)

    assert "quiet" in answer.data["embeds"][0]["description"]


async def test_now_counts_whom_it_cannot_show(discord: FakeDiscord, pool: Pool) -> None:
    await _fill(pool, rooms=1, each=11, name="m")

    answer = await discord.slash("now")

    [embed] = answer.data["embeds"]
    assert len([line for line in embed["description"].splitlines() if " today" in line]) == 8
    assert embed["description"].endswith("and 3 more")
    assert embed["footer"] == {"text": "11 people"}


async def test_now_fits_whatever_the_names_are(discord: FakeDiscord, pool: Pool) -> None:
    await _fill(pool, rooms=30, each=1, name="*" * 32)

    answer = await discord.slash("now")

    [embed] = answer.data["embeds"]
    assert embed["description"].endswith("and 10 more")
    assert embed["footer"] == {"text": "30 people"}


async def _fill(pool: Pool, *, rooms: int, each: int, name: str) -> None:
    """Fill channels with members who joined an hour ago."""
    guild, since = GuildId(GUILD), NOW - timedelta(hours=1)
    places = [ChannelId(LIBRARY + number) for number in range(rooms)]
    states = tuple(
        VoiceState(
            guild,
            UserId(6_000_000_000 + 100 * place + number),
            channel,
            STREAM | VIDEO,
            f"{place} {number}",
            since,
            Person(UserId(6_000_000_000 + 100 * place + number), f"user{place}x{number}", name),
        )
        for place, channel in enumerate(places)
        for number in range(each)
    )
    channels = tuple(VoiceChannel(channel, f"Room {number}", 2) for number, channel in enumerate(places))
    snapshot = GuildSnapshot(guild, "Lyceum Commons", None, None, "en-US", None, channels, states, since)
    async with pool.connection() as conn:
        await recording.record(conn, [snapshot])
        await open_sessions.accrue_open_sessions(conn, now=NOW)
