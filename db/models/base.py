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

Moment = AwareDatetime  # timestamptz columns reject naive datetimes

_already_checked: ContextVar[bool] = ContextVar("already_checked", default=False)


@contextmanager
def _checked() -> Generator[None]:
    token = _already_checked.set(True)
    try:
        yield
    finally:
        _already_checked.reset(token)


class Model(SQLModel):
    """Base class of all tables: validates values when a row is created and on every assignment.

    SQLModel does not validate `table=True` classes; here both paths go through pydantic first, so that a wrong value
    raises `ValidationError` before SQLAlchemy sees it. Rows loaded from the database are not validated again.
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
        """A validated row from a mapping or another object."""
        with _checked():  # SQLModel itself validates here, and only here
            return super().model_validate(obj, **options)


def pg_enum(enum: type[StrEnum], name: str) -> ENUM:
    """The PostgreSQL type `name` whose labels are the values (not the Python names) of `enum`."""
    return ENUM(enum, name=name, values_callable=_labels, metadata=Model.metadata)


def snowflake(default: Any = ..., *, description: str = "") -> Any:
    """A column for a Discord id; add the check constraint with `snowflake_checks`."""
    return Field(
        default,
        ge=SNOWFLAKE_MIN,
        le=SNOWFLAKE_MAX,
        sa_type=BigInteger,
        sa_column_kwargs={"autoincrement": False},
        description=description,
    )


def snowflake_checks(table: str, *columns: str) -> tuple[CheckConstraint, ...]:
    """One named check constraint per id column, for the lowest valid id; NULL passes."""
    return tuple(
        CheckConstraint(f"{column} >= {SNOWFLAKE_MIN}", name=f"ck_{table}_{column}_snowflake") for column in columns
    )


def identity_column(
    *, kind: type[TypeEngine[Any]] = BigInteger, description: str = "Ours; the database gives it."
) -> Any:
    """An identity column; None in Python until the row is written."""
    return Field(
        None, nullable=False, ge=1, sa_type=kind, sa_column_args=(Identity(always=False),), description=description
    )


def guild_fk(table: str) -> ForeignKeyConstraint:
    """A foreign key from `table` to guilds; deleting the guild deletes the rows."""
    return ForeignKeyConstraint(["guild_id"], ["guilds.guild_id"], name=f"fk_{table}_guild", ondelete="CASCADE")


def member_fk(table: str) -> ForeignKeyConstraint:
    """A foreign key from `table` to members; deleting the member deletes the rows."""
    return ForeignKeyConstraint(
        ["guild_id", "user_id"],
        ["members.guild_id", "members.user_id"],
        name=f"fk_{table}_member",
        ondelete="CASCADE",
    )


def timestamp_column(default: Any = ..., *, server_now: bool = False, description: str = "") -> Any:
    """A timestamptz column; with `server_now` the default is the time of the inserting transaction."""
    return Field(
        default,
        nullable=default is None and not server_now,
        sa_type=cast("type[Any]", DateTime(timezone=True)),
        sa_column_kwargs={"server_default": text("now()")} if server_now else {},
        description=description,
    )


def text_column(default: Any = ..., *, min_length: int = 0, max_length: int, description: str = "") -> Any:
    """A text column; `max_length` (Discord's limit) is validated in Python only, since Discord may raise it."""
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
    """An integer column for values from `ge` to `le` (default: the maximum of the type)."""
    return Field(
        default,
        ge=ge,
        le=_INTEGERS[kind] if le is None else le,
        sa_type=kind,
        sa_column_kwargs={"autoincrement": False, **_server_default(default)},
        description=description,
    )


def bool_column(*, default: bool, description: str = "") -> Any:
    """A boolean column, never NULL."""
    return Field(
        default,
        sa_type=Boolean,
        sa_column_kwargs={"server_default": text("true" if default else "false")},
        description=description,
    )


def enum_column(enum: ENUM, default: Any = ..., *, description: str = "") -> Any:
    """A column of a PostgreSQL enum type."""
    return Field(
        default,
        sa_type=cast("type[Any]", enum),
        sa_column_kwargs=_server_default(default),
        description=description,
    )


def local_date(default: Any = ..., *, description: str = "") -> Any:
    """A date column for a day on a local calendar (the member's or the guild's)."""
    return Field(default, sa_type=Date, description=description)


def _labels(enum: type[StrEnum]) -> list[str]:
    return [member.value for member in enum]


def _server_default(default: Any) -> dict[str, Any]:
    if default is ... or default is None:
        return {}
    return {"server_default": text(f"'{default}'" if isinstance(default, str) else str(default))}
