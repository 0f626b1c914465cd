import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from msgspec.structs import replace

from core.enums import Language, Visibility
from core.ids import InteractionId
from db.connection import Connection, Pool
from db.queries import timezones as timezone_queries
from db.queries.interactions import processed as processed_interaction_queries
from services import interactions as people
from services.calendar.days import ZoneRule
from services.interactions import MemberContext
from services.members import names, preferences
from services.members.person import Person
from tests.populate import ANA, LYCEUM, NOON, add_guild

FIRST = InteractionId(30_000_001)
SECOND = InteractionId(30_000_002)
ANA_NOW = Person(ANA, "ana", "Ana", "a1b2", nick="Ana the quiet", member_avatar_hash="c3d4")
EVER = datetime.min.replace(tzinfo=UTC)


async def arrive(
    conn: Connection, interaction: InteractionId = FIRST, *, person: Person = ANA_NOW, now: datetime = NOON
) -> MemberContext:
    return await people.begin(conn, interaction=interaction, guild=LYCEUM, guild_locale="ko", person=person, now=now)


async def rows(conn: Connection, question: bytes) -> list[tuple[object, ...]]:
    cursor = await conn.execute(question)
    return await cursor.fetchall()


async def test_arrive_makes_guild_user_and_member_on_first_contact(conn: Connection) -> None:
    arrival = await arrive(conn)

    assert arrival == MemberContext(
        is_first=True,
        language=None,
        visibility=Visibility.PUBLIC,
        zone_rules=(ZoneRule(EVER, "UTC"),),
        guild_zone="UTC",
        study_minutes=15,
    )
    assert await rows(conn, b"SELECT guild_id, name, locale, created_at FROM guilds") == [(LYCEUM, "", "ko", NOON)]
    assert await rows(
        conn, b"SELECT user_id, username, global_name, avatar_hash, is_bot, created_at, updated_at FROM users"
    ) == [(ANA, "ana", "Ana", "a1b2", False, NOON, NOON)]
    assert await rows(
        conn, b"SELECT guild_id, user_id, nick, avatar_hash, last_seen_at, created_at, updated_at FROM members"
    ) == [(LYCEUM, ANA, "Ana the quiet", "c3d4", NOON, NOON, NOON)]


async def test_arrive_a_second_time_with_the_same_interaction_is_not_first(conn: Connection) -> None:
    assert (await arrive(conn)).is_first

    assert not (await arrive(conn)).is_first
    assert (await arrive(conn, SECOND)).is_first


async def test_arrive_writes_new_names_and_notes_when(conn: Connection) -> None:
    later = NOON + timedelta(hours=1)
    await arrive(conn)

    await arrive(conn, SECOND, person=Person(ANA, "ana.quiet"), now=later)

    assert await rows(conn, b"SELECT username, global_name, avatar_hash, created_at, updated_at FROM users") == [
        ("ana.quiet", None, None, NOON, later)
    ]
    assert await rows(conn, b"SELECT nick, avatar_hash, last_seen_at, created_at, updated_at FROM members") == [
        (None, None, later, NOON, later)
    ]


async def test_arrive_leaves_unchanged_names_alone(conn: Connection) -> None:
    later = NOON + timedelta(hours=1)
    await arrive(conn)
    before = await rows(conn, b"SELECT xmin::text, ctid::text FROM users")

    await arrive(conn, SECOND, now=later)

    assert await rows(conn, b"SELECT xmin::text, ctid::text FROM users") == before
    assert await rows(conn, b"SELECT last_seen_at, updated_at FROM members") == [(later, NOON)]


async def test_arrive_does_not_set_last_seen_back(conn: Connection) -> None:
    await arrive(conn)

    await arrive(conn, SECOND, now=NOON - timedelta(minutes=1))

    assert await rows(conn, b"SELECT last_seen_at FROM members") == [(NOON,)]


async def test_arrive_brings_a_member_back_who_had_left(conn: Connection) -> None:
    await arrive(conn)
    await conn.execute("UPDATE members SET left_at = now()")

    await arrive(conn, SECOND)

    assert await rows(conn, b"SELECT left_at FROM members") == [(None,)]


async def test_arrive_tells_whether_all_that_a_person_did_is_long_ago(conn: Connection) -> None:
    first = await arrive(conn)
    soon = await arrive(conn, SECOND, now=NOON + timedelta(seconds=9))

    assert [first.seen_before, soon.seen_before] == [None, NOON]
    assert not first.is_settled(NOON)
    assert not soon.is_settled(NOON + timedelta(seconds=9))
    assert soon.is_settled(NOON + timedelta(seconds=10))


async def test_arrive_returns_what_the_member_and_the_guild_have_chosen(conn: Connection) -> None:
    await add_guild(conn, zone="Asia/Seoul")
    await conn.execute("UPDATE guilds SET study_minutes = 30")
    await arrive(conn)
    await preferences.choose_language(conn, guild=LYCEUM, user=ANA, language=Language.ZH_TW, now=NOON)
    await preferences.choose_visibility(conn, guild=LYCEUM, user=ANA, visibility=Visibility.PRIVATE, now=NOON)
    for days, zone, start in ((2, "Europe/Madrid", 240), (1, "Asia/Taipei", 0)):
        await timezone_queries.set_rule(
            conn,
            guild=LYCEUM,
            user=ANA,
            valid_from=NOON + timedelta(days=days),
            zone=zone,
            day_start_min=start,
            now=NOON,
        )

    assert await arrive(conn, SECOND) == MemberContext(
        is_first=True,
        language=Language.ZH_TW,
        visibility=Visibility.PRIVATE,
        zone_rules=(
            ZoneRule(EVER, "Asia/Seoul"),
            ZoneRule(NOON + timedelta(days=1), "Asia/Taipei"),
            ZoneRule(NOON + timedelta(days=2), "Europe/Madrid", timedelta(hours=4)),
        ),
        guild_zone="Asia/Seoul",
        study_minutes=30,
        seen_before=NOON,
    )


async def test_choosing_no_language_follows_discord_again(conn: Connection) -> None:
    await arrive(conn)
    await preferences.choose_language(conn, guild=LYCEUM, user=ANA, language=Language.ES, now=NOON)

    await preferences.choose_language(conn, guild=LYCEUM, user=ANA, language=None, now=NOON)

    assert (await arrive(conn, SECOND)).language is None


async def test_arrive_in_a_direct_message_keeps_the_name_alone(conn: Connection) -> None:
    async def write() -> MemberContext:
        return await people.begin(conn, interaction=FIRST, guild=None, guild_locale=None, person=ANA_NOW, now=NOON)

    assert await write() == MemberContext(is_first=True)
    assert await write() == MemberContext(is_first=False)
    assert await rows(conn, b"SELECT username FROM users") == [("ana",)]
    assert await rows(conn, b"SELECT count(*) FROM members") == [(0,)]


async def test_arrive_without_a_guild_locale_assumes_english(conn: Connection) -> None:
    await people.begin(conn, interaction=FIRST, guild=LYCEUM, guild_locale=None, person=ANA_NOW, now=NOON)

    assert await rows(conn, b"SELECT locale FROM guilds") == [("en-US",)]


@pytest.mark.parametrize(
    "name",
    [
        "'; DROP TABLE users; --",
        "%(user)s %s %%",
        '$1 {name} \\x00 "quoted"',
        "김민아 مينا מינה 🦉\u200d🎓",
        "\u202eright to left",
        "a" * 4000,
    ],
)
async def test_hostile_names_are_kept_as_they_are(conn: Connection, name: str) -> None:
    await arrive(conn, person=Person(ANA, name, name, name, nick=name, member_avatar_hash=name))

    assert await rows(conn, b"SELECT username, global_name, avatar_hash FROM users") == [(name, name, name)]
    assert await rows(conn, b"SELECT nick, avatar_hash FROM members") == [(name, name)]


async def test_the_one_character_that_postgres_cannot_keep_is_left_out(conn: Connection) -> None:
    await arrive(conn, person=Person(ANA, "a\0na", "\0Ana", nick="\0"))

    assert await rows(conn, b"SELECT username, global_name FROM users") == [("ana", "Ana")]


async def test_two_hundred_deliveries_at_once_are_claimed_once(database_url: str) -> None:
    async with Pool(database_url, wait_s=30) as pool:

        async def deliver() -> bool:
            async with pool.connection() as conn:
                return (await arrive(conn)).is_first

        claims = await asyncio.gather(*(deliver() for _ in range(200)))

    assert sum(claims) == 1


async def test_a_claim_that_was_rolled_back_can_be_made_again(pool: Pool) -> None:
    async def fail() -> None:
        async with pool.connection() as conn:
            await arrive(conn)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await fail()

    async with pool.connection() as conn:
        assert (await arrive(conn)).is_first


async def test_many_members_with_new_names_arrive_at_once(database_url: str) -> None:
    async with Pool(database_url, wait_s=30) as pool:

        async def come(number: int) -> bool:
            person = replace(ANA_NOW, username=f"ana{number}")
            async with pool.connection() as conn:
                return (await arrive(conn, InteractionId(FIRST + number), person=person)).is_first

        assert all(await asyncio.gather(*(come(number) for number in range(100))))


async def test_seen_interactions_are_forgotten(conn: Connection) -> None:
    await arrive(conn)
    await arrive(conn, SECOND, now=NOON + timedelta(minutes=10))

    assert await processed_interaction_queries.remove_processed(conn, before=NOON + timedelta(minutes=5)) == 1
    assert await rows(conn, b"SELECT interaction_id FROM processed_interactions") == [(SECOND,)]


@pytest.mark.parametrize(
    ("person", "name"),
    [
        (Person(ANA, "ana", "Ana", nick="Quiet"), "Quiet"),
        (Person(ANA, "ana", "Ana"), "Ana"),
        (Person(ANA, "ana"), "ana"),
        (Person(ANA, "ana", "Ana", nick="\u3164\u3164"), "Ana"),
        (Person(ANA, "ana", "\u2800", nick="\u200e \u200b"), "ana"),
        (Person(ANA, "", None, nick="\u0301"), "–"),
    ],
)
def test_display_name_is_the_nearest_one(person: Person, name: str) -> None:
    assert names.display_name(person) == name
