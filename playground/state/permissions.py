"""Computes permissions of members and of the app as Discord does, and refuses actions that lack them."""

from typing import Final

from playground.errors import Refusal
from playground.state.fixtures import STAGE, TEXT, VOICE
from playground.state.state import Channel, Guild, Member

KICK_MEMBERS: Final = 1 << 1
ADMINISTRATOR: Final = 1 << 3
ADD_REACTIONS: Final = 1 << 6
VIEW_CHANNEL: Final = 1 << 10
SEND_MESSAGES: Final = 1 << 11
MANAGE_MESSAGES: Final = 1 << 13
EMBED_LINKS: Final = 1 << 14
ATTACH_FILES: Final = 1 << 15
MENTION_EVERYONE: Final = 1 << 17
MANAGE_WEBHOOKS: Final = 1 << 29
MANAGE_THREADS: Final = 1 << 34
CREATE_PUBLIC_THREADS: Final = 1 << 35
CREATE_PRIVATE_THREADS: Final = 1 << 36
SEND_IN_THREADS: Final = 1 << 38
PIN_MESSAGES: Final = 1 << 51
ALL: Final = (1 << 53) - 1
DIRECT: Final = ATTACH_FILES | EMBED_LINKS | MENTION_EVERYONE  # the app's permissions in direct messages


def of_member(guild: Guild, member: Member) -> int:
    """The permissions of a member in the guild; channels have no overwrites here."""
    if member.user.id == guild.owner:
        return ALL
    bits = guild.roles[guild.id].permissions
    for role in member.roles:
        bits |= guild.roles[role].permissions
    return ALL if bits & ADMINISTRATOR else bits


def check_writing(has: int, channel: Channel, *, more: int = 0) -> None:
    """Refuse a message in a guild channel without permission; `more` are additionally required permissions.

    Raises:
        Refusal: not a text channel (50008), permission missing (50013), thread locked (160005).
    """
    thread = channel.thread
    if thread is None and channel.type not in (TEXT, VOICE, STAGE):
        raise Refusal(400, 50008, "Cannot send messages in a non-text channel")
    if ((SEND_IN_THREADS if thread else SEND_MESSAGES) | more) & ~has:
        raise Refusal(403, 50013, "Missing Permissions")
    if thread and thread.is_locked and not has & MANAGE_THREADS:
        raise Refusal(400, 160005, "Thread is locked")


def of_app(guild: Guild | None, app: int, channel: Channel) -> int:
    """The app's permissions in an interaction's channel."""
    if guild is None or channel.guild is None:
        return DIRECT
    return of_member(guild, guild.member(app))


def check_app(guild: Guild | None, app: int, needed: int) -> None:
    """Refuse an action if the app lacks `needed` in the guild; always allowed in direct messages (`guild` None).

    Raises:
        Refusal: permission missing (50013).
    """
    if guild is not None and needed & ~of_member(guild, guild.member(app)):
        raise Refusal(403, 50013, "Missing Permissions")
