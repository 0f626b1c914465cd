"""What a member may do, computed as Discord does."""

from typing import Final

from playground.world import Channel, Guild, Member

KICK_MEMBERS: Final = 1 << 1
ADMINISTRATOR: Final = 1 << 3
VIEW_CHANNEL: Final = 1 << 10
SEND_MESSAGES: Final = 1 << 11
EMBED_LINKS: Final = 1 << 14
ATTACH_FILES: Final = 1 << 15
MENTION_EVERYONE: Final = 1 << 17
ALL: Final = (1 << 53) - 1
DIRECT: Final = ATTACH_FILES | EMBED_LINKS | MENTION_EVERYONE  # what an app has in a direct message


def of_member(guild: Guild, member: Member) -> int:
    """The permissions of a member in the guild; its channels here have no overwrites."""
    if member.user.id == guild.owner:
        return ALL
    bits = guild.roles[guild.id].permissions
    for role in member.roles:
        bits |= guild.roles[role].permissions
    return ALL if bits & ADMINISTRATOR else bits


def of_app(guild: Guild | None, app: int, channel: Channel) -> int:
    """The permissions of the app itself where an interaction happens."""
    if guild is None or channel.guild is None:
        return DIRECT
    return of_member(guild, guild.member(app))
