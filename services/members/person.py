"""A Discord user with the names that a guild shows."""

from msgspec import Struct

from core.ids import UserId


class Person(Struct, frozen=True, gc=False):
    """The names that came with an event; they are kept so that nobody is shown as unknown."""

    user: UserId
    username: str
    global_name: str | None = None
    avatar_hash: str | None = None
    is_bot: bool = False
    nick: str | None = None  # the name in this guild
    member_avatar_hash: str | None = None
