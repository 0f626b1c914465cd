"""One member at a time: the lock that every change of a member's dates takes first."""

from core.ids import GuildId, UserId
from db.connection import Connection
from db.queries import voice
from services.profiles import NotSeenYet


async def hold(conn: Connection, guild: GuildId, user: UserId) -> None:
    """Let nobody else change this member until the transaction ends.

    Raises:
        NotSeenYet: there is no such member.
    """
    if not await voice.lock_members(conn, [(guild, user)], []):
        raise NotSeenYet
