"""Validation helpers for embeds, components, modals and commands; errors carry the field, limit and actual value."""

import re
from collections.abc import Iterable, Sequence, Sized
from typing import Final

from wire.errors import LimitExceeded, NotAllowed
from wire.limits import CHOICE_VALUE_MAX, FILE_TYPES_MAX, LOCALES, OPTION_NUMBER_MAX

_FILE_TYPE: Final = re.compile(r"image|video|audio|\.[0-9a-z]{1,16}", re.ASCII)


def check_max(field: str, value: Sized, limit: int) -> None:
    """Raise LimitExceeded for more than `limit` characters or items."""
    if len(value) > limit:
        raise LimitExceeded(field, limit=limit, actual=len(value))


def check_length(field: str, value: Sized, minimum: int, maximum: int) -> None:
    """Raise LimitExceeded for fewer than `minimum` or more than `maximum` characters or items."""
    actual = len(value)
    if not minimum <= actual <= maximum:
        raise LimitExceeded(field, limit=minimum if actual < minimum else maximum, actual=actual)


def check_range(field: str, value: float, minimum: float, maximum: float) -> None:
    """Raise LimitExceeded for a number outside the bounds (inclusive)."""
    if not minimum <= value <= maximum:
        raise LimitExceeded(field, limit=minimum if value < minimum else maximum, actual=value)


def choice_value(value: str | float) -> None:
    """Reject a choice value that Discord would not send back unchanged (in options and autocomplete)."""
    if isinstance(value, str):
        check_length("choice.value", value, 1, CHOICE_VALUE_MAX)
    else:
        bound = OPTION_NUMBER_MAX - 1 if isinstance(value, int) else OPTION_NUMBER_MAX
        check_range("choice.value", value, -bound, bound)


def check_locales(field: str, locales: Iterable[str]) -> None:
    """Reject locale codes that Discord does not support or writes differently."""
    for locale in locales:
        if locale not in LOCALES:
            raise NotAllowed(field, f"{locale!r} is none of Discord's languages")


def file_types_json(field: str, file_types: Sequence[str]) -> list[str]:
    """File type filters as API JSON: `image`, `video`, `audio` or a lower-case extension."""
    check_max(field, file_types, FILE_TYPES_MAX)
    for file_type in file_types:
        if not _FILE_TYPE.fullmatch(file_type):
            raise NotAllowed(field, f"{file_type!r} is neither image, video, audio nor an extension such as .pdf")
    return list(file_types)
