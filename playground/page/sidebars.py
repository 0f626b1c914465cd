"""Renders the sidebars: guilds, channels with voice members, member list, and the current user."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from heapq import nsmallest
from typing import Final

from markupsafe import Markup

from playground.page.drawing import draw
from playground.page.view_context import ViewContext, direct_rooms, is_open_to
from playground.state import permissions
from playground.state.fixtures import CATEGORY, STAGE
from playground.state.state import GROUP, Channel, Guild, Member, Role, User, World

IN_ROOM_SHOWN: Final = 25  # voice members listed per channel
IN_GROUP_SHOWN: Final = 60  # members listed per role
THREADS_SHOWN: Final = 10  # threads listed per channel


@dataclass(frozen=True, slots=True)
class Room:
    """A channel in the channel list."""

    channel: Channel
    kind: str  # text, voice, stage, afk or thread
    shown: list[Member]
    more: int  # number of voice members not in `shown`
    threads: list[Channel]

    @property
    def count(self) -> int:
        """The number of members in the voice channel."""
        return len(self.shown) + self.more


@dataclass(frozen=True, slots=True)
class Group:
    """Members listed under one role."""

    role: Role | None  # None: members without a role
    shown: list[Member]
    more: int

    @property
    def count(self) -> int:
        """The number of members in the group."""
        return len(self.shown) + self.more


@dataclass(frozen=True, slots=True)
class Place:
    """The header above the messages."""

    icon: str
    name: str
    topic: str


def place(seat: ViewContext, app: User) -> Place:
    """The header for the viewer's channel."""
    channel = seat.channel
    if channel.type == GROUP:
        return Place("members", "Study friends", "A group without the app; whoever has it installed brings it along.")
    if seat.guild is None:
        return Place("at", app.display_name, "Only the app and you read this.")
    if not seat.is_inside:
        return Place("banned", seat.guild.name, "")
    return Place(_kind(seat.guild, channel), channel.name, channel.topic or "")


def draw_guilds(seat: ViewContext, world: World) -> Markup:
    """Render the guild list: all guilds of the user, including those that banned them."""
    mine = [one for one in world.guilds.values() if seat.user.id in one.members or seat.user.id in one.banned]
    return draw("guilds.html", seat=seat, guilds=mine)


def draw_rooms(seat: ViewContext, world: World) -> Markup:
    """Render the channel list, or the list of direct messages."""
    if seat.guild is None:
        return draw("direct.html", seat=seat, app=world.bot, rooms=direct_rooms(world, seat.user))
    groups = _rooms(seat.guild, seat.member) if seat.member else []
    return draw("channels.html", seat=seat, guild=seat.guild, groups=groups)


def draw_members(seat: ViewContext, world: World) -> Markup:
    """Render the member list, or the participants of a direct message."""
    if seat.guild is None:
        people = [seat.user] if seat.channel.type == GROUP else [seat.user, world.bot]
        return draw("people.html", seat=seat, people=people)
    groups = _groups(seat.guild) if seat.is_inside else []
    return draw("members.html", guild=seat.guild, groups=groups, colour_of=colour_of)


def draw_me(seat: ViewContext) -> Markup:
    """Render the current user with status and voice controls."""
    return draw("me.html", seat=seat, standing=standing(seat.guild, seat.user))


def colour_of(guild: Guild, member: Member) -> int:
    """The colour of a member's name: that of the highest coloured role; 0: none."""
    coloured = [guild.roles[role] for role in member.roles if guild.roles[role].colour]
    return max(coloured, key=lambda role: role.position).colour if coloured else 0


def standing(guild: Guild | None, user: User) -> str | None:
    """A user's status in a guild as one word; None: an ordinary member."""
    if guild is None:
        return "Direct message"
    if user.id in guild.banned:
        return "Banned"
    member = guild.members.get(user.id)
    if member is None:
        return "Outside"
    if user.id == guild.owner:
        return "Owner"
    may_moderate = permissions.of_member(guild, member) & permissions.KICK_MEMBERS
    return "Moderator" if may_moderate and not user.is_bot else None


def _rooms(guild: Guild, own: Member) -> list[tuple[Channel | None, list[Room]]]:
    """The channels by category, in the guild's order."""
    seated: defaultdict[int, list[Member]] = defaultdict(list)
    for member in guild.in_voice():
        if member.voice:
            seated[member.voice.channel].append(member)
    places = sorted(guild.channels.values(), key=lambda channel: (channel.is_voice, channel.position))
    found: dict[int | None, list[Room]] = {None: []}
    found |= {channel.id: [] for channel in places if channel.type == CATEGORY}
    for channel in places:
        if channel.type != CATEGORY:
            shown, more = _first(seated[channel.id], IN_ROOM_SHOWN, own=own)
            room = Room(channel, _kind(guild, channel), shown, more, _threads(guild, channel, own))
            found.get(channel.parent, found[None]).append(room)
    return [(guild.channels[key] if key else None, rooms) for key, rooms in found.items() if rooms]


def _threads(guild: Guild, channel: Channel, own: Member) -> list[Channel]:
    """The active threads of a channel, the newest first."""
    open_here = [
        thread
        for thread in guild.threads.values()
        if thread.parent == channel.id and thread.thread and not thread.thread.is_archived
    ]
    return [thread for thread in reversed(open_here) if is_open_to(thread, own.user)][:THREADS_SHOWN]


def _kind(guild: Guild, channel: Channel) -> str:
    if channel.thread:
        return "thread"
    if channel.id == guild.afk_channel:
        return "afk"
    if channel.type == STAGE:
        return "stage"
    return "voice" if channel.is_voice else "text"


def _groups(guild: Guild) -> list[Group]:
    """The members by their highest role, highest role first."""
    found: defaultdict[int, list[Member]] = defaultdict(list)
    for member in guild.members.values():
        found[max(member.roles, key=lambda role: guild.roles[role].position, default=guild.id)].append(member)
    return [
        Group(None if role.id == guild.id else role, *_first(found[role.id], IN_GROUP_SHOWN, own=None))
        for role in sorted((guild.roles[role] for role in found), key=lambda role: -role.position)
    ]


def _first(members: Iterable[Member], most: int, *, own: Member | None) -> tuple[list[Member], int]:
    """The first members by name, always including `own`, and the number of members left out."""
    everybody = list(members)
    shown = nsmallest(most, everybody, key=lambda member: (member is not own, member.display_name.casefold()))
    shown.sort(key=lambda member: member.display_name.casefold())
    return shown, len(everybody) - len(shown)
