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

DIRECT: Final = "@me"  # replaces the guild id for direct messages, as in Discord's own URLs


@dataclass(frozen=True, slots=True)
class ViewContext:
    """The user, guild and channel shown in a page."""

    user: User
    member: Member | None  # None: in a direct message, or not a member of the guild
    guild: Guild | None  # None: a direct message
    channel: Channel
    locale: str
    is_banned: bool = False

    @property
    def name(self) -> str:
        """The user's display name in this context."""
        return self.member.display_name if self.member else self.user.display_name

    @property
    def is_inside(self) -> bool:
        """Whether the user may read and write here."""
        return self.guild is None or self.member is not None

    def sees(self, message: Message) -> bool:
        """Whether a message is visible in this view."""
        return self.is_inside and message.channel == self.channel.id and message.reader in (None, self.user.id)

    def at(self, channel: Channel) -> "ViewContext":
        """The same user in another channel of the same guild."""
        return replace(self, channel=channel)

    def as_json(self) -> Json:
        """The context as the query parameters that the page sends with requests."""
        return {
            "as": self.user.username,
            "guild": str(self.guild.id) if self.guild else DIRECT,
            "channel": str(self.channel.id),
            "locale": self.locale,
        }

    def query(self, **changes: object) -> str:
        """The query string for this context with changes; None removes a parameter."""
        parts = self.as_json() | changes
        return "?" + urlencode({name: value for name, value in parts.items() if value is not None}, safe="@")


def take(world: World, query: Mapping[str, str]) -> ViewContext:
    """The context from a URL's query; missing parameters get defaults.

    Raises:
        NotFound: a name or id is unknown.
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
    """Whether a member may open a channel; a private thread only for its members."""
    return channel.type != PRIVATE_THREAD or bool(channel.thread and user.id in channel.thread.joined)


def direct_rooms(world: World, user: User) -> tuple[Channel, Channel]:
    """A user's channels outside guilds: the direct message with the app, and a group without it."""
    return world.direct_channel(user), world.private_channel(user)
