"""Base classes of expected errors: refusals with a message for the user, and dependencies that do not respond."""

from enum import StrEnum

from core.i18n import Translator


class DomainError(Exception):
    """A refusal by a rule of the product; its message is shown to the user.

    `key` is the English message with `{named}` parameters; it is also the key into the catalogues.
    """

    def __init__(self, key: str, /, **params: object) -> None:
        super().__init__(key.format(**params))
        self.key = key
        self.params = params

    def message(self, t: Translator) -> str:
        """The message in the language of `t`."""
        return t(self.key, **self.params)


class ServiceUnavailable(Exception):
    """A dependency, the database or Discord, is unavailable or did not respond in time."""


class TroubleKind(StrEnum):
    """Kinds of database errors; values are used in metrics and logs."""

    UNREACHABLE = "unreachable"
    UNKNOWN_HOST = "unknown host"
    LOGIN = "login refused"
    NO_DATABASE = "no such database"
    TLS = "no encryption"
    STARTING = "starting up"
    DISK_FULL = "disk full"
    OUT_OF_MEMORY = "out of memory"
    TOO_MANY_CONNECTIONS = "too many connections"
    EXHAUSTED = "limit reached"
    READ_ONLY = "read-only"
    FILES = "files unusable"
    LOST = "connection lost"
    BUSY = "no free connection"


class DatabaseTrouble(ServiceUnavailable):
    """The database cannot do the work. The message is for operators; `advice` is their next step."""

    def __init__(self, sentence: str, *, kind: TroubleKind, advice: str) -> None:
        super().__init__(sentence)
        self.kind = kind
        self.advice = advice
