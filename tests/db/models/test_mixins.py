from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy.exc import IntegrityError
from sqlmodel import select

from db.models import Channel, GatewaySession, Guild, Member, User
from db.models.back_office import AsyncBackOffice, BackOffice, async_engine, sync_engine
from db.models.mixins import WITH_DELETED

NOON = datetime(2026, 3, 18, 12, tzinfo=UTC)
GUILD = 7_000_000
LIBRARY = 20_000_001
ATRIUM = 20_000_002
STAFF = 10_000_001
OTHER_STAFF = 10_000_002


@pytest.fixture
def session(quick_url: str) -> Iterator[BackOffice]:
    engine = sync_engine(quick_url)
    with BackOffice(engine) as session:
        yield session
        session.rollback()
    engine.dispose()


@pytest.fixture
async def async_session(quick_url: str) -> AsyncIterator[AsyncBackOffice]:
    engine = async_engine(quick_url)
    async with AsyncBackOffice(engine) as session:
        yield session
        await session.rollback()
    await engine.dispose()


def test_create_gives_the_row_as_the_database_has_it(session: BackOffice) -> None:
    guild = Guild.create(session, guild_id=GUILD, name="Lyceum")

    assert (guild.timezone, guild.study_minutes, guild.is_active) == ("UTC", 15, True)
    assert guild.created_at is not None
    assert guild.created_at == guild.updated_at
    assert guild.created_at.tzinfo is not None


def test_get_finds_by_primary_key(session: BackOffice) -> None:
    guild = Guild.create(session, guild_id=GUILD)

    assert Guild.get(session, GUILD) is guild
    assert Guild.get(session, GUILD + 1) is None


def test_find_compares_columns_and_keeps_the_order_of_the_key(session: BackOffice) -> None:
    third, first, second = (
        Guild.create(session, guild_id=GUILD + n, locale=locale) for n, locale in ((3, "ko"), (1, "ko"), (2, "es-ES"))
    )

    assert Guild.find(session) == [first, second, third]
    assert Guild.find(session, limit=1) == [first]
    assert Guild.find(session, locale="ko") == [first, third]
    with pytest.raises(TypeError, match="Guild has no colour"):
        Guild.find(session, colour="red")


def test_update_writes_new_values_and_when(session: BackOffice) -> None:
    guild = Guild.create(session, guild_id=GUILD, created_at=NOON, updated_at=NOON)

    guild.update(session, name="Lyceum Commons", study_minutes=30)

    assert (guild.name, guild.study_minutes, guild.created_at) == ("Lyceum Commons", 30, NOON)
    assert guild.updated_at is not None
    assert guild.updated_at > NOON


@pytest.mark.parametrize("name", ["colour", "created_at"])
def test_update_refuses_what_cannot_change(session: BackOffice, name: str) -> None:
    guild = Guild.create(session, guild_id=GUILD)

    values: dict[str, Any] = {name: NOON}
    with pytest.raises(TypeError, match=f"Guild cannot change {name}"):
        guild.update(session, **values)


def test_delete_takes_the_row_and_all_that_hangs_on_it(session: BackOffice) -> None:
    guild = Guild.create(session, guild_id=GUILD)
    User.create(session, user_id=STAFF, username="ana")
    Member.create(session, guild_id=GUILD, user_id=STAFF)

    guild.delete(session, now=NOON)
    session.expire_all()

    assert Guild.get(session, GUILD) is None
    assert Member.find(session) == []
    assert len(User.find(session)) == 1


def test_a_row_without_its_guild_is_refused(session: BackOffice) -> None:
    with pytest.raises(IntegrityError, match="fk_channels_guild"):
        Channel.create(session, guild_id=GUILD, channel_id=LIBRARY)


def test_soft_delete_keeps_the_row_and_hides_it(session: BackOffice) -> None:
    Guild.create(session, guild_id=GUILD)
    library = Channel.create(session, guild_id=GUILD, channel_id=LIBRARY)
    atrium = Channel.create(session, guild_id=GUILD, channel_id=ATRIUM)
    assert not library.is_deleted

    library.delete(session, now=NOON)

    assert library.is_deleted
    assert library.deleted_at == NOON
    assert Channel.find(session) == [atrium]
    assert Channel.get(session, GUILD, LIBRARY) is None
    assert session.exec(select(Channel)).all() == [atrium]
    assert Channel.find(session, with_deleted=True) == [library, atrium]
    assert Channel.get(session, GUILD, LIBRARY, with_deleted=True) is library
    everything = session.exec(select(Channel), execution_options={WITH_DELETED: True}).all()
    assert sorted(channel.channel_id for channel in everything) == [LIBRARY, ATRIUM]


def test_a_softly_deleted_row_is_hidden_from_a_session_that_never_saw_it(session: BackOffice) -> None:
    Guild.create(session, guild_id=GUILD)
    Channel.create(session, guild_id=GUILD, channel_id=LIBRARY).delete(session, now=NOON)
    session.expunge_all()

    assert Channel.get(session, GUILD, LIBRARY) is None
    assert Channel.get(session, GUILD, LIBRARY, with_deleted=True) is not None


def test_audit_notes_who_made_and_who_changed(session: BackOffice) -> None:
    Guild.create(session, guild_id=GUILD)
    channel = Channel.create(session, guild_id=GUILD, channel_id=LIBRARY, by=STAFF)
    assert (channel.created_by, channel.updated_by) == (STAFF, STAFF)

    channel.update(session, by=OTHER_STAFF, name="Library")
    assert (channel.created_by, channel.updated_by) == (STAFF, OTHER_STAFF)

    channel.delete(session, now=NOON, by=STAFF)
    assert (channel.created_by, channel.updated_by) == (STAFF, STAFF)


def test_a_table_that_keeps_no_author_does_not_mind_being_told(session: BackOffice) -> None:
    guild = Guild.create(session, by=STAFF, guild_id=GUILD)

    guild.update(session, by=STAFF, name="Lyceum")

    assert guild.name == "Lyceum"


def test_a_table_without_times_can_be_updated(session: BackOffice) -> None:
    shard = GatewaySession.create(session, shard_id=0, shard_count=1, heartbeat_at=NOON)

    shard.update(session, seq=5)

    assert shard.seq == 5


async def test_async_sessions_do_the_same(async_session: AsyncBackOffice) -> None:
    await Guild.create_async(async_session, guild_id=GUILD)
    library = await Channel.create_async(async_session, guild_id=GUILD, channel_id=LIBRARY, by=STAFF)

    await library.update_async(async_session, by=OTHER_STAFF, name="Library")
    assert (library.name, library.created_by, library.updated_by) == ("Library", STAFF, OTHER_STAFF)
    assert await Channel.get_async(async_session, GUILD, LIBRARY) is library
    assert await Channel.find_async(async_session, name="Library") == [library]

    await library.delete_async(async_session, now=NOON)
    assert await Channel.get_async(async_session, GUILD, LIBRARY) is None
    assert await Channel.get_async(async_session, GUILD, LIBRARY, with_deleted=True) is library
    assert (await async_session.exec(select(Channel))).all() == []
    assert await Channel.find_async(async_session, with_deleted=True) == [library]
