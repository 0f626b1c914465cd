"""The user, guild, channel and locale that a browser tab shows, parsed from its URL."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final
from urllib.parse import urlencode

from playground.json_types import Json, snowflake
from playground.state import lookup
from playground.state.fixtures import DEFAULT_ACTOR, PRIVATE_THREAD
from playground.state.lookup import NotFound
from playground.state.state import Channel, Guild, Member, Message, User, World
from playground.validation.commands import LOCALES

DIRECT: Final = "@me"  # stands where the id of a guild would, as in Discord's own addresses


@dataclass(frozen=True, slots=True)
class ViewContext:
    """Somebody before the page."""

    user: User
    member: Member | None  # None: in a direct message, or not a member of the guild
    guild: Guild | None  # None: a direct message
    channel: Channel
    locale: str
    is_banned: bool = False

    @property
    def name(self) -> str:
        """What the others here call them."""
        return self.member.display_name if self.member else self.user.display_name

    @property
    def is_inside(self) -> bool:
        """Whether they may read and write here."""
        return self.guild is None or self.member is not None

    def sees(self, message: Message) -> bool:
        """Whether a message stands on their page."""
        return self.is_inside and message.channel == self.channel.id and message.reader in (None, self.user.id)

    def at(self, channel: Channel) -> "ViewContext":
        """The same person in another channel of the same place."""
        return replace(self, channel=channel)

    def as_json(self) -> Json:
        """What the page says of itself when it asks for something."""
        return {
            "as": self.user.username,
            "guild": str(self.guild.id) if self.guild else DIRECT,
            "channel": str(self.channel.id),
            "locale": self.locale,
        }

    def query(self, **changes: object) -> str:
        """The address of the same seat, with changes; None takes a part away."""
        parts = self.as_json() | changes
        return "?" + urlencode({name: value for name, value in parts.items() if value is not None}, safe="@")


def take(world: World, query: Mapping[str, str]) -> ViewContext:
    """The seat that an address names; what it leaves out is chosen sensibly.

    Raises:
        NotFound: it names somebody or something that does not exist.
    """
    user = lookup.find_user(world, query.get("as") or DEFAULT_ACTOR)
    if user.is_bot:
        raise NotFound(f"{user.display_name} is a bot, and bots sit before no page; choose a person.")
    wanted = query.get("locale")
    locale = wanted if wanted in LOCALES else user.locale
    number = query.get("channel", "")
    if query.get("guild") == DIRECT:
        rooms = direct_rooms(world, user)
        channel = next((room for room in rooms if str(room.id) == number), rooms[0])
        return ViewContext(user, None, None, channel, locale)
    guild = lookup.find_guild(world, query.get("guild") or None)
    known = guild.room(snowflake(number) or 0)
    channel = known if known and is_open_to(known, user) else world.first_text_channel(guild)
    return ViewContext(user, guild.members.get(user.id), guild, channel, locale, is_banned=user.id in guild.banned)


def is_open_to(channel: Channel, user: User) -> bool:
    """Whether somebody of the guild may go there; into a private thread, only who was brought into it."""
    return channel.type != PRIVATE_THREAD or bool(channel.thread and user.id in channel.thread.joined)


def direct_rooms(world: World, user: User) -> tuple[Channel, Channel]:
    """Where somebody writes outside guilds: with the app alone, and among people to whom they bring it along."""
    return world.direct_channel(user), world.private_channel(user)
