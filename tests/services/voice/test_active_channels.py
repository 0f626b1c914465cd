from datetime import UTC, date, datetime, timedelta

from core.enums import ChannelKind, Visibility
from core.ids import ChannelId
from db.connection import Connection
from services.members.person import Person
from services.voice import active_channels
from services.voice.active_channels import ActiveChannel, Occupant
from services.voice.gateway_events import SELF_DEAF, SELF_MUTE
from tests.populate import (
    ANA,
    ATRIUM,
    BEN,
    ELSEWHERE,
    LIBRARY,
    LYCEUM,
    MINA,
    NOON,
    ROBOT,
    add_channel,
    add_guild,
    add_guild_day,
    add_member,
    add_stay,
)

EARLIER = NOON - timedelta(hours=2)
LATER = NOON - timedelta(hours=1)


async def test_now_shows_who_is_where_since_when(conn: Connection) -> None:
    await add_guild(conn)
    await add_channel(conn, LIBRARY, "Library")
    await add_channel(conn, ATRIUM, "Atrium")
    for user, name in ((ANA, "ana"), (BEN, "ben"), (MINA, "mina")):
        await add_member(conn, user, name)
    await add_stay(conn, ANA, LIBRARY, LATER, flags=SELF_MUTE | SELF_DEAF)
    await add_stay(conn, BEN, LIBRARY, EARLIER)
    await add_stay(conn, MINA, ATRIUM, EARLIER)
    await add_guild_day(conn, ANA, NOON.date(), 3540)
    await add_guild_day(conn, ANA, NOON.date() - timedelta(days=1), 9999)

    assert await active_channels.list_active(conn, guild=LYCEUM, now=NOON) == (
        ActiveChannel(ATRIUM, "Atrium", ChannelKind.STUDY, (Occupant(Person(MINA, "mina"), EARLIER, 0, 0),)),
        ActiveChannel(
            LIBRARY,
            "Library",
            ChannelKind.STUDY,
            (
                Occupant(Person(BEN, "ben"), EARLIER, 0, 0),
                Occupant(Person(ANA, "ana"), LATER, SELF_MUTE | SELF_DEAF, 3540),
            ),
        ),
    )


async def test_now_hides_the_private_the_gone_bots_and_other_guilds(conn: Connection) -> None:
    await add_guild(conn)
    await add_guild(conn, ELSEWHERE)
    await add_member(conn, ANA, "ana", visibility=Visibility.PRIVATE)
    await add_member(conn, BEN, "ben", left_at=NOON)
    await add_member(conn, ROBOT, "robot", is_bot=True)
    await add_member(conn, MINA, "mina")
    await add_member(conn, MINA, "mina", guild=ELSEWHERE)
    for user in (ANA, BEN, ROBOT):
        await add_stay(conn, user, LIBRARY, EARLIER)
    await add_stay(conn, MINA, LIBRARY, EARLIER, ended_at=LATER)
    await add_stay(conn, MINA, LIBRARY, EARLIER, guild=ELSEWHERE)

    assert await active_channels.list_active(conn, guild=LYCEUM, now=NOON) == ()
    assert len(await active_channels.list_active(conn, guild=ELSEWHERE, now=NOON)) == 1


async def test_now_shows_a_channel_that_nobody_has_named(conn: Connection) -> None:
    await add_guild(conn)
    await add_member(conn, ANA, "ana")
    await add_stay(conn, ANA, ChannelId(20_000_009), EARLIER)

    [room] = await active_channels.list_active(conn, guild=LYCEUM, now=NOON)

    assert (room.name, room.kind) == ("", ChannelKind.STUDY)


async def test_now_counts_today_by_the_guilds_calendar(conn: Connection) -> None:
    await add_guild(conn, zone="Asia/Seoul")
    await add_member(conn, ANA, "ana")
    await add_stay(conn, ANA, LIBRARY, EARLIER)
    await add_guild_day(conn, ANA, date(2026, 3, 19), 60)

    [room] = await active_channels.list_active(conn, guild=LYCEUM, now=datetime(2026, 3, 18, 15, tzinfo=UTC))

    assert room.occupants[0].today_s == 60


async def test_now_of_an_unknown_guild_is_empty(conn: Connection) -> None:
    assert await active_channels.list_active(conn, guild=LYCEUM, now=NOON) == ()
