"""Typed access to the options of a slash command, by name, with ids resolved to objects."""

from collections.abc import Iterable
from enum import IntEnum
from typing import Final, TypeVar, overload

from core.ids import AttachmentId, ChannelId, RoleId
from wire.errors import BadPayload
from wire.objects import Attachment, Channel, Resolved, ResolvedUser, Role
from wire.payloads import OptionPayload

T = TypeVar("T")


class OptionKind(IntEnum):
    """Discord's option type numbers."""

    SUBCOMMAND = 1
    GROUP = 2
    STRING = 3
    INTEGER = 4
    BOOLEAN = 5
    USER = 6
    CHANNEL = 7
    ROLE = 8
    MENTIONABLE = 9
    NUMBER = 10
    ATTACHMENT = 11


class _Required:
    """Sentinel type: no default was given."""


_REQUIRED: Final = _Required()


class Options:
    """The option values that a user entered.

    A scalar without a default is required, and raises BadPayload if it is absent; users, channels, roles and files are
    None if absent. Reading an option as another type than the command declares raises BadPayload too.
    """

    __slots__ = ("_by_name", "_resolved")

    def __init__(self, options: Iterable[OptionPayload], resolved: Resolved) -> None:
        self._by_name = {option.name: option for option in options}
        self._resolved = resolved

    def __contains__(self, name: str) -> bool:
        return name in self._by_name

    def __repr__(self) -> str:
        return f"Options({', '.join(self._by_name)})"

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the options that have a value, in the order of the command."""
        return tuple(self._by_name)

    @overload
    def string(self, name: str) -> str: ...
    @overload
    def string(self, name: str, *, default: T) -> str | T: ...
    def string(self, name: str, *, default: object = _REQUIRED) -> object:
        """A string option."""
        value = self._value(name, OptionKind.STRING, default)
        return value if value is default or isinstance(value, str) else _refuse(name)

    @overload
    def integer(self, name: str) -> int: ...
    @overload
    def integer(self, name: str, *, default: T) -> int | T: ...
    def integer(self, name: str, *, default: object = _REQUIRED) -> object:
        """An integer option; unvalidated in autocomplete."""
        value = self._value(name, OptionKind.INTEGER, default)
        is_integer = isinstance(value, int) and not isinstance(value, bool)
        return value if value is default or is_integer else _refuse(name)

    @overload
    def number(self, name: str) -> float: ...
    @overload
    def number(self, name: str, *, default: T) -> float | T: ...
    def number(self, name: str, *, default: object = _REQUIRED) -> object:
        """A number option as float; Discord sends whole numbers without a decimal point."""
        value = self._value(name, OptionKind.NUMBER, default)
        if isinstance(value, int) and not isinstance(value, bool):
            return float(value)
        return value if value is default or isinstance(value, float) else _refuse(name)

    @overload
    def boolean(self, name: str) -> bool: ...
    @overload
    def boolean(self, name: str, *, default: T) -> bool | T: ...
    def boolean(self, name: str, *, default: object = _REQUIRED) -> object:
        """A boolean option."""
        value = self._value(name, OptionKind.BOOLEAN, default)
        return value if value is default or isinstance(value, bool) else _refuse(name)

    def user(self, name: str) -> ResolvedUser | None:
        """A user option."""
        snowflake = self._snowflake(name, OptionKind.USER)
        return None if snowflake is None else _found(name, self._resolved.user(snowflake))

    def channel(self, name: str) -> Channel | None:
        """A channel option (channel or thread)."""
        snowflake = self._snowflake(name, OptionKind.CHANNEL)
        return None if snowflake is None else _found(name, self._resolved.channels.get(ChannelId(snowflake)))

    def role(self, name: str) -> Role | None:
        """A role option."""
        snowflake = self._snowflake(name, OptionKind.ROLE)
        return None if snowflake is None else _found(name, self._resolved.roles.get(RoleId(snowflake)))

    def mentionable(self, name: str) -> ResolvedUser | Role | None:
        """A mentionable option (user or role)."""
        snowflake = self._snowflake(name, OptionKind.MENTIONABLE)
        return None if snowflake is None else _found(name, self._resolved.mentionable(snowflake))

    def attachment(self, name: str) -> Attachment | None:
        """An attachment option."""
        snowflake = self._snowflake(name, OptionKind.ATTACHMENT)
        return None if snowflake is None else _found(name, self._resolved.attachments.get(AttachmentId(snowflake)))

    def _value(self, name: str, kind: OptionKind, default: object) -> object:
        option = self._by_name.get(name)
        if option is None:
            if default is _REQUIRED:
                raise BadPayload(f"option {name} is missing")
            return default
        if option.type != kind:
            raise BadPayload(f"option {name} is of type {option.type}, not {kind.value}")
        return option.value

    def _snowflake(self, name: str, kind: OptionKind) -> int | None:
        value = self._value(name, kind, None)
        if value is None:
            return None
        try:
            return int(str(value))
        except ValueError as error:
            raise BadPayload(f"option {name} is no id") from error


def focused(options: Iterable[OptionPayload]) -> OptionPayload:
    """The option that the user types into."""
    for option in options:
        if option.is_focused:
            return option
    raise BadPayload("no option has the focus")


def split_path(name: str, options: tuple[OptionPayload, ...]) -> tuple[str, tuple[OptionPayload, ...]]:
    """The path of a command (name, group and subcommand joined by spaces), and the options of its last level."""
    while len(options) == 1 and options[0].type <= OptionKind.GROUP:
        name = f"{name} {options[0].name}"
        options = options[0].options
    return name, options


def _found(name: str, value: T | None) -> T:
    if value is None:
        raise BadPayload(f"option {name} is not among the resolved objects")
    return value


def _refuse(name: str) -> object:
    raise BadPayload(f"option {name} has a value of another type")
