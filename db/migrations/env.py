"""Alembic's environment script: passes the models' metadata and the connection of `db.migrate` to Alembic."""

from typing import cast

from alembic import context
from sqlalchemy import Connection

from db.models import METADATA

context.configure(
    connection=cast("Connection", context.config.attributes["connection"]),
    target_metadata=METADATA,
    compare_type=True,
    compare_server_default=True,
    transaction_per_migration=False,  # an upgrade over several steps is atomic
)
with context.begin_transaction():
    context.run_migrations()
