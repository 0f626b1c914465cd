"""Resolves users, roles, channels and choices, by name (typed input) or by id (page input)."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Final, Protocol

from playground.interactions.payloads import Resolved
from playground.json_types import Json, snowflake
from playground.state.fixtures import CATEGORY, PRIVATE_THREAD, PUBLIC_THREAD, STAGE, TEXT, VOICE
from playground.state.lookup import NotFound, find_channel, find_member, fold, listed, nearest
from playground.state.state import Channel, Guild, Role

CHANNEL_NAMES: Final = {
    TEXT: "text",
    VOICE: "voice",
    CATEGORY: "category",
    STAGE: "stage",
    PUBLIC_THREAD: "thread",
    PRIVATE_THREAD: "private thread",
}


class Picking(Protocol):
    """Resolves a reference to an id, and adds the object to the interaction's `resolved` collection."""

    @property
    def resolved(self) -> Resolved:
        """The collection that receives the objects."""
        ...

    def person(self, name: str) -> str:
        """The id of a user."""
        ...

    def role(self, name: str) -> str:
        """The id of a role."""
        ...

    def anyone(self, name: str) -> str:
        """The id of a user or role."""
        ...

    def channel(self, name: str, types: Collection[int], *, wanted_by: str) -> str:
        """The id of a channel with one of the types; an empty `types` allows all."""
        ...

    def choice(self, choices: list[Json], name: object) -> Json | None:
        """The matching choice, None if there is none."""
        ...


@dataclass(frozen=True, slots=True)
class ByName:
    """Resolves names in any case, with or without @ and #, and labels in any language."""

    resolved: Resolved

    def person(self, name: str) -> str:
        """The id of the member with that name.

        Raises:
            NotFound: there is none.
        """
        member = find_member(_guild(self.resolved), name)
        return self.resolved.add_user(member.user, member)

    def role(self, name: str) -> str:
        """The id of the role with that name.

        Raises:
            NotFound: there is none.
        """
        guild = _guild(self.resolved)
        role = _role_named(guild, name)
        if role is None:
            near = nearest(name, [one.name for one in guild.roles.values()])
            raise NotFound(f'No role here is called "{name}"; try {listed(near)}.', status=404)
        return self.resolved.add_role(role)

    def anyone(self, name: str) -> str:
        """The id of the role or member with that name.

        Raises:
            NotFound: there is none.
        """
        role = _role_named(_guild(self.resolved), name)
        return self.resolved.add_role(role) if role else self.person(name)

    def channel(self, name: str, types: Collection[int], *, wanted_by: str) -> str:
        """The id of the channel with that name.

        Raises:
            NotFound: there is none, or it has another type.
        """
        found = find_channel(_guild(self.resolved), name)
        return self.resolved.add_channel(_of_type(found, types, wanted_by=wanted_by))

    def choice(self, choices: list[Json], name: object) -> Json | None:
        """The choice or select option with that value, label or name in any language."""
        wanted = fold(str(name))
        for choice in choices:
            translated: Json = choice.get("name_localizations") or {}
            called = (choice["value"], choice.get("name"), choice.get("label"), *translated.values())
            if wanted in (fold(str(one)) for one in called if one is not None):
                return choice
        return None


@dataclass(frozen=True, slots=True)
class ById:
    """Resolves exact ids and values."""

    resolved: Resolved

    def person(self, name: str) -> str:
        """The id if it belongs to a user; in a guild, users who are not members are accepted too.

        Raises:
            NotFound: there is none.
        """
        user = self.resolved.world.users.get(snowflake(name) or 0)
        if user is None:
            raise NotFound(f"There is no user {name}.", status=404)
        guild = self.resolved.guild
        return self.resolved.add_user(user, guild.members.get(user.id) if guild else None)

    def role(self, name: str) -> str:
        """The id if it belongs to a role.

        Raises:
            NotFound: there is none.
        """
        role = _guild(self.resolved).roles.get(snowflake(name) or 0)
        if role is None:
            raise NotFound(f"There is no role {name}.", status=404)
        return self.resolved.add_role(role)

    def anyone(self, name: str) -> str:
        """The id if it belongs to a user or role.

        Raises:
            NotFound: there is none.
        """
        guild = self.resolved.guild
        is_role = guild is not None and snowflake(name) in guild.roles
        return self.role(name) if is_role else self.person(name)

    def channel(self, name: str, types: Collection[int], *, wanted_by: str) -> str:
        """The id if it belongs to a channel.

        Raises:
            NotFound: there is none, or it has another type.
        """
        found = _guild(self.resolved).room(snowflake(name) or 0)
        if found is None:
            raise NotFound(f"There is no channel {name}.", status=404)
        return self.resolved.add_channel(_of_type(found, types, wanted_by=wanted_by))

    def choice(self, choices: list[Json], name: object) -> Json | None:
        """The choice or select option with that value."""
        return next((choice for choice in choices if choice["value"] == name), None)


def _guild(resolved: Resolved) -> Guild:
    if resolved.guild is None:
        raise NotFound("In a direct message there are no members, channels and roles to name; use a server.")
    return resolved.guild


def _role_named(guild: Guild, name: str) -> Role | None:
    wanted = fold(name.removeprefix("<@&").removesuffix(">"))
    return next((role for role in guild.roles.values() if wanted in (fold(role.name), str(role.id))), None)


def _of_type(channel: Channel, types: Collection[int], *, wanted_by: str) -> Channel:
    if types and channel.type not in types:
        wanted = listed(CHANNEL_NAMES.get(kind, str(kind)) for kind in types)
        raise NotFound(f"{wanted_by} takes a {wanted} channel; {channel.name} is none.")
    return channel
