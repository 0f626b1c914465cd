"""Finds the user, guild, channel and locale named in a control request, and the commands this user may run there."""

from typing import Any, Final

from playground.http_log.deliveries import Actor
from playground.interactions import payloads
from playground.interactions.registered_commands import Commands
from playground.json_types import Json
from playground.state import permissions
from playground.state.fixtures import DEFAULT_ACTOR
from playground.state.lookup import NotFound, find_channel, find_guild, find_member, find_user, fold, listed, nearest
from playground.state.state import Channel, Guild, Member, User, World
from playground.validation import commands as kinds

DIRECT: Final = frozenset({"dm", "direct", "me"})  # "@me" stands for direct messages in Discord's own URLs
PRIVATE: Final = frozenset({"private", "group"})
ROLE, USER, CHANNEL = 1, 2, 3  # types of a command permission
INSTALLS: Final = ("guild", "user")


def find_actor(world: World, body: Json) -> Actor:
    """The actor from `as`, `guild`, `channel`, `locale` and `install`; defaults to Ada in the first guild.

    Raises:
        NotFound: a name is unknown, or the user is a bot.
    """
    name, guild_name, channel_name = body.get("as") or DEFAULT_ACTOR, body.get("guild"), body.get("channel")
    place = "" if guild_name is None else fold(str(guild_name))
    if place in DIRECT | PRIVATE:
        user = find_user(world, str(name))
        _refuse_bot(user, user.display_name)
        private = world.private_channel(user)
        if place in PRIVATE or str(channel_name) == str(private.id):
            return Actor(user, private, locale=_locale(body, user), brings_app=True)
        direct = world.direct_channel(user)
        return Actor(user, direct, locale=_locale(body, user), brings_app=_brings_app(body))
    guild = find_guild(world, None if guild_name is None else str(guild_name))
    for user in guild.banned.values():
        if fold(str(name)) in (fold(user.username), str(user.id)):
            raise NotFound(f"{user.display_name} is banned from {guild.name}.", status=403)
    member = find_member(guild, str(name))
    _refuse_bot(member.user, member.display_name)
    channel = find_channel(guild, str(channel_name)) if channel_name else world.first_text_channel(guild)
    return Actor(member.user, channel, guild, member, _locale(body, member.user), _brings_app(body))


def commands_for(actor: Actor, commands: Commands) -> list[Json]:
    """Commands of all types available in the actor's context, whether or not the actor is permitted to use them."""
    context, install = payloads.context_of(actor), int(actor.brings_app)
    return [
        one
        for one in commands.usable_in(actor.guild.id if actor.guild else None)
        if (one.get("contexts") is None or context in one["contexts"])
        and (one.get("guild_id") or install in (one.get("integration_types") or (0,)))
    ]


def may_use(actor: Actor, command: Json) -> bool:
    """Whether the guild's command permissions, or else the command's default permissions, let the actor use it."""
    needed: Any = command.get("default_member_permissions")
    if actor.guild is None or actor.member is None:
        return True
    has = permissions.of_member(actor.guild, actor.member)
    is_set = _set_by_server(actor.guild, actor.member, actor.channel, command)
    if is_set is not None:
        return is_set or has == permissions.ALL
    if needed is None:
        return True
    return not int(needed) & ~has and (int(needed) != 0 or has == permissions.ALL)


def check_permitted(actor: Actor, command: Json) -> None:
    """Refuse a command that the actor may not use.

    Raises:
        NotFound: the actor lacks permission, or the command never reaches the app.
    """
    if command["type"] == kinds.ENTRY_POINT and command.get("handler") != kinds.BY_APP:
        raise NotFound(f"Discord starts the activity itself for /{command['name']}; the app hears nothing of it.")
    if not may_use(actor, command):
        raise NotFound(f"{actor.name} may not use /{command['name']}; try as ada, who owns the server.", status=403)


def _set_by_server(guild: Guild, member: Member, channel: Channel, command: Json) -> bool | None:
    """The result of the guild's command permissions: those of the command, else those of the app; None: not set."""
    for number in (int(command["id"]), int(command["application_id"])):
        entries = guild.command_permissions.get(number, [])
        told = {(entry["type"], int(entry["id"])): entry["permission"] for entry in entries}
        where = told.get((CHANNEL, channel.id), told.get((CHANNEL, guild.id - 1)))  # guild - 1: all channels
        if where is False:
            return False
        roles = [told[ROLE, one] for one in member.roles if (ROLE, one) in told]
        for found in (told.get((USER, member.user.id)), any(roles) if roles else None, told.get((ROLE, guild.id))):
            if found is not None:
                return found
    return None


def _refuse_bot(user: User, name: str) -> None:
    if user.is_bot:
        raise NotFound(f"{name} is a bot, and bots run no commands; choose a person.")


def _locale(body: Json, user: User) -> str:
    locale = str(body.get("locale") or user.locale)
    if locale not in kinds.LOCALES:
        near = nearest(locale, sorted(kinds.LOCALES))
        raise NotFound(f'Discord has no language "{locale}"; try {listed(near)}.')
    return locale


def _brings_app(body: Json) -> bool:
    install = body.get("install", INSTALLS[0])
    if install not in INSTALLS:
        raise NotFound(f"The app is installed by a {listed(INSTALLS)}.")
    return install == INSTALLS[1]
