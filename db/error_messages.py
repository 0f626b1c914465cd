"""Translates PostgreSQL errors into `DatabaseTrouble`: its kind and a message that tells operators what to do next.

A failed statement carries an SQLSTATE. A failed connection carries none that libpq exposes, so its message is searched
for known phrases; messages in other languages than English are repeated unchanged.
"""

import re
from typing import TYPE_CHECKING, Final

from core.errors import DatabaseTrouble, TroubleKind

if TYPE_CHECKING:
    from psycopg import Error

_BY_STATE: Final = {  # www.postgresql.org/docs/current/errcodes-appendix.html, the longest prefix wins
    "08": TroubleKind.LOST,
    "25006": TroubleKind.READ_ONLY,
    "28": TroubleKind.LOGIN,
    "3D": TroubleKind.NO_DATABASE,
    "53": TroubleKind.EXHAUSTED,
    "53100": TroubleKind.DISK_FULL,
    "53200": TroubleKind.OUT_OF_MEMORY,
    "53300": TroubleKind.TOO_MANY_CONNECTIONS,
    "57P": TroubleKind.LOST,
    "57P03": TroubleKind.STARTING,
    "58": TroubleKind.FILES,
}
_BY_WORDS: Final = (
    (r"no space left on device", TroubleKind.DISK_FULL),
    (r"out of memory", TroubleKind.OUT_OF_MEMORY),
    (
        r"too many (clients|connections)|connection slots|no more connections allowed|query_wait_timeout",
        TroubleKind.TOO_MANY_CONNECTIONS,
    ),
    (r"starting up|shutting down|recovery mode|not (yet )?accepting connections", TroubleKind.STARTING),
    (r"database \".*\" does not exist|no such database", TroubleKind.NO_DATABASE),
    (
        r"authentication failed|no password|pg_hba\.conf|role \".*\" |no such user|SASL|SCRAM",
        TroubleKind.LOGIN,
    ),
    (r"SSL|certificate|TLS", TroubleKind.TLS),
    (r"resolve host|translate host|name or service not known|name resolution", TroubleKind.UNKNOWN_HOST),
    (r"refused|no such file|timeout|timed out|unreachable|no route|reset by peer|closed", TroubleKind.UNREACHABLE),
)
_SENTENCES: Final = {
    TroubleKind.UNREACHABLE: (
        "The database does not answer: nothing takes connections at its address.",
        "Is it running, and are host and port of DATABASE_URL right?",
    ),
    TroubleKind.UNKNOWN_HOST: (
        "The database does not answer: its host is not known.",
        "Look at the host in DATABASE_URL, and at the network.",
    ),
    TroubleKind.LOGIN: (
        "The database refuses the user or the password.",
        "Set the user and the password in DATABASE_URL (special characters as %40), and look at pg_hba.conf.",
    ),
    TroubleKind.NO_DATABASE: (
        "The server answers, and has no database of that name.",
        "Create it with createdb, or correct the name in DATABASE_URL.",
    ),
    TroubleKind.TLS: (
        "No encrypted connection to the database comes about.",
        "Look at sslmode and sslrootcert in DATABASE_URL, and at the server's certificate.",
    ),
    TroubleKind.STARTING: (
        "The database is starting up or shutting down.",
        "Wait a minute; its log says what takes so long.",
    ),
    TroubleKind.DISK_FULL: (
        "The database's disk is full: it cannot write.",
        "Make room where its data folder is, or enlarge the disk.",
    ),
    TroubleKind.OUT_OF_MEMORY: (
        "The database has no memory left.",
        "Give its machine more memory, or lower work_mem and max_connections.",
    ),
    TroubleKind.TOO_MANY_CONNECTIONS: (
        "The database takes no more connections.",
        "Raise max_connections, or put a pooler before it (DATABASE_URL through it, DATABASE_DIRECT_URL past it).",
    ),
    TroubleKind.EXHAUSTED: (
        "The database has reached a limit of its own.",
        "Its log says which.",
    ),
    TroubleKind.READ_ONLY: (
        "The database is read-only: it cannot write.",
        "Let DATABASE_URL lead to the primary; after a failover target_session_attrs=read-write finds it.",
    ),
    TroubleKind.FILES: (
        "The database cannot read or write its files.",
        "Its log says which; look at its disk.",
    ),
    TroubleKind.LOST: (
        "The database does not answer: the connection was lost.",
        "Is it running? Its log says why connections end.",
    ),
    TroubleKind.BUSY: (
        "The database does not answer: no connection came free in time.",
        "Look at what takes so long there (pg_stat_activity), or give it more room.",
    ),
}
NO_WRITES: Final = frozenset(
    {TroubleKind.DISK_FULL, TroubleKind.READ_ONLY, TroubleKind.OUT_OF_MEMORY, TroubleKind.FILES, TroubleKind.EXHAUSTED}
)


def of_kind(kind: TroubleKind) -> DatabaseTrouble:
    """A `DatabaseTrouble` of which only the kind is known."""
    sentence, advice = _SENTENCES[kind]
    return DatabaseTrouble(sentence, kind=kind, advice=advice)


def of_statement(error: "Error") -> DatabaseTrouble | None:
    """The `DatabaseTrouble` behind a failed statement; None: the database is healthy and rejects the statement itself.

    Such a rejection is, for example, a lock timeout or a constraint violation. An error without an SQLSTATE means a
    lost connection.
    """
    from psycopg import OperationalError  # noqa: PLC0415 - a caller that holds an error has imported psycopg

    state = error.sqlstate
    if state is None:
        return of_kind(TroubleKind.LOST) if isinstance(error, OperationalError) else None
    kind = next((_BY_STATE[state[:end]] for end in (5, 3, 2) if state[:end] in _BY_STATE), None)
    return None if kind is None else of_kind(kind)


def of_connecting(error: "Error") -> DatabaseTrouble:
    """Why a connection could not be opened."""
    words = str(error)
    for pattern, kind in _BY_WORDS:
        if re.search(pattern, words, re.IGNORECASE):
            return of_kind(kind)
    last = (words.strip().splitlines() or ["it does not say why"])[0].rpartition("failed: ")[2]
    return DatabaseTrouble(
        f"The database refuses connections: {last}",
        kind=TroubleKind.UNREACHABLE,
        advice="Look at DATABASE_URL, and at the database's log.",
    )


def of_address() -> DatabaseTrouble:
    """A URL that psycopg cannot parse although the config accepted it; psycopg's message may contain the password."""
    return DatabaseTrouble(
        "The address of the database cannot be read.",
        kind=TroubleKind.UNREACHABLE,
        advice="Compare DATABASE_URL with the example in .env.example.",
    )


def find_connection_error(url: str, *, wait_s: int = 5) -> DatabaseTrouble | None:
    """Connect once and return the error; None: the database answers."""
    import psycopg  # noqa: PLC0415 - imported only when needed

    try:
        with psycopg.connect(url, connect_timeout=wait_s, application_name="lyceum look"):
            return None
    except psycopg.OperationalError as error:
        return of_connecting(error)
    except psycopg.ProgrammingError:
        return of_address()
