"""Renders popovers: a user's profile, a voice channel, and the user and language selection of the page."""

from dataclasses import dataclass
from functools import cache
from typing import Final
from zoneinfo import ZoneInfo

from babel import Locale, UnknownLocaleError
from markupsafe import Markup

from core.clock import Clock
from playground.json_types import snowflake
from playground.page.drawing import draw, member_picture, picture
from playground.page.sidebars import colour_of, standing
from playground.page.view_context import ViewContext
from playground.state.lookup import NotFound
from playground.state.state import Guild, Member, Role, User, World
from playground.validation.commands import LOCALES

OFFERED: Final = 200  # maximum of members offered for a voice channel
ORDER: Final = ("Owner", "Moderator", None, "Outside", "Banned")  # sort order of the selectable users


@dataclass(frozen=True, slots=True)
class Persona:
    """A user that the viewer can switch to."""

    user: User
    name: str
    standing: str | None
    address: str


def draw_person(seat: ViewContext, world: World, number: str, clock: Clock) -> Markup:
    """Render a user's profile with the possible voice actions.

    Raises:
        NotFound: unknown user.
    """
    user = world.users.get(snowflake(number) or 0)
    if user is None:
        raise NotFound("That person is not here any more.", status=404)
    guild = seat.guild
    member = guild.members.get(user.id) if guild else None
    return draw(
        "person.html",
        seat=seat,
        user=user,
        guild=guild,
        member=member,
        name=member.display_name if member else user.display_name,
        portrait=member_picture(guild, member, size_px=128) if member and guild else picture(user, size_px=128),
        tint=colour_of(guild, member) if member and guild else 0,
        standing=standing(guild, user) if guild else None,
        roles=_roles(guild, member) if member and guild else [],
        rooms=[room for room in guild.channels.values() if room.is_voice] if guild else [],
        local=clock.now().astimezone(ZoneInfo(user.zone)),
    )


def draw_room(seat: ViewContext, number: str) -> Markup:
    """Render a voice channel with the members that can be moved to it.

    Raises:
        NotFound: unknown channel.
    """
    room = seat.guild.channels.get(snowflake(number) or 0) if seat.guild else None
    if seat.guild is None or room is None or not seat.is_inside:
        raise NotFound("That channel is not here any more.", status=404)
    members = seat.guild.members.values()
    inside = [member for member in members if member.voice and member.voice.channel == room.id]
    outside = [member for member in members if not member.voice or member.voice.channel != room.id]
    return draw("channel.html", seat=seat, guild=seat.guild, room=room, inside=inside, outside=outside[:OFFERED])


def draw_persona(seat: ViewContext, world: World) -> Markup:
    """Render the settings of the viewer: user, locale and appearance."""
    guild = seat.guild or next(iter(world.guilds.values()))
    members = [member.user for member in guild.members.values() if not member.user.is_bot and not member.is_synthetic]
    users = {user.id: user for user in (seat.user, *members, *guild.banned.values())}
    people = [_persona(seat, world, user) for user in users.values()]
    people.sort(key=lambda one: (ORDER.index(one.standing), one.name.casefold()))
    return draw("persona.html", seat=seat, people=people, languages=_languages())


def _persona(seat: ViewContext, world: World, user: User) -> Persona:
    guild = seat.guild or next(iter(world.guilds.values()))
    member = guild.members.get(user.id)
    changes = {"as": user.username, "locale": None} | ({} if seat.guild else {"channel": None})
    name = member.display_name if member else user.display_name
    return Persona(user, name, standing(guild, user), seat.query(**changes))


def _roles(guild: Guild, member: Member) -> list[Role]:
    return sorted((guild.roles[role] for role in member.roles), key=lambda role: -role.position)


@cache
def _languages() -> list[tuple[str, str]]:
    """Discord's locales with their native names."""
    found: list[tuple[str, str]] = []
    for code in LOCALES:
        try:
            name = Locale.parse(code, sep="-").get_display_name() or code
        except UnknownLocaleError:
            name = code
        found.append((code, name[:1].upper() + name[1:]))
    return sorted(found, key=lambda one: one[1].casefold())
