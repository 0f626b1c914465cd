from datetime import timedelta
from typing import Any

import pytest

from core.enums import TrackingPreset
from core.ids import ChannelId, GuildId, UserId
from db.connection import Pool
from services import tracking
from services.voice import open_sessions, recalculation, recording
from services.voice.gateway_events import VoiceChannel
from tests.fake_discord import ANA, GUEST, GUILD, NOW, FakeDiscord, Room
from tests.handlers.conftest import LIBRARY, guild, state, studied

LIBRARY_ROOM = Room(LIBRARY, "Library")
QUIET = Room(41_771_983_423_143_951, "Quiet")
AFK = Room(41_771_983_423_143_952, "AFK")
CATEGORY = Room(41_771_983_423_143_953, "Rest", type=4)


async def test_the_rules_that_hold_are_told_and_chosen(discord: FakeDiscord) -> None:
    before = await discord.slash("track preset")
    chosen = await discord.slash("track preset", preset="strict")
    discord.clock.moment += timedelta(minutes=3)
    after = await discord.slash("track preset")

    assert before.is_private
    assert before.text == (
        "This server counts by **Silent library**. Everybody in voice counts, also muted, deafened or alone:"
        " up to 16 hours a day."
    )
    assert chosen.text.startswith("From <t:1795262520:t> on this server counts by **Strict**.")
    assert after.text.startswith("This server counts by **Strict**.")
    assert f"<@{ANA.id}>" in after.text


async def test_a_preview_says_who_would_change_and_a_button_counts_again(discord: FakeDiscord, pool: Pool) -> None:
    day = NOW - timedelta(days=2)
    await studied(pool, ANA, hours=2, until=day)
    asked: dict[str, Any] = {"preset": "strict", "from": f"{day:%Y-%m-%d}", "to": f"{day:%Y-%m-%d}"}

    shown = await discord.slash("track preview", **asked)
    offered = await discord.slash("track reapply", **asked)
    pressed = await discord.press_label(offered.data, "Count again")
    async with pool.connection() as conn:
        await recalculation.recalculate(conn)
        rows = await (await conn.execute("SELECT total_seconds FROM members WHERE user_id = %s", (ANA.id,))).fetchall()
    again = await discord.slash("track preview", **asked)

    assert shown.text == (
        "On those days 1 person was in voice. For **1** of them the time would change: 0 min more, 2 h less."
    )
    assert pressed.text == "1 member is being counted again; it takes minutes at most."
    assert rows == [(0,)]
    assert again.text == "Nobody's time would change on those days."


async def test_a_preview_knows_of_an_open_session_that_has_counted_nothing_yet(
    discord: FakeDiscord, pool: Pool
) -> None:
    midnight = NOW.replace(hour=0, minute=0, second=0, microsecond=0)
    async with pool.connection() as conn:
        arrives = state(ANA, midnight - timedelta(hours=2), LIBRARY)
        await recording.record(conn, [guild(arrives.at), arrives])
        since = NOW - timedelta(days=9)
        await tracking.set_preset(
            conn, guild=GuildId(GUILD), preset=TrackingPreset.SOCIAL, by=UserId(ANA.id), now=since
        )
        await open_sessions.accrue_open_sessions(conn, now=NOW)  # alone in the channel, so nothing is counted
        assert await (await conn.execute("SELECT counted_seconds, ended_at FROM voice_sessions")).fetchall() == [
            (0, None)
        ]
    day = f"{midnight - timedelta(days=1):%Y-%m-%d}"
    asked: dict[str, Any] = {"preset": "silent_library", "from": day, "to": day}

    shown = await discord.slash("track preview", **asked)
    offered = await discord.slash("track reapply", **asked)
    await discord.press_label(offered.data, "Count again")
    async with pool.connection() as conn:
        await recalculation.recalculate(conn)
        await open_sessions.accrue_open_sessions(conn, now=NOW)
        rows = await (await conn.execute("SELECT seconds FROM guild_member_days")).fetchall()

    assert shown.text == (
        "On those days 1 person was in voice. For **1** of them the time would change: 2 h more, 0 min less."
    )
    assert rows == [(7200,)]


@pytest.mark.parametrize(
    ("first", "last"),
    [("2026-11-21", "2026-11-21"), ("2026-11-02", "2026-11-01"), ("2026-10-01", "2026-11-02")],
)
async def test_days_that_cannot_be_counted_again_are_refused(discord: FakeDiscord, first: str, last: str) -> None:
    asked: dict[str, Any] = {"preset": "social", "from": first, "to": last}

    answer = await discord.slash("track preview", **asked)

    assert answer.text.startswith("Only days that are over can be counted again. Choose days that are over")


async def test_what_is_no_date_is_told_so(discord: FakeDiscord) -> None:
    asked: dict[str, Any] = {"preset": "social", "from": "2026-11-0x", "to": "2026-11-02"}

    answer = await discord.slash("track reapply", **asked)

    assert answer.text.startswith('I cannot read "2026-11-0x" as a date.')


async def test_a_channel_is_ignored_and_counts_again(discord: FakeDiscord, pool: Pool) -> None:
    await studied(pool, ANA, hours=1, stays=True)

    ignored = await discord.slash("track channel", channel=LIBRARY_ROOM, kind="ignored")
    gone = await discord.slash("now")
    again = await discord.slash("track channel", channel=LIBRARY_ROOM, kind="study")
    await studied(pool, ANA, hours=1, until=NOW + timedelta(hours=2))
    profile = await discord.slash("profile")

    assert ignored.is_private
    assert ignored.text == "Time in Library no longer counts."
    assert gone.data["embeds"][0]["description"].startswith("The rooms are quiet right now.")
    assert again.text == (
        "Time in Library counts. Whoever sits there already begins when they next move, mute or come back."
    )
    assert "**2 h** in all" in profile.final["embeds"][0]["description"]


async def test_nothing_counts_in_an_ignored_category_or_the_afk_channel(discord: FakeDiscord, pool: Pool) -> None:
    quiet = VoiceChannel(ChannelId(QUIET.id), QUIET.name, 2, ChannelId(CATEGORY.id))
    await studied(pool, ANA, hours=1)
    async with pool.connection() as conn:
        await recording.record(conn, [guild(NOW, quiet, afk=ChannelId(AFK.id))])

    category = await discord.slash("track channel", channel=CATEGORY, kind="ignored")
    inside = await discord.slash("track channel", channel=QUIET, kind="practice")
    afk = await discord.slash("track channel", channel=AFK, kind="study")
    opened = await discord.slash("track channel", channel=CATEGORY, kind="study")
    now = await discord.slash("track channel", channel=QUIET, kind="stage")

    assert category.text == "Time in Rest no longer counts."
    assert inside.text.startswith("That is noted, but time in Quiet still does not count")
    assert afk.text.startswith("That is noted, but time in AFK still does not count")
    assert opened.text.startswith("Time in Rest counts.")
    assert now.text.startswith("Time in Quiet counts.")


async def test_a_kind_or_a_channel_that_only_another_program_could_send(discord: FakeDiscord, pool: Pool) -> None:
    odd = await discord.slash("track channel", channel=QUIET, kind="kitchen")
    none = await discord.slash("track channel", kind="study")

    assert "is not one of the choices" in odd.text
    assert none.text.startswith("Lyceum no longer knows that command")
    async with pool.connection() as conn:
        assert await (await conn.execute("SELECT FROM channels")).fetchall() == []


@pytest.mark.parametrize("path", ["track preset", "track channel", "track preview", "track reapply"])
async def test_members_are_refused_whatever_discord_let_through(discord: FakeDiscord, path: str) -> None:
    options: dict[str, dict[str, Any]] = {
        "track preset": {"preset": "social"},
        "track channel": {"channel": QUIET, "kind": "ignored"},
    }
    dates = {"preset": "social", "from": "2026-11-01", "to": "2026-11-01"}

    answer = await discord.slash(path, by=GUEST, **options.get(path, dates))

    assert answer.text.startswith("This is for people who manage the server.")


async def test_a_button_to_count_again_is_for_staff_too(discord: FakeDiscord, pool: Pool) -> None:
    day = NOW - timedelta(days=2)
    await studied(pool, ANA, hours=2, until=day)
    asked: dict[str, Any] = {"preset": "strict", "from": f"{day:%Y-%m-%d}", "to": f"{day:%Y-%m-%d}"}
    offered = await discord.slash("track reapply", **asked)

    pressed = await discord.press_label(offered.data, "Count again", by=GUEST)

    assert pressed.is_private
    assert pressed.text.startswith("This is for people who manage the server.")
    async with pool.connection() as conn:
        assert await (await conn.execute("SELECT FROM recalculation_queue")).fetchall() == []
