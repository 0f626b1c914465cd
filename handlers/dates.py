"""Reads dates as people write them."""

from datetime import date

from core.errors import DomainError


class NoSuchDate(DomainError):
    """Raised for a date that is written in another way, or is none."""

    def __init__(self, text: str) -> None:
        super().__init__(
            'I cannot read "{text}" as a date. Write year, month and day like this: 2026-11-30.', text=text
        )


def parse(text: str) -> date:
    """The date that `text` names, such as 2026-11-30.

    Raises:
        NoSuchDate: it names none.
    """
    parts = text.strip().split("-")
    if len(parts) != 3 or not all(part.isascii() and part.isdecimal() for part in parts):  # noqa: PLR2004 - of a date
        raise NoSuchDate(text[:40])
    try:
        return date(*(int(part) for part in parts))
    except (ValueError, OverflowError) as error:
        raise NoSuchDate(text[:40]) from error
