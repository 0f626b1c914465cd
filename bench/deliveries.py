"""Builds signed interaction requests as Discord sends them: 2.4 kB, each with its own id."""

import json
import time
from datetime import UTC, datetime
from typing import Any

from nacl.signing import SigningKey

from core.ids import snowflake_at

SIGNING_KEY = SigningKey(bytes(range(32)))
PUBLIC_KEY = SIGNING_KEY.verify_key.encode().hex()
APPLICATION_ID = 1_100_000_000_000_000_001
BODY_BYTES = 2400


def echo_command(number: int) -> dict[str, Any]:
    """Payload of `/echo text:…` in a guild, with the text padded so that the body has BODY_BYTES bytes."""
    now = datetime.now(UTC)
    user = {
        "id": "300000000000000001",
        "username": "mina",
        "global_name": "김민아",
        "discriminator": "0",
        "public_flags": 64,
        "avatar": "0f7cd1a2b3c4d5e6f708192a3b4c5d6e",
        "avatar_decoration_data": None,
        "bot": False,
        "clan": None,
        "collectibles": None,
        "display_name_styles": None,
        "primary_guild": None,
    }
    command: dict[str, Any] = {
        "app_permissions": "2248473465835073",
        "application_id": str(APPLICATION_ID),
        "attachment_size_limit": 10485760,
        "authorizing_integration_owners": {"0": "200000000000000001"},
        "context": 0,
        "entitlements": [],
        "channel": {
            "flags": 0,
            "guild_id": "200000000000000001",
            "id": "400000000000000001",
            "last_message_id": None,
            "name": "study-hall",
            "nsfw": False,
            "parent_id": "400000000000000000",
            "permissions": "2251799813685247",
            "position": 3,
            "rate_limit_per_user": 0,
            "topic": "Say what you study today",
            "type": 0,
        },
        "channel_id": "400000000000000001",
        "data": {
            "id": "500000000000000001",
            "name": "echo",
            "type": 1,
            "options": [{"name": "text", "type": 3, "value": ""}],
        },
        "guild": {"features": ["COMMUNITY", "NEWS", "SOUNDBOARD"], "id": "200000000000000001", "locale": "en-US"},
        "guild_id": "200000000000000001",
        "guild_locale": "en-US",
        "id": str(snowflake_at(now, increment=number & 0x3FFFFF)),
        "locale": "ko",
        "member": {
            "avatar": None,
            "banner": None,
            "collectibles": None,
            "communication_disabled_until": None,
            "deaf": False,
            "display_name_styles": None,
            "flags": 0,
            "joined_at": "2025-03-02T09:15:00.000000+00:00",
            "mute": False,
            "nick": "민아",
            "pending": False,
            "permissions": "2251799813685247",
            "premium_since": None,
            "roles": ["600000000000000001"],
            "unusual_dm_activity_until": None,
            "user": user,
        },
        "token": "aW50ZXJhY3Rpb24" * 12,
        "type": 2,
        "version": 1,
    }
    missing = BODY_BYTES - len(json.dumps(command, ensure_ascii=False).encode())
    command["data"]["options"][0]["value"] = "x" * missing
    return command


def ping() -> dict[str, Any]:
    """Payload of the PING that Discord sends when the endpoint URL is saved."""
    now = datetime.now(UTC)
    return {"id": str(snowflake_at(now)), "application_id": str(APPLICATION_ID), "type": 1, "token": "t", "version": 1}


def request(payload: dict[str, Any], *, path: str = "/interactions", forged: bool = False) -> bytes:
    """A complete HTTP/1.1 request, signed now; `forged` gives it an invalid signature."""
    body = json.dumps(payload, ensure_ascii=False).encode()
    timestamp = str(int(time.time()))
    signature = bytearray(SIGNING_KEY.sign(timestamp.encode() + body).signature)
    if forged:
        signature[40] ^= 1
    return (
        b"POST %s HTTP/1.1\r\nHost: 127.0.0.1\r\nUser-Agent: Discord-Interactions/1.0\r\n"
        b"Content-Type: application/json\r\nX-Signature-Ed25519: %s\r\nX-Signature-Timestamp: %s\r\n"
        b"Content-Length: %d\r\n\r\n%s" % (path.encode(), signature.hex().encode(), timestamp.encode(), len(body), body)
    )


def echo_requests(count: int, *, path: str, forged: bool = False) -> list[bytes]:
    """Requests of `count` different echo commands."""
    return [request(echo_command(number), path=path, forged=forged) for number in range(count)]
