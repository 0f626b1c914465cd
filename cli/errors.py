"""CliError and the exit codes of the `lyceum` command."""

from typing import Final

MARK: Final = "✗"  # printed before the message

# Exit codes:
FAILED: Final = 1  # the operation failed
USAGE: Final = 2  # wrong usage
AWAY: Final = 3  # a database or a server did not answer; retry later


class CliError(Exception):
    """Ends a command with a message: the cause and the next step."""

    def __init__(self, sentence: str, *, code: int = FAILED) -> None:
        super().__init__(sentence)
        self.code = code
