"""What a person at the command line is told when something does not work."""

from typing import Final

MARK: Final = "✗"  # before the sentence

# Exit codes:
FAILED: Final = 1  # it was tried and did not work
USAGE: Final = 2  # it cannot work as it was asked for
AWAY: Final = 3  # something outside did not answer; it may later


class CliError(Exception):
    """Ends a command with one sentence: what is so, and what to do next."""

    def __init__(self, sentence: str, *, code: int = FAILED) -> None:
        super().__init__(sentence)
        self.code = code
