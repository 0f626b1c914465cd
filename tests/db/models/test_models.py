from collections.abc import Generator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from typing import Any

import pytest
from pydantic import ValidationError
from sqlalchemy import Engine, event

from core.enums import ChannelKind, DayKind, Language, TrackingPreset, WebhookEventKind
from db.models import (
    Authorization,
    Channel,
    DailyStreak,
    Entitlement,
    GatewaySession,
    Guild,
    Member,
    MemberZone,
    Model,
    RecalculationQueueEntry,
    TrackingPolicyChange,
    User,
    VoiceSegment,
    VoiceSession,
    WebhookEvent,
)
from db.models.back_office import BackOffice, sync_engine

NOON = datetime(2026, 3, 18, 12, tzinfo=UTC)
GUILD = 7_000_000
USER = 10_000_001

RIGHT: dict[type[Model], dict[str, Any]] = {
    Guild: {"guild_id": GUILD, "name": "Lyceum"},
    Channel: {"guild_id": GUILD, "channel_id": 20_000_001, "name": "Library"},
    User: {"user_id": USER, "username": "ana"},
    Member: {"guild_id": GUILD, "user_id": USER},
    MemberZone: {"guild_id": GUILD, "user_id": USER, "valid_from": NOON, "zone": "Asia/Seoul"},
    DailyStreak: {
        "guild_id": GUILD,
        "user_id": USER,
        "kind": DayKind.STUDY,
        "streak_date": date(2026, 3, 18),
        "zone": "UTC",
    },
    VoiceSession: {"guild_id": GUILD, "user_id": USER, "started_at": NOON, "credited_until": NOON},
    VoiceSegment: {
        "guild_id": GUILD,
        "session_id": 1,
        "user_id": USER,
        "channel_id": 20_000_001,
        "started_at": NOON,
    },
    TrackingPolicyChange: {
        "guild_id": GUILD,
        "preset": TrackingPreset.SOCIAL,
        "valid_from": NOON,
        "set_by": USER,
        "set_at": NOON,
    },
    RecalculationQueueEntry: {"guild_id": GUILD, "user_id": USER},
    GatewaySession: {"shard_id": 0, "shard_count": 1, "heartbeat_at": NOON},
    WebhookEvent: {
        "kind": WebhookEventKind.ENTITLEMENT_CREATE,
        "subject_id": 40_000_001,
        "happened_at": NOON,
        "received_at": NOON,
    },
    Authorization: {"user_id": USER, "authorized_at": NOON},
    Entitlement: {"entitlement_id": 40_000_001, "sku_id": 50_000_001, "type": 8, "changed_at": NOON},
}

WRONG: list[tuple[type[Model], str, Any]] = [
    (Guild, "guild_id", 4_194_303),  # smaller than any snowflake
    (Guild, "guild_id", 1 << 63),  # too large for a bigint
    (Guild, "guild_id", "seven"),
    (Guild, "guild_id", None),
    (Guild, "owner_id", 12),
    (Guild, "name", "a" * 101),
    (Guild, "name", None),
    (Guild, "locale", "e"),
    (Guild, "study_minutes", 0),
    (Guild, "study_minutes", 241),
    (Guild, "is_active", "perhaps"),
    (Guild, "created_at", datetime(2026, 3, 18, 12)),  # noqa: DTZ001 - naive on purpose
    (Channel, "kind", "kitchen"),
    (Channel, "type", 1 << 15),
    (Channel, "deleted_at", "yesterday"),
    (Channel, "created_by", 1),
    (User, "username", ""),
    (User, "username", 5),
    (Member, "language", "fr"),
    (Member, "visibility", None),
    (Member, "total_seconds", -1),
    (MemberZone, "day_start_min", 361),
    (MemberZone, "valid_from", None),
    (DailyStreak, "kind", "sleep"),
    (DailyStreak, "streak_date", "2026-02-30"),
    (DailyStreak, "seconds", 1 << 31),
    (VoiceSession, "session_id", 0),
    (VoiceSession, "started_at", datetime(2026, 3, 18, 12)),  # noqa: DTZ001 - naive on purpose
    (VoiceSession, "close_reason", "bored"),
    (VoiceSegment, "flags", 128),
    (GatewaySession, "shard_count", 0),
]


def case(value: object) -> str | None:
    return value.__name__ if isinstance(value, type) else None


@contextmanager
def counted(engine: Engine) -> Generator[list[str]]:
    """The statements sent to the driver."""
    sent: list[str] = []

    def note(_conn: Any, _cursor: Any, statement: str, *_: Any) -> None:
        sent.append(statement)

    event.listen(engine, "before_cursor_execute", note)
    yield sent
    event.remove(engine, "before_cursor_execute", note)


@pytest.mark.parametrize("model", RIGHT, ids=case)
def test_right_values_make_a_row(model: type[Model]) -> None:
    row = model(**RIGHT[model])

    assert {name: getattr(row, name) for name in RIGHT[model]} == RIGHT[model]
    assert row.model_fields_set == RIGHT[model].keys()


@pytest.mark.parametrize(("model", "name", "value"), WRONG, ids=case)
def test_a_wrong_value_is_refused_when_the_row_is_made(model: type[Model], name: str, value: Any) -> None:
    with pytest.raises(ValidationError) as refused:
        model(**{**RIGHT[model], name: value})

    assert [error["loc"] for error in refused.value.errors()] == [(name,)]


@pytest.mark.parametrize(("model", "name", "value"), WRONG, ids=case)
def test_a_wrong_value_is_refused_when_it_is_assigned(model: type[Model], name: str, value: Any) -> None:
    row = model(**RIGHT[model])
    before = getattr(row, name)

    with pytest.raises(ValidationError) as refused:
        setattr(row, name, value)

    assert [error["loc"] for error in refused.value.errors()] == [(name,)]
    assert getattr(row, name) == before


@pytest.mark.parametrize(("model", "name", "value"), WRONG, ids=case)
def test_a_wrong_value_is_refused_when_a_mapping_is_read(model: type[Model], name: str, value: Any) -> None:
    with pytest.raises(ValidationError):
        model.model_validate({**RIGHT[model], name: value})


def test_a_value_that_is_missing_is_named() -> None:
    with pytest.raises(ValidationError) as refused:
        Guild(name="Lyceum")

    assert [(error["loc"], error["type"]) for error in refused.value.errors()] == [(("guild_id",), "missing")]


def test_a_column_that_does_not_exist_is_refused() -> None:
    unknown: dict[str, Any] = {"prefix": "!"}

    with pytest.raises(ValidationError, match="prefix"):
        Guild(guild_id=GUILD, **unknown)
    with pytest.raises(ValidationError, match="prefix"):
        Guild.model_validate({"guild_id": GUILD, **unknown})
    with pytest.raises(ValueError, match="prefix"):
        setattr(Guild(guild_id=GUILD), "prefix", "!")  # noqa: B010 - a name the type checker would refuse


def test_all_wrong_values_are_told_at_once_with_what_would_be_right() -> None:
    with pytest.raises(ValidationError) as refused:
        Guild(guild_id=1, study_minutes=999, name="x")

    assert {error["loc"][0]: error["msg"] for error in refused.value.errors()} == {
        "guild_id": "Input should be greater than or equal to 4194304",
        "study_minutes": "Input should be less than or equal to 240",
    }


def test_values_become_what_the_column_holds() -> None:
    member = Member.model_validate({"guild_id": str(GUILD), "user_id": USER, "language": "zh-TW"})
    member.total_seconds = "60"  # pyright: ignore[reportAttributeAccessIssue] - as from a form

    assert (member.guild_id, member.language, member.total_seconds) == (GUILD, Language.ZH_TW, 60)


def test_an_invalid_row_sends_nothing_to_the_database(quick_url: str) -> None:
    engine = sync_engine(quick_url)
    with BackOffice(engine) as session, counted(engine) as sent:
        for model, name, value in WRONG:
            with pytest.raises(ValidationError):
                session.add(model(**{**RIGHT[model], name: value}))
        session.commit()
        assert sent == []

        session.add(Guild(**RIGHT[Guild]))
        session.flush()
        assert len(sent) == 1
        session.rollback()
    engine.dispose()


def test_rows_from_the_database_hold_enum_members(quick_url: str) -> None:
    engine = sync_engine(quick_url)
    with BackOffice(engine) as session:
        Guild.create(session, **RIGHT[Guild])
        channel = Channel.create(session, **RIGHT[Channel], kind="practice")

        assert channel.kind is ChannelKind.PRACTICE
        session.rollback()
    engine.dispose()
