"""Finds guilds, users, members and channels by name or id; errors suggest similar names."""

import difflib
import unicodedata
from collections.abc import Callable, Iterable
from typing import TypeVar

from playground.state.state import Channel, Guild, Member, User, World

Thing = TypeVar("Thing")


class NotFound(Exception):
    """A request that cannot be executed as written; the message says what to do instead."""

    def __init__(self, sentence: str, *, status: int = 400, field: str | None = None) -> None:
        super().__init__(sentence)
        self.status = status
        self.field = field  # name of the option or modal field with the error; None: the whole request


def find_guild(world: World, name: str | None) -> Guild:
    """The guild with that name or id; without a name, the first one.

    Raises:
        NotFound: unknown guild.
    """
    guilds = list(world.guilds.values())
    if name is None:
        return guilds[0]
    return _pick(name, guilds, lambda guild: (guild.name, str(guild.id)), what="server")


def find_user(world: World, name: str) -> User:
    """The user with that username, display name or id, with or without @, in any guild.

    Raises:
        NotFound: unknown user.
    """
    return _pick(
        name,
        world.users.values(),
        lambda person: (person.username, person.display_name, str(person.id)),
        what="person",
    )


def find_member(guild: Guild, name: str) -> Member:
    """The member with that username, display name or id, with or without @.

    Raises:
        NotFound: unknown member.
    """
    name = name.strip().removeprefix("<@").removesuffix(">") if name.strip().startswith("<@") else name
    return _pick(
        name,
        guild.members.values(),
        lambda person: (person.user.username, person.display_name, person.user.display_name, str(person.user.id)),
        what="member",
    )


def find_channel(guild: Guild, name: str, *, voice: bool = False) -> Channel:
    """The channel with that name or id, with or without #.

    Raises:
        NotFound: unknown channel, or not a voice channel if `voice` is set.
    """
    rooms = [room for room in (*guild.channels.values(), *guild.threads.values()) if room.is_voice or not voice]
    name = name.strip().removeprefix("<#").removesuffix(">") if name.strip().startswith("<#") else name
    return _pick(name, rooms, lambda room: (room.name, str(room.id)), what="voice channel" if voice else "channel")


def nearest(name: str, names: Iterable[str], *, most: int = 3) -> list[str]:
    """The most similar names, best first; the first of `names` if none is similar."""
    known = list(dict.fromkeys(names))
    folded = {fold(one): one for one in reversed(known)}
    close = difflib.get_close_matches(fold(name), list(folded), n=most, cutoff=0.4)
    return [folded[one] for one in close] or known[:most]


def listed(names: Iterable[str]) -> str:
    """Join names for a sentence: "a, b or c"."""
    all_names = list(names)
    return " or ".join(filter(None, [", ".join(all_names[:-1]), *all_names[-1:]]))


def fold(name: str) -> str:
    """Normalise a name for comparison: case, @, #, surrounding space, compatibility forms, emoji variants."""
    return unicodedata.normalize("NFKC", name).replace("\ufe0f", "").strip().lstrip("@#").strip().casefold()


def _pick(name: str, things: Iterable[Thing], names_of: Callable[[Thing], tuple[str, ...]], *, what: str) -> Thing:
    wanted = fold(name)
    known = list(things)
    for rank in range(len(names_of(known[0])) if known else 0):  # usernames take precedence over display names
        for thing in known:
            if fold(names_of(thing)[rank]) == wanted:
                return thing
    near = nearest(name, [text for thing in known[:200] for text in names_of(thing)[:-1]])
    raise NotFound(f'No {what} here is called "{name}"; try {listed(near)}.', status=404)
