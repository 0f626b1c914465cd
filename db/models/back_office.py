"""Database sessions for the back office (admin panel, seed, import, export), sync and async, both on psycopg."""

from typing import Final

from sqlalchemy import Engine, create_engine, event, make_url
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.orm import ORMExecuteState, with_loader_criteria
from sqlmodel import Session, col
from sqlmodel.ext.asyncio.session import AsyncSession

from db.models import TABLES
from db.models.mixins import WITH_DELETED, SoftDeleteMixin

_DRIVER: Final = "postgresql+psycopg"


class BackOffice(Session):
    """A session whose queries leave out soft-deleted rows, unless they run with the option `with_deleted`."""


class AsyncBackOffice(AsyncSession):
    """Like `BackOffice`, for async callers."""

    sync_session_class = BackOffice


def sync_engine(url: str) -> Engine:
    """A sync engine for `BackOffice` sessions."""
    return create_engine(make_url(url).set(drivername=_DRIVER))


def async_engine(url: str) -> AsyncEngine:
    """An async engine for `AsyncBackOffice` sessions."""
    return create_async_engine(make_url(url).set(drivername=_DRIVER))


_LEAVE_OUT: Final = [
    with_loader_criteria(model, col(model.deleted_at).is_(None), include_aliases=True)
    for model in TABLES
    if issubclass(model, SoftDeleteMixin)
]


@event.listens_for(BackOffice, "do_orm_execute")
def _leave_out_deleted(state: ORMExecuteState) -> None:
    if state.is_select and not state.is_column_load and not state.execution_options.get(WITH_DELETED, False):
        state.statement = state.statement.options(*_LEAVE_OUT)
