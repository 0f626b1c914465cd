"""Names of members as stored and as shown."""

from typing import Protocol

from core.ids import UserId
from core.names import first_seen
from services.members.person import Person


class HasNames(Protocol):
    """A row with the names of a member."""

    @property
    def user_id(self) -> UserId: ...
    @property
    def username(self) -> str: ...
    @property
    def global_name(self) -> str | None: ...
    @property
    def avatar_hash(self) -> str | None: ...
    @property
    def nick(self) -> str | None: ...
    @property
    def member_avatar_hash(self) -> str | None: ...


def person_from_row(row: HasNames, *, is_bot: bool = False) -> Person:
    """The Person in a row."""
    return Person(
        user=row.user_id,
        username=row.username,
        global_name=row.global_name,
        avatar_hash=row.avatar_hash,
        is_bot=is_bot,
        nick=row.nick,
        member_avatar_hash=row.member_avatar_hash,
    )


def display_name(person: Person) -> str:
    """The name that Discord shows in this guild: nickname, global name or username."""
    return first_seen(person.nick, person.global_name, person.username)


def strip_nul(name: str) -> str:
    return name.replace("\0", "")  # the one character that PostgreSQL cannot store


def strip_nul_or_none(name: str | None) -> str | None:
    return None if name is None else strip_nul(name)
