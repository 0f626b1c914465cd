"""Parses dates that users type, and shows the format with current dates as examples."""

from datetime import date, timedelta

from core.errors import DomainError
from handlers.feature import Deps
from services.calendar.days import Calendar

ONE_DAY = timedelta(days=1)


class NoSuchDate(DomainError):
    """Raised for a date that is written in another way, or is none."""

    def __init__(self, text: str, example: date) -> None:
        super().__init__(
            'I cannot read "{text}" as a date. Write year, month and day like this: {example}.',
            text=text,
            example=example.isoformat(),
        )


def today(deps: Deps) -> date:
    """The date that it is for the person who asks."""
    return Calendar(deps.member.zone_rules).date_of(deps.now)


def parse(text: str, *, example: date) -> date:
    """The date that `text` names as year, month and day; a refusal shows `example`.

    Raises:
        NoSuchDate: it names none.
    """
    parts = text.strip().split("-")
    if len(parts) != 3 or not all(part.isascii() and part.isdecimal() for part in parts):  # noqa: PLR2004 - of a date
        raise NoSuchDate(text[:40], example)
    try:
        return date(*(int(part) for part in parts))
    except (ValueError, OverflowError) as error:
        raise NoSuchDate(text[:40], example) from error
