"""Message for operators when Discord's rate limit delays a command."""

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from wire.errors import RateLimited

COMMANDS_A_DAY: Final = 30034


def waiting(limit: "RateLimited", *, now: datetime | None = None) -> str:
    """A message with the time, in UTC, until which Discord asks to wait; says that nothing else is wrong."""
    from wire.errors import duration  # noqa: PLC0415 - the caller with the error has loaded it

    until = (now or datetime.now(UTC)) + timedelta(seconds=limit.wait_s)
    why = f" ({limit.code}: {limit.reason.removesuffix('.')})" if limit.code else ""
    if limit.code == COMMANDS_A_DAY:
        why = f" ({limit.code}: 200 new commands a day are allowed and used up)"
    return (
        f"Discord asks to wait {duration(limit.wait_s)}, until {until:%Y-%m-%d %H:%M} UTC{why}; "
        "nothing is wrong with the network or the token."
    )
