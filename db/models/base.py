"""The base class of all tables, which validates every value, and helpers that declare columns and constraints."""

from collections.abc import Generator
from contextlib import contextmanager
from contextvars import ContextVar
from enum import StrEnum
from typing import TYPE_CHECKING, Any, ClassVar, Final, Self, cast

from pydantic import AwareDatetime, ConfigDict
from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Date,
    DateTime,
    ForeignKeyConstraint,
    Identity,
    Integer,
    SmallInteger,
    Text,
    text,
)
from sqlalchemy.dialects.postgresql import ENUM
from sqlalchemy.types import TypeEngine
from sqlmodel import Field, SQLModel

from core.ids import SNOWFLAKE_MAX, SNOWFLAKE_MIN

_INTEGERS: Final[dict[type[TypeEngine[Any]], int]] = {
    SmallInteger: (1 << 15) - 1,
    Integer: (1 << 31) - 1,
    BigInteger: SNOWFLAKE_MAX,
}

Moment = AwareDatetime  # a naive moment has no place in a timestamptz

_already_checked: ContextVar[bool] = ContextVar("already_checked", default=False)


@contextmanager
def _checked() -> Generator[None]:
    token = _already_checked.set(True)
    try:
        yield
    finally:
        _already_checked.reset(token)


class Model(SQLModel):
    """A row that cannot hold a wrong value: checked when it is made and on every assignment.

    SQLModel leaves `table=True` classes unchecked; here both ways in go through pydantic first, so that a wrong value
    raises `ValidationError` before SQLAlchemy hears of it. Rows that come from the database are not checked again.
    """

    model_config: ClassVar[Any] = ConfigDict(extra="forbid")

    if TYPE_CHECKING:
        __tablename__: ClassVar[Any]  # SQLModel types it as its own decorator

    def __init__(self, **values: Any) -> None:
        if not _already_checked.get():
            model = type(self)
            probe = model.__new__(model)
            model.__pydantic_validator__.validate_python(values, self_instance=probe)
            values = {name: probe.__dict__[name] for name in values}
        with _checked():
            super().__init__(**values)

    def __setattr__(self, name: str, value: Any) -> None:
        model = type(self)
        if name in model.model_fields and not _already_checked.get():
            probe = model.__new__(model)
            cast("dict[str, Any]", probe.__dict__).update(self.__dict__)
            model.__pydantic_validator__.validate_assignment(probe, name, value)
            value = probe.__dict__[name]
        super().__setattr__(name, value)

    @classmethod
    def model_validate(cls, obj: Any, **options: Any) -> Self:
        """A row from a mapping or another object, checked."""
        with _checked():  # by SQLModel itself, in the one place where it does
            return super().model_validate(obj, **options)


def pg_enum(enum: type[StrEnum], name: str) -> ENUM:
    """The PostgreSQL type `name` whose labels are the values (not the Python names) of `enum`."""
    return ENUM(enum, name=name, values_callable=_labels, metadata=Model.metadata)


def snowflake(default: Any = ..., *, description: str = "") -> Any:
    """A column for one of Discord's ids; the check constraint comes from `snowflake_checks`."""
    return Field(
        default,
        ge=SNOWFLAKE_MIN,
        le=SNOWFLAKE_MAX,
        sa_type=BigInteger,
        sa_column_kwargs={"autoincrement": False},
        description=description,
    )


def snowflake_checks(table: str, *columns: str) -> tuple[CheckConstraint, ...]:
    """One named range check per id column; NULL passes."""
    return tuple(
        CheckConstraint(f"{column} >= {SNOWFLAKE_MIN}", name=f"ck_{table}_{column}_snowflake") for column in columns
    )


def identity_column(
    *, kind: type[TypeEngine[Any]] = BigInteger, description: str = "Ours; the database gives it."
) -> Any:
    """A column that numbers rows. None in Python: the row is not written yet."""
    return Field(
        None, nullable=False, ge=1, sa_type=kind, sa_column_args=(Identity(always=False),), description=description
    )


def guild_fk(table: str) -> ForeignKeyConstraint:
    """Rows of `table` are a guild's, and go with it."""
    return ForeignKeyConstraint(["guild_id"], ["guilds.guild_id"], name=f"fk_{table}_guild", ondelete="CASCADE")


def member_fk(table: str) -> ForeignKeyConstraint:
    """Rows of `table` are a member's, and go with them."""
    return ForeignKeyConstraint(
        ["guild_id", "user_id"],
        ["members.guild_id", "members.user_id"],
        name=f"fk_{table}_member",
        ondelete="CASCADE",
    )


def timestamp_column(default: Any = ..., *, server_now: bool = False, description: str = "") -> Any:
    """A timestamptz column; with `server_now` an insert that leaves it out gets the transaction's time."""
    return Field(
        default,
        nullable=default is None and not server_now,
        sa_type=cast("type[Any]", DateTime(timezone=True)),
        sa_column_kwargs={"server_default": text("now()")} if server_now else {},
        description=description,
    )


def text_column(default: Any = ..., *, min_length: int = 0, max_length: int, description: str = "") -> Any:
    """A text column; Discord's longest length is checked here and not in the database, where it may grow."""
    return Field(
        default,
        min_length=min_length,
        max_length=max_length,
        sa_type=Text,
        sa_column_kwargs=_server_default(default),
        description=description,
    )


def int_column(
    default: Any = ...,
    *,
    kind: type[TypeEngine[Any]] = Integer,
    ge: int = 0,
    le: int | None = None,
    description: str = "",
) -> Any:
    """An integer column that holds `ge` to `le` (default: what the type holds)."""
    return Field(
        default,
        ge=ge,
        le=_INTEGERS[kind] if le is None else le,
        sa_type=kind,
        sa_column_kwargs={"autoincrement": False, **_server_default(default)},
        description=description,
    )


def bool_column(*, default: bool, description: str = "") -> Any:
    """A boolean column that is never NULL."""
    return Field(
        default,
        sa_type=Boolean,
        sa_column_kwargs={"server_default": text("true" if default else "false")},
        description=description,
    )


def enum_column(enum: ENUM, default: Any = ..., *, description: str = "") -> Any:
    """A column of one of the enum types."""
    return Field(
        default,
        sa_type=cast("type[Any]", enum),
        sa_column_kwargs=_server_default(default),
        description=description,
    )


def local_date(default: Any = ..., *, description: str = "") -> Any:
    """A date column: a day on somebody's calendar."""
    return Field(default, sa_type=Date, description=description)


def _labels(enum: type[StrEnum]) -> list[str]:
    return [member.value for member in enum]


def _server_default(default: Any) -> dict[str, Any]:
    if default is ... or default is None:
        return {}
    return {"server_default": text(f"'{default}'" if isinstance(default, str) else str(default))}
