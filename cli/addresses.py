"""Where a server that listens on an address is reached from this machine."""

from typing import Final

_ANY: Final = {"": "127.0.0.1", "0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - every address, also loopback


def in_url(host: str) -> str:
    """A host to listen on as it stands in an address that can be opened here."""
    host = _ANY.get(host, host)
    return f"[{host}]" if ":" in host else host
