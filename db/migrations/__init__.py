"""Alembic migrations of the schema; `db.migrate` runs them."""
