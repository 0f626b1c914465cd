"""Sets the `application_name` of a transaction, which operators see in pg_stat_activity and server logs."""

from db.connection import Connection


async def set_label(conn: Connection, label: str) -> None:
    """Call this connection `lyceum <label>` until its transaction ends, in pg_stat_activity and in log lines with %a.

    PostgreSQL keeps the first 63 characters. Interactions need no such statement: their arrival says it.
    """
    await conn.execute("SELECT set_config('application_name', 'lyceum ' || %(label)s::text, true)", {"label": label})
