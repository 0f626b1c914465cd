"""Checks bot tokens: accepts the fixed local token, and any token in Discord's format that contains the app's id."""

import base64
import binascii
import re
import secrets
from typing import Final

from playground.config import PlaygroundConfig

_SHAPE: Final = re.compile(r"([\w-]{8,})\.[\w-]+\.[\w-]+", re.ASCII)  # id, time and signature, each in base64


def opens(config: PlaygroundConfig, token: str) -> bool:
    """Whether a token is valid for the app.

    Some libraries read the app's id from the token, so they need a token in Discord's format; its signature is not
    checked.
    """
    return secrets.compare_digest(token.encode(), config.token.encode()) or _named(token) == config.application_id


def _named(token: str) -> int | None:
    """The app id in a token of Discord's format; None: another format."""
    found = _SHAPE.fullmatch(token)
    if not found:
        return None
    try:
        text = base64.urlsafe_b64decode(found[1] + "=" * (-len(found[1]) % 4)).decode("ascii")
    except (binascii.Error, UnicodeDecodeError):
        return None
    return int(text) if text.isdecimal() else None
