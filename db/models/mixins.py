"""Mixins for table classes: timestamps, soft deletion, author columns, CRUD methods, and checks of Discord ids."""

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, ClassVar, Final, Self, cast

from sqlalchemy import CheckConstraint, func
from sqlmodel import Session, SQLModel, col, select

from db.models.base import Moment, snowflake, snowflake_checks, timestamp_column

if TYPE_CHECKING:
    from sqlmodel.ext.asyncio.session import AsyncSession

WITH_DELETED: Final = "with_deleted"  # the execution option that includes soft-deleted rows


class TimestampMixin(SQLModel):
    """When the row was created and last changed. None: not written yet, the database fills it in."""

    created_at: Moment | None = timestamp_column(None, server_now=True, description="When the row was made.")
    updated_at: Moment | None = timestamp_column(None, server_now=True, description="When the row last changed.")


class SoftDeleteMixin(SQLModel):
    """A row that is kept after its object is deleted; back-office sessions leave such rows out by default."""

    deleted_at: Moment | None = timestamp_column(None, description="When the thing went away. Empty: it is there.")

    @property
    def is_deleted(self) -> bool:
        """Whether the object is deleted."""
        return self.deleted_at is not None


class AuditMixin(SQLModel):
    """Who created the row and who changed it last. None: Lyceum itself."""

    created_by: int | None = snowflake(None, description="Who made the row. Empty: Lyceum itself.")
    updated_by: int | None = snowflake(None, description="Who changed it last. Empty: Lyceum itself.")


class DiscordIDMixin(SQLModel):
    """Ids assigned by Discord; each is at least 4194304 (2**22) and fits a bigint."""

    @staticmethod
    def id_checks(table: str, *columns: str) -> tuple[CheckConstraint, ...]:
        """The range checks in the database: one named constraint per id column."""
        return snowflake_checks(table, *columns)


class CRUDMixin(SQLModel):
    """Create, read, update and delete for the back office, in sync and async sessions.

    Nothing is committed here; the caller commits. Key values are passed in the order of the primary key.
    """

    __immutable__: ClassVar[frozenset[str]] = frozenset({"created_at", "created_by"})

    @classmethod
    def create(cls, session: Session, *, by: int | None = None, **values: Any) -> Self:
        """Create a row: validated, inserted and read back; `by` is stored if the table has author columns."""
        row = cls(**cls._signed(values, by, "created_by", "updated_by"))
        session.add(row)
        session.flush()
        session.refresh(row)
        return row

    @classmethod
    def get(cls, session: Session, *key: Any, with_deleted: bool = False) -> Self | None:
        """The row with this primary key, or None."""
        row = session.get(cls, key, execution_options={WITH_DELETED: with_deleted})
        is_deleted = isinstance(row, SoftDeleteMixin) and row.is_deleted
        return None if is_deleted and not with_deleted else row

    @classmethod
    def find(cls, session: Session, *, limit: int = 100, with_deleted: bool = False, **equal: Any) -> Sequence[Self]:
        """Rows whose columns equal the given values, ordered by primary key."""
        unknown = equal.keys() - cls.model_fields.keys()
        if unknown:
            raise TypeError(f"{cls.__name__} has no {', '.join(sorted(unknown))}.")
        key = cast("Any", cls).__table__.primary_key.columns
        question = select(cls).filter_by(**equal).order_by(*key).limit(limit)
        if issubclass(cls, SoftDeleteMixin) and not with_deleted:
            question = question.where(col(cls.deleted_at).is_(None))
        return session.exec(question, execution_options={WITH_DELETED: with_deleted}).all()

    def update(self, session: Session, *, by: int | None = None, **values: Any) -> Self:
        """Set new values on the row: validated, written and read back.

        Raises:
            TypeError: a value is unknown, or is one of the created/author columns.
        """
        refused = (values.keys() - type(self).model_fields.keys()) | (values.keys() & self.__immutable__)
        if refused:
            raise TypeError(f"{type(self).__name__} cannot change {', '.join(sorted(refused))}.")
        for name, value in self._signed(values, by, "updated_by").items():
            setattr(self, name, value)
        if "updated_at" in type(self).model_fields:
            cast("Any", self).updated_at = session.scalar(func.now())
        session.add(self)
        session.flush()
        session.refresh(self)
        return self

    def delete(self, session: Session, *, now: datetime, by: int | None = None) -> None:
        """Delete the row; a soft-deleting table keeps it and sets `deleted_at` to `now`."""
        if isinstance(self, SoftDeleteMixin):
            self.update(session, by=by, deleted_at=now)
            return
        session.delete(self)
        session.flush()

    @classmethod
    async def create_async(cls, session: "AsyncSession", *, by: int | None = None, **values: Any) -> Self:
        """`create` in an async session."""
        return await session.run_sync(lambda inner: cls.create(cast("Session", inner), by=by, **values))

    @classmethod
    async def get_async(cls, session: "AsyncSession", *key: Any, with_deleted: bool = False) -> Self | None:
        """`get` in an async session."""
        return await session.run_sync(lambda inner: cls.get(cast("Session", inner), *key, with_deleted=with_deleted))

    @classmethod
    async def find_async(
        cls, session: "AsyncSession", *, limit: int = 100, with_deleted: bool = False, **equal: Any
    ) -> Sequence[Self]:
        """`find` in an async session."""
        return await session.run_sync(
            lambda inner: cls.find(cast("Session", inner), limit=limit, with_deleted=with_deleted, **equal)
        )

    async def update_async(self, session: "AsyncSession", *, by: int | None = None, **values: Any) -> Self:
        """`update` in an async session."""
        return await session.run_sync(lambda inner: self.update(cast("Session", inner), by=by, **values))

    async def delete_async(self, session: "AsyncSession", *, now: datetime, by: int | None = None) -> None:
        """`delete` in an async session."""
        await session.run_sync(lambda inner: self.delete(cast("Session", inner), now=now, by=by))

    @classmethod
    def _signed(cls, values: dict[str, Any], by: int | None, *columns: str) -> dict[str, Any]:
        if by is None or not issubclass(cls, AuditMixin):
            return values
        return {**dict.fromkeys(columns, by), **values}
