"""Gateway close codes: whether to resume the session, identify again, or stop.

Source: https://discord.com/developers/docs/topics/opcodes-and-status-codes#gateway-gateway-close-event-codes
"""

from dataclasses import dataclass
from enum import Enum, auto
from typing import Final

REFUSED: Final = 78  # our exit code, as EX_CONFIG in sysexits.h: a restart changes nothing
TOO_FEW_SHARDS: Final = 4011
OURS: Final = 4900  # the code we close with: 1000 and 1001 would end the session, others keep it for a few minutes

WRONG_CREDENTIAL: Final = (
    "Discord refused the token: copy it again from the Bot page of the developer portal into DISCORD_TOKEN."
)

_FRESH: Final = frozenset({4003, 4007, 4009})  # session invalidated, wrong sequence number, session timed out
_FATAL: Final = {
    4004: WRONG_CREDENTIAL,
    4010: "Discord refused the shard: its number must be lower than the number of shards.",
    TOO_FEW_SHARDS: "Discord wants this bot split into more shards, of at most 2,500 servers each: use --shards auto.",
    4012: "Discord no longer speaks version 10 of its gateway: this Lyceum is too old and needs an update.",
    4013: "Discord does not know the intents asked for: look whether DISCORD_GATEWAY_URL leads to the right server.",
    4014: "Discord does not allow this bot the intents asked for: look at the Bot page of the developer portal.",
}


class GatewayRefused(Exception):
    """Discord refuses the connection for good, so a retry is useless; the message is for the operator of the bot."""

    def __init__(self, sentence: str, *, code: int | None = None) -> None:
        super().__init__(sentence)
        self.code = code  # of the close frame; None: the REST API refused


class NextStep(Enum):
    """How the next connection starts its session."""

    RESUME = auto()
    IDENTIFY = auto()


@dataclass(frozen=True, slots=True)
class Disconnect:
    """Why a connection ended, and how to continue."""

    next: NextStep
    reason: str
    code: int | None = None  # None: there was no close frame
    was_established: bool = False  # READY or RESUMED was received
    wait_s: float = 0.0  # minimum wait before the next connection
    has_greeted: bool = False  # HELLO was received: the server is reachable
    is_prompt: bool = False  # Discord asked us to reconnect, and the wait it requires is over


def after_close(code: int | None) -> NextStep:
    """The next step after the server closed with `code`; None: the connection broke without a close frame.

    Unknown codes mean resume: a try costs nothing, and Discord rejects an invalid session.

    Raises:
        GatewayRefused: the code is fatal, so a retry would not help.
    """
    if code in _FATAL:
        raise GatewayRefused(f"{_FATAL[code]} (close code {code})", code=code)
    return NextStep.IDENTIFY if code in _FRESH else NextStep.RESUME
