"""Reads the schema revision that the database is at."""

from db.connection import Connection


async def find_revision(conn: Connection) -> str | None:
    """The revision, a number of four digits; None: the database was never migrated."""
    from psycopg.errors import UndefinedColumn, UndefinedTable  # noqa: PLC0415 - the connection has imported it

    try:
        cursor = await conn.execute("SELECT version_num FROM alembic_version")
    except (UndefinedTable, UndefinedColumn):
        return None
    row = await cursor.fetchone()
    return None if row is None else row[0]
