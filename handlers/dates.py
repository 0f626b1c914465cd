"""Parses dates that users type, and shows the format with current dates as examples."""

from datetime import date, timedelta

from core.errors import DomainError
from handlers.feature import Deps
from services.calendar.days import Calendar

ONE_DAY = timedelta(days=1)


class NoSuchDate(DomainError):
    """Raised for text that is not a date in the expected format."""

    def __init__(self, text: str, example: date) -> None:
        super().__init__(
            'I cannot read "{text}" as a date. Write year, month and day like this: {example}.',
            text=text,
            example=example.isoformat(),
        )


def today(deps: Deps) -> date:
    """Today's date in the member's time zone and day start."""
    return Calendar(deps.member.zone_rules).date_of(deps.now)


def parse(text: str, *, example: date) -> date:
    """Parse `text` as YYYY-MM-DD; the error message shows `example`.

    Raises:
        NoSuchDate: the text is not a valid date.
    """
    parts = text.strip().split("-")
    if len(parts) != 3 or not all(part.isascii() and part.isdecimal() for part in parts):  # noqa: PLR2004 - parts of a date
        raise NoSuchDate(text[:40], example)
    try:
        return date(*(int(part) for part in parts))
    except (ValueError, OverflowError) as error:
        raise NoSuchDate(text[:40], example) from error
