"""A Discord user with the names that a guild shows."""

from msgspec import Struct

from core.ids import UserId


class Person(Struct, frozen=True, gc=False):
    """The names that came with an event; they are stored, so that everyone can be shown by name."""

    user: UserId
    username: str
    global_name: str | None = None
    avatar_hash: str | None = None
    is_bot: bool = False
    nick: str | None = None  # the nickname in this guild
    member_avatar_hash: str | None = None
