"""What can go wrong between us and Discord: bytes we refuse, replies Discord would refuse, answers Discord gives.

Discord's codes: https://discord.com/developers/docs/topics/opcodes-and-status-codes#json
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Final, cast

from core.errors import ServiceUnavailable

REASONS_MAX: Final = 8  # of one answer; more are counted
REASON_CHARACTERS_MAX: Final = 160
_ERRORS: Final = "_errors"
_QUOTED: Final = re.compile(r'"[^"]{21,}"')  # longer than an id: it may be what a member wrote


class BadSignature(Exception):
    """The request is not from Discord, or too old; the reason is a few words for the log."""


class BadPayload(Exception):
    """Trusted bytes that are no interaction we understand; the reason is short and holds nothing a person wrote."""


class StaleCustomId(Exception):
    """A custom id that no button of this version carries: the message is from an older one."""


class InvalidPayload(ValueError):
    """Discord would refuse this, so we never send it; always our bug."""


class NotAllowed(InvalidPayload):
    """A rule without a number is broken; `field` names the place, `rule` says what Discord asks for."""

    def __init__(self, field: str, rule: str) -> None:
        super().__init__(f"{field}: {rule}")
        self.field = field
        self.rule = rule


class LimitExceeded(InvalidPayload):
    """A number is outside Discord's limits; `actual` is what we had, `limit` the bound it broke."""

    def __init__(self, field: str, *, limit: float, actual: float) -> None:
        word = "at most" if actual > limit else "at least"
        super().__init__(f"{field}: {actual} given, {word} {limit} allowed")
        self.field = field
        self.limit = limit
        self.actual = actual


class CustomIdTooLong(LimitExceeded):
    """A custom id does not fit; keep state in the database and only its id in the button."""


class DiscordUnavailable(ServiceUnavailable):
    """Discord did not answer, or kept answering 5xx or 429, until our patience ended."""

    def __init__(self, sentence: str, *, is_unseen: bool = False) -> None:
        super().__init__(sentence)
        self.is_unseen = is_unseen  # no attempt got as far as Discord, so that surely nothing has happened


class RateLimited(DiscordUnavailable):
    """Discord answers, and asks to wait longer than our patience; the network is fine."""

    def __init__(self, wait_s: float, *, is_unseen: bool = False) -> None:
        super().__init__(f"Discord asks us to wait {duration(wait_s)}.", is_unseen=is_unseen)
        self.wait_s = wait_s  # seconds from now
        self.code = 0  # Discord's own code of the 429, 0 when it gave none
        self.reason = ""  # Discord's own words of the 429, for developers

    def __str__(self) -> str:
        sentence = super().__str__()
        if not self.code:
            return sentence
        return f"{sentence.removesuffix('.')} (429 {self.code}: {self.reason.removesuffix('.')})."


class DiscordError(Exception):
    """Discord understood and said no; `code` is Discord's own, 0 when it gave none."""

    def __init__(self, status: int, code: int, message: str, *, details: object = None) -> None:
        super().__init__(status, code, message)
        self.status = status  # HTTP
        self.code = code
        self.message = message  # English, for developers
        self.details = details  # the `errors` tree of an invalid form, as Discord sent it

    def __str__(self) -> str:
        return self.told(self.reasons)

    @property
    def reasons(self) -> tuple[tuple[str, str], ...]:
        """Each field that Discord refuses and why: `("embeds.0.title", "Must be 256 or fewer in length.")`."""
        return tuple(_reasons(self.details, ()))

    def told(self, reasons: Sequence[tuple[str, str]]) -> str:
        """Status, code and message with `reasons` in one bounded line; the places in them may have been renamed."""
        line = f"{self.status} {self.code}: {self.message}"
        if not reasons:
            return line
        shown = [f"{place}: {message}" if place else message for place, message in reasons[:REASONS_MAX]]
        if len(reasons) > REASONS_MAX:
            shown.append(f"and {len(reasons) - REASONS_MAX} more")
        return f"{line} ({'; '.join(each.removesuffix('.') for each in shown)})"


class Unknown(DiscordError):
    """What we named does not exist (any more): forget our reference to it."""


class UnknownChannel(Unknown):
    """10003."""


class UnknownGuild(Unknown):
    """10004: deleted, or the app was removed."""


class UnknownMember(Unknown):
    """10007: the person has left the guild."""


class UnknownMessage(Unknown):
    """10008: deleted; on `@original` also: not there yet."""


class UnknownRole(Unknown):
    """10011."""


class UnknownUser(Unknown):
    """10013."""


class UnknownWebhook(Unknown):
    """10015: the interaction's token has expired, or Discord has not read our first answer yet."""


class UnknownBan(Unknown):
    """10026."""


class UnknownInteraction(Unknown):
    """10062: answered later than 3 seconds, or the token has expired."""


class UnknownCommand(Unknown):
    """10063: sync the commands again."""


class UnknownVoiceState(Unknown):
    """10065: the person is in no voice channel."""


class Denied(DiscordError):
    """We may not do this; a person with more rights has to change something first."""


class Unauthorized(Denied):
    """0 with status 401, or 40001: the token is wrong; stop using it."""


class MissingAccess(Denied):
    """50001: not in the guild, or the channel is hidden from us."""


class NotOurMessage(Denied):
    """50005: only the author may edit a message."""


class CannotDirectMessage(Denied):
    """50007: direct messages are closed or we are blocked; do not retry."""


class MissingPermissions(Denied):
    """50013: a permission is missing, or the target stands above us."""


class NoMutualGuild(Denied):
    """50278: a direct message needs a guild in common."""


class BadRequest(DiscordError):
    """What we sent is wrong in itself: our bug."""


class EmptyMessage(BadRequest):
    """50006."""


class InvalidToken(BadRequest):
    """50027: the interaction's token is malformed or has expired."""


class InvalidForm(BadRequest):
    """50035: `details` says which field and why."""


class PayloadTooLarge(BadRequest):
    """40005: the files are larger than allowed here."""


class AlreadyAnswered(DiscordError):
    """40060: this interaction has had its first answer."""


class TooManyFollowUps(DiscordError):
    """40094: at most five where the app is only installed by the user."""


class TooManyCommands(DiscordError):
    """30032: the scope is full; 30034: 200 commands created in this guild today."""


class EditTooSoon(DiscordError):
    """30046: a message older than an hour was edited too often; post a new one."""


class HiddenRateLimit(DiscordError):
    """20016, 20028, 20029, 40003: a limit that is not in the headers; wait minutes, not seconds."""


class AutoModBlocked(DiscordError):
    """200000, 200001, 240000: the guild's own filters stopped our text."""


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
    """The error for Discord's answer: by its code, else by the HTTP status, else plain."""
    kind = BY_CODE.get(code) or _BY_STATUS.get(status, DiscordError)
    return kind(status, code, message, details=details)


def duration(seconds: float) -> str:
    """A time to wait in the largest units that say enough: `40 s`, `12 min`, `15 h 5 min`."""
    whole = max(round(seconds), 0)
    if whole < 120:  # noqa: PLR2004 - up to two minutes every second counts
        return f"{whole} s"
    minutes = round(seconds / 60)
    if minutes < 60:  # noqa: PLR2004
        return f"{minutes} min"
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if minutes else f"{hours} h"


def _reasons(tree: object, path: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    """The leaves of Discord's `errors` tree, whose inner nodes are fields and list positions."""
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
