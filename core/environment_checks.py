"""Checks proxy and certificate variables of the environment that would make the HTTP clients fail.

httpx and websockets read these variables by themselves and raise from inside, on the first call.
"""

from collections.abc import Mapping
from ipaddress import ip_address
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

_PROXIES: Final = ("http_proxy", "https_proxy", "all_proxy", "ws_proxy", "wss_proxy", "socks_proxy")
_KINDS: Final = ("http", "https")


def faults(environ: Mapping[str, str]) -> list[str]:
    """Unusable variables: one sentence each, without a full stop and without the variable's value."""
    found = [fault for name in _PROXIES if (fault := _proxy_fault(environ, name))]
    if environ.get("NO_PROXY", environ.get("no_proxy", "")).strip() == "*":
        found = []
    if (file := environ.get("SSL_CERT_FILE")) and not Path(file).is_file():
        found.append("SSL_CERT_FILE names a file that is not there: name one, or take it out")
    return found


def is_loopback(url: str) -> bool:
    """Whether a URL leads to this machine, where proxies must not be used."""
    try:
        host = urlsplit(url).hostname or ""
        return host == "localhost" or host.endswith(".localhost") or ip_address(host).is_loopback
    except ValueError:
        return False


def _proxy_fault(environ: Mapping[str, str], name: str) -> str | None:
    """The error of one proxy variable; the lower-case name takes precedence over the upper-case one."""
    name = name if name in environ else name.upper()
    if not (value := environ.get(name, "").strip()):
        return None
    kind, there, _ = value.partition("://")
    kind = kind.lower() if there else "http"
    if kind.startswith("socks"):
        return f"{name} names a SOCKS proxy ({kind}://), which cannot be used: name an HTTP proxy, or take it out"
    try:
        parts = urlsplit(value if there else f"http://{value}")
        is_address = bool(parts.hostname) and (parts.port is None or parts.port > 0) and " " not in value
    except ValueError:
        is_address = False
    if kind not in _KINDS or not is_address:
        return f"{name} must be the address of an HTTP proxy, such as http://proxy.example:3128"
    return None
