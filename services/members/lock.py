"""Locks a member's row; every change to a member's streak days takes this lock first."""

from core.errors import DomainError
from core.ids import GuildId, UserId
from db.connection import Connection
from db.queries.members import lock as member_lock_queries


class MemberNotFound(DomainError):
    """Raised if a member is needed that has no row in this guild."""

    def __init__(self) -> None:
        super().__init__("I haven't met this member here yet. Their profile begins with their first minute in voice.")


async def lock_member(conn: Connection, guild: GuildId, user: UserId) -> None:
    """Lock this member's row until the transaction ends.

    Raises:
        MemberNotFound: there is no such member.
    """
    if not await member_lock_queries.lock_members(conn, [(guild, user)], []):
        raise MemberNotFound
