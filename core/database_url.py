"""Validates a database URL and explains what is wrong without repeating it, because it holds a password.

libpq would report most of it too, but only on the first connection, only in the log, and in messages that may repeat
the password. No driver is loaded: a process that only answers pings reads its config with this.
"""

import re
from collections.abc import Mapping
from typing import Final
from urllib.parse import unquote_to_bytes

SCHEMES: Final = ("postgresql://", "postgres://")
_PARAMETERS: Final = """
    application_name channel_binding client_encoding connect_timeout dbname fallback_application_name gssdelegation
    gssencmode gsslib host hostaddr keepalives keepalives_count keepalives_idle keepalives_interval krbsrvname
    load_balance_hosts max_protocol_version min_protocol_version oauth_client_id oauth_client_secret oauth_issuer
    oauth_scope options passfile password port replication require_auth requirepeer scram_client_key scram_server_key
    service ssl_max_protocol_version ssl_min_protocol_version sslcert sslcertmode sslcompression sslcrl sslcrldir sslkey
    sslkeylogfile sslmode sslnegotiation sslpassword sslrootcert sslsni target_session_attrs tcp_user_timeout user
"""  # from libpq 18: www.postgresql.org/docs/current/libpq-connect.html#LIBPQ-PARAMKEYWORDS
PARAMETERS: Final = frozenset(_PARAMETERS.split())
SSL_MODES: Final = ("disable", "allow", "prefer", "require", "verify-ca", "verify-full")

_PORT_MAX: Final = 65_535
_NUMBERS: Final = ("connect_timeout", "keepalives_idle", "keepalives_interval", "keepalives_count", "tcp_user_timeout")
_NAME: Final = re.compile(r"[A-Za-z0-9_.-]{1,40}")  # a parameter name that is safe to show in an error
_BAD_PERCENT: Final = re.compile(r"%(?![0-9A-Fa-f]{2})|%00")


def faults(url: str, environ: Mapping[str, str]) -> list[str]:
    """Errors in `url`, each as the end of a sentence that begins with the variable's name.

    Args:
        url: not empty.
        environ: libpq's variables, which supply what the URL leaves out.
    """
    scheme = next((each for each in SCHEMES if url.startswith(each)), None)
    if scheme is None:
        if re.match(r"postgres(ql)?\+\w+://", url):
            return ["must begin with postgresql://: take out the + and the name of the driver behind it"]
        return ["must begin with postgresql://"]
    if re.search(r"[\s\x00-\x1f\x7f]", url):
        return ["has a space or a line break in it: write a space as %20"]
    if _BAD_PERCENT.search(url):
        return ["has a % that stands for no character: write % itself as %25"]
    return _faults_of_parts(url.removeprefix(scheme), environ)


def _faults_of_parts(rest: str, environ: Mapping[str, str]) -> list[str]:
    """Errors in a URL, split as libpq does: the first @ before a slash ends the user; the first ? starts the query."""
    before, at, behind = rest.partition("@")
    if not at or "/" in before:
        before, behind = "", rest
    place, _, query = behind.partition("?")
    hosts, _, database = place.partition("/")
    parameters, found = _parameters(query)
    for host in hosts.split(","):
        found += _faults_of_host(host)
    if not (database or {"dbname", "service"} & parameters.keys() or environ.get("PGDATABASE")):
        found.append("names no database: end it with a slash and the name, such as /lyceum")
    return list(dict.fromkeys(found))


def _faults_of_host(text: str) -> list[str]:
    if "@" in text:
        return ["has two @ in it: write the one in the password as %40"]
    if text.startswith("["):
        host, bracket, port = text.partition("]")
        if not bracket or not host[1:] or (port and not port.startswith(":")):
            return ["has an IPv6 address that is not written as [address]"]
    else:
        _, _, port = text.partition(":")
    port = port.removeprefix(":")
    if port and not (port.isascii() and port.isdigit() and 0 < int(port) <= _PORT_MAX):
        return [f"must have a port from 1 to {_PORT_MAX}, or a / in the password that is written as %2F"]
    return []


def _parameters(query: str) -> tuple[dict[str, str], list[str]]:
    """The query parameters, and the errors in them."""
    given: dict[str, str] = {}
    found: list[str] = []
    strangers: list[str] = []
    for part in query.split("&") if query else []:
        raw_name, equals, raw_value = part.partition("=")
        name, value = _decoded(raw_name), _decoded(raw_value)
        if not equals or "=" in raw_value:
            found.append("has a parameter behind the ? that is not written as name=value")
        elif name not in PARAMETERS and (name, value) != ("ssl", "true"):  # libpq accepts ssl=true as sslmode=require
            strangers.append(name if _NAME.fullmatch(name) else "one with an unusual name")
        else:
            given[name] = value
    if strangers:
        what, them = ("a parameter", "it") if len(strangers) == 1 else ("parameters", "them")
        found.append(f"has {what} that PostgreSQL does not know ({', '.join(strangers)}): take {them} out")
    if given.get("sslmode", "prefer") not in SSL_MODES:
        found.append(f"has an sslmode that is none of {', '.join(SSL_MODES)}")
    found += [f"has a {name} that is no number" for name in _NUMBERS if not _is_number(given.get(name, "0"))]
    ports = given.get("port", "").split(",")
    if any(port and not (_is_number(port) and 0 < int(port) <= _PORT_MAX) for port in ports):
        found.append(f"must have a port from 1 to {_PORT_MAX}")
    return given, found


def _decoded(text: str) -> str:
    return unquote_to_bytes(text).decode(errors="replace")


def _is_number(text: str) -> bool:
    return text.isascii() and text.removeprefix("-").isdigit()
