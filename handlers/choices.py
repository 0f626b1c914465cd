"""Parses the value of a chosen option, and refuses values that Discord's clients cannot send."""

from enum import StrEnum
from typing import TypeVar

from core.errors import DomainError

Kind = TypeVar("Kind", bound=StrEnum)


class UnknownChoice(DomainError):
    """Raised for a value that is not one of the choices."""

    def __init__(self, value: str) -> None:
        super().__init__('"{value}" is not one of the choices. Pick one from the list that Discord shows.', value=value)
        self.value = value


def parse_choice(kind: type[Kind], value: str) -> Kind:
    """The enum member of `kind` with this value.

    Raises:
        UnknownChoice: there is none.
    """
    try:
        return kind(value)
    except ValueError as error:
        raise UnknownChoice(value[:100]) from error
