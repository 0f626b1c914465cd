"""Exceptions of this layer: requests we reject, payloads that Discord would reject, and REST errors by Discord's code.

Discord's codes: https://discord.com/developers/docs/topics/opcodes-and-status-codes#json
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Final, cast

from core.errors import ServiceUnavailable

REASONS_MAX: Final = 8  # listed per response; the others are only counted
REASON_CHARACTERS_MAX: Final = 160
_ERRORS: Final = "_errors"
_QUOTED: Final = re.compile(r'"[^"]{21,}"')  # longer than an id, so it may be text of a member


class BadSignature(Exception):
    """The request is not signed by Discord, or too old; the message is a short reason for the log."""


class BadPayload(Exception):
    """A verified body that is not a supported interaction; the message is short and contains no user text."""


class StaleCustomId(Exception):
    """A custom id that this version does not use: the message comes from an older version."""


class InvalidPayload(ValueError):
    """A payload that Discord would reject, so it is not sent; always our bug."""


class NotAllowed(InvalidPayload):
    """A rule without a numeric limit is violated; `field` is the place, `rule` states what Discord requires."""

    def __init__(self, field: str, rule: str) -> None:
        super().__init__(f"{field}: {rule}")
        self.field = field
        self.rule = rule


class LimitExceeded(InvalidPayload):
    """A number is outside Discord's limits; `actual` is our value, `limit` the violated bound."""

    def __init__(self, field: str, *, limit: float, actual: float) -> None:
        word = "at most" if actual > limit else "at least"
        super().__init__(f"{field}: {actual} given, {word} {limit} allowed")
        self.field = field
        self.limit = limit
        self.actual = actual


class CustomIdTooLong(LimitExceeded):
    """A custom id is too long; store state in the database and put only its id into the button."""


class DiscordUnavailable(ServiceUnavailable):
    """Discord did not respond, or only with 5xx or 429, until our deadline."""

    def __init__(self, sentence: str, *, is_unseen: bool = False) -> None:
        super().__init__(sentence)
        self.is_unseen = is_unseen  # no attempt reached Discord, so nothing has happened there


class RateLimited(DiscordUnavailable):
    """Discord requires a wait that ends after our deadline; the network works."""

    def __init__(self, wait_s: float, *, is_unseen: bool = False) -> None:
        super().__init__(f"Discord asks us to wait {duration(wait_s)}.", is_unseen=is_unseen)
        self.wait_s = wait_s  # seconds from now
        self.code = 0  # Discord's error code of the 429; 0: none
        self.reason = ""  # Discord's message of the 429, for developers

    def __str__(self) -> str:
        sentence = super().__str__()
        if not self.code:
            return sentence
        return f"{sentence.removesuffix('.')} (429 {self.code}: {self.reason.removesuffix('.')})."


class DiscordError(Exception):
    """Discord rejected the request; `code` is Discord's error code, 0 if it sent none."""

    def __init__(self, status: int, code: int, message: str, *, details: object = None) -> None:
        super().__init__(status, code, message)
        self.status = status  # HTTP status
        self.code = code
        self.message = message  # English, for developers
        self.details = details  # the `errors` tree of an invalid form, as Discord sent it

    def __str__(self) -> str:
        return self.told(self.reasons)

    @property
    def reasons(self) -> tuple[tuple[str, str], ...]:
        """Each rejected field with its reason: `("embeds.0.title", "Must be 256 or fewer in length.")`."""
        return tuple(_reasons(self.details, ()))

    def told(self, reasons: Sequence[tuple[str, str]]) -> str:
        """Status, code, message and `reasons` in one line of limited length; callers may rename the fields in it."""
        line = f"{self.status} {self.code}: {self.message}"
        if not reasons:
            return line
        shown = [f"{place}: {message}" if place else message for place, message in reasons[:REASONS_MAX]]
        if len(reasons) > REASONS_MAX:
            shown.append(f"and {len(reasons) - REASONS_MAX} more")
        return f"{line} ({'; '.join(each.removesuffix('.') for each in shown)})"


class Unknown(DiscordError):
    """The object does not exist (any more): delete our reference to it."""


class UnknownChannel(Unknown):
    """10003: unknown channel."""


class UnknownGuild(Unknown):
    """10004: deleted, or the app was removed."""


class UnknownMember(Unknown):
    """10007: the user is not a member of the guild (any more)."""


class UnknownMessage(Unknown):
    """10008: deleted; for `@original` also: not created yet."""


class UnknownRole(Unknown):
    """10011: unknown role."""


class UnknownUser(Unknown):
    """10013: unknown user."""


class UnknownWebhook(Unknown):
    """10015: the interaction token has expired, or Discord has not processed our initial response yet."""


class UnknownBan(Unknown):
    """10026: unknown ban."""


class UnknownInteraction(Unknown):
    """10062: responded after more than 3 seconds, or the token has expired."""


class UnknownCommand(Unknown):
    """10063: sync the commands again."""


class UnknownVoiceState(Unknown):
    """10065: the user is in no voice channel."""


class Denied(DiscordError):
    """The app lacks a right; an administrator or the user has to change something first."""


class Unauthorized(Denied):
    """0 with status 401, or 40001: the token is wrong; stop using it."""


class MissingAccess(Denied):
    """50001: the app is not in the guild, or cannot view the channel."""


class NotOurMessage(Denied):
    """50005: only the author may edit a message."""


class CannotDirectMessage(Denied):
    """50007: the user has closed direct messages or blocked the app; do not retry."""


class MissingPermissions(Denied):
    """50013: a permission is missing, or the target has a higher role than the app."""


class NoMutualGuild(Denied):
    """50278: a direct message needs a guild in common."""


class BadRequest(DiscordError):
    """The request itself is wrong: our bug."""


class EmptyMessage(BadRequest):
    """50006: a message without content."""


class InvalidToken(BadRequest):
    """50027: the interaction's token is malformed or has expired."""


class InvalidForm(BadRequest):
    """50035: `details` contains the fields and reasons."""


class PayloadTooLarge(BadRequest):
    """40005: the files are larger than allowed here."""


class AlreadyAnswered(DiscordError):
    """40060: this interaction already has an initial response."""


class TooManyFollowUps(DiscordError):
    """40094: at most five followups where the app is installed only by the user."""


class TooManyCommands(DiscordError):
    """30032: the scope is full; 30034: 200 commands created in this guild today."""


class EditTooSoon(DiscordError):
    """30046: a message older than an hour was edited too often; post a new one."""


class HiddenRateLimit(DiscordError):
    """20016, 20028, 20029, 40003: a rate limit without headers; wait minutes, not seconds."""


class AutoModBlocked(DiscordError):
    """200000, 200001, 240000: the guild's AutoMod blocked our text."""


BY_CODE: Final[Mapping[int, type[DiscordError]]] = {
    10003: UnknownChannel,
    10004: UnknownGuild,
    10007: UnknownMember,
    10008: UnknownMessage,
    10011: UnknownRole,
    10013: UnknownUser,
    10015: UnknownWebhook,
    10026: UnknownBan,
    10062: UnknownInteraction,
    10063: UnknownCommand,
    10065: UnknownVoiceState,
    20016: HiddenRateLimit,
    20028: HiddenRateLimit,
    20029: HiddenRateLimit,
    30032: TooManyCommands,
    30034: TooManyCommands,
    30046: EditTooSoon,
    40001: Unauthorized,
    40003: HiddenRateLimit,
    40005: PayloadTooLarge,
    40060: AlreadyAnswered,
    40094: TooManyFollowUps,
    50001: MissingAccess,
    50005: NotOurMessage,
    50006: EmptyMessage,
    50007: CannotDirectMessage,
    50013: MissingPermissions,
    50027: InvalidToken,
    50035: InvalidForm,
    50278: NoMutualGuild,
    200000: AutoModBlocked,
    200001: AutoModBlocked,
    240000: AutoModBlocked,
}
_BY_STATUS: Final[Mapping[int, type[DiscordError]]] = {
    401: Unauthorized,
    403: Denied,
    404: Unknown,
    413: PayloadTooLarge,
}


def refusal(status: int, code: int, message: str, *, details: object = None) -> DiscordError:
    """The exception for an error response: by Discord's code, else by HTTP status, else DiscordError."""
    kind = BY_CODE.get(code) or _BY_STATUS.get(status, DiscordError)
    return kind(status, code, message, details=details)


def duration(seconds: float) -> str:
    """A wait time in readable units: `40 s`, `12 min`, `15 h 5 min`."""
    whole = max(round(seconds), 0)
    if whole < 120:  # noqa: PLR2004 - seconds up to two minutes
        return f"{whole} s"
    minutes = round(seconds / 60)
    if minutes < 60:  # noqa: PLR2004
        return f"{minutes} min"
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if minutes else f"{hours} h"


def _reasons(tree: object, path: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    """The leaves of Discord's `errors` tree with their paths; inner nodes are fields and list indices."""
    if not isinstance(tree, Mapping):
        return
    for key, value in cast("Mapping[object, object]", tree).items():
        if key == _ERRORS and isinstance(value, list):
            for each in cast("list[object]", value):
                yield ".".join(path), _message(each)
        else:
            yield from _reasons(value, (*path, str(key)))


def _message(leaf: object) -> str:
    if not isinstance(leaf, Mapping):
        return str(leaf)[:REASON_CHARACTERS_MAX]
    facts = cast("Mapping[str, object]", leaf)
    text = str(facts.get("message") or facts.get("code") or "no reason given")
    return _QUOTED.sub('"…"', text)[:REASON_CHARACTERS_MAX]
