"""The few checks that embeds, components, modals and commands share; each raises naming field, limit and actual."""

from collections.abc import Sized

from wire.errors import LimitExceeded
from wire.limits import CHOICE_VALUE_MAX, OPTION_NUMBER_MAX


def at_most(field: str, value: Sized, limit: int) -> None:
    """Refuse more than `limit` characters or items."""
    if len(value) > limit:
        raise LimitExceeded(field, limit=limit, actual=len(value))


def length(field: str, value: Sized, minimum: int, maximum: int) -> None:
    """Refuse less than `minimum` or more than `maximum` characters or items."""
    actual = len(value)
    if not minimum <= actual <= maximum:
        raise LimitExceeded(field, limit=minimum if actual < minimum else maximum, actual=actual)


def within(field: str, value: float, minimum: float, maximum: float) -> None:
    """Refuse a number outside the bounds."""
    if not minimum <= value <= maximum:
        raise LimitExceeded(field, limit=minimum if value < minimum else maximum, actual=value)


def choice_value(value: str | float) -> None:
    """Refuse a value that Discord would not send back as it is, in choices and suggestions."""
    if isinstance(value, str):
        length("choice.value", value, 1, CHOICE_VALUE_MAX)
    else:
        bound = OPTION_NUMBER_MAX - 1 if isinstance(value, int) else OPTION_NUMBER_MAX
        within("choice.value", value, -bound, bound)
