"""Builds avatar paths on Discord's CDN, relative to its root; the host is configured elsewhere.

Source: https://discord.com/developers/docs/reference#image-formatting
"""

import re
from typing import Final

from core.ids import GuildId, UserId
from wire.limits import CDN_SIZE_MAX, CDN_SIZE_MIN

_HASH: Final = re.compile(r"[0-9A-Za-z_]{1,64}", re.ASCII)


def avatar_path(
    user: UserId,
    *,
    avatar: str | None,
    guild: GuildId | None = None,
    member_avatar: str | None = None,
    size: int = 128,
) -> str | None:
    """The avatar path of a user: the guild avatar if there is one, else the user avatar; None for the default avatar.

    Args:
        user: the owner of the avatar.
        avatar: hash of the user avatar; None: no avatar.
        guild: needed for `member_avatar`.
        member_avatar: hash of the guild avatar; None: no guild avatar.
        size: pixels, a power of two from 16 to 4096.
    """
    if guild is not None and _is_hash(member_avatar):
        return f"/guilds/{guild}/users/{user}/avatars/{member_avatar}.png{_query(size)}"
    if _is_hash(avatar):
        return f"/avatars/{user}/{avatar}.png{_query(size)}"
    return None


def _is_hash(text: str | None) -> bool:
    return text is not None and _HASH.fullmatch(text) is not None


def _query(size: int) -> str:
    if not CDN_SIZE_MIN <= size <= CDN_SIZE_MAX or size & (size - 1):
        raise ValueError(f"{size} is not a power of two from {CDN_SIZE_MIN} to {CDN_SIZE_MAX}")
    return f"?size={size}"
