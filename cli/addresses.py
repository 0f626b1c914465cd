"""Converts a listen address into a host for URLs that work on this machine."""

from typing import Final

_ANY: Final = {"": "127.0.0.1", "0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - every address, also loopback


def in_url(host: str) -> str:
    """A listen host as it is written in a URL; wildcard addresses become loopback, IPv6 gets brackets."""
    host = _ANY.get(host, host)
    return f"[{host}]" if ":" in host else host
