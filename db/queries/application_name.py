"""Sets the `application_name` of a transaction, which operators see in pg_stat_activity and server logs."""

from db.connection import Connection


async def set_label(conn: Connection, label: str) -> None:
    """Set this transaction's `application_name` to `lyceum <label>`, shown in pg_stat_activity and log lines with %a.

    PostgreSQL keeps the first 63 characters. Interactions need no such statement: `begin_in_guild` sets the name.
    """
    await conn.execute("SELECT set_config('application_name', 'lyceum ' || %(label)s::text, true)", {"label": label})
