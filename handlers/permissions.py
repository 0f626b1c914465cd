"""Checks the permission for staff commands. Discord's own setting only hides a command; this check is the authority."""

from typing import Final

from core.errors import DomainError
from wire.interaction import InteractionBase

ADMINISTRATOR: Final = 1 << 3  # discord.com/developers/docs/topics/permissions
MANAGE_GUILD: Final = 1 << 5


class ForStaffAlone(DomainError):
    """Raised when a member without the permission uses a staff command."""

    def __init__(self) -> None:
        super().__init__("This is for people who manage the server. Ask one of them, and they can do it for you.")


def require_permission(interaction: InteractionBase) -> None:
    """Require the permission to manage the server.

    Raises:
        ForStaffAlone: the member lacks it.
    """
    member = interaction.member
    if member is None or not member.permissions & (MANAGE_GUILD | ADMINISTRATOR):
        raise ForStaffAlone
