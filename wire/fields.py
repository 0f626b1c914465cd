"""Typed access to the fields of a submitted modal, by custom id, with ids resolved to objects."""

from collections.abc import Iterable, Iterator
from typing import TypeVar

from core.ids import AttachmentId, ChannelId, RoleId
from wire.components import ComponentKind
from wire.errors import BadPayload
from wire.objects import Attachment, Channel, Resolved, ResolvedUser, Role
from wire.payloads import FieldPayload

T = TypeVar("T")


class Fields:
    """Submitted values of a modal. A field that is missing in the modal or has another type raises BadPayload."""

    __slots__ = ("_by_id", "_resolved")

    def __init__(self, components: Iterable[FieldPayload], resolved: Resolved) -> None:
        self._by_id = {each.custom_id: each for each in _flat(components)}
        self._resolved = resolved

    def __contains__(self, custom_id: str) -> bool:
        return custom_id in self._by_id

    @property
    def custom_ids(self) -> tuple[str, ...]:
        """Custom ids of all fields, from top to bottom."""
        return tuple(self._by_id)

    def text(self, custom_id: str) -> str:
        """The value of a text input; may be empty."""
        value = self._field(custom_id, ComponentKind.TEXT_INPUT).value
        if value is None or isinstance(value, str):
            return value or ""
        raise BadPayload(f"field {custom_id} has a value of another type")

    def choice(self, custom_id: str) -> str | None:
        """The selected value of a radio group, or the first of a string select; None: nothing selected."""
        field = self._field(custom_id, ComponentKind.RADIO_GROUP, ComponentKind.STRING_SELECT)
        if isinstance(field.value, bool):
            raise BadPayload(f"field {custom_id} has a value of another type")
        return field.value or next(iter(field.values), None)

    def choices(self, custom_id: str) -> tuple[str, ...]:
        """The selected values of a string select or a checkbox group."""
        return self._field(custom_id, ComponentKind.STRING_SELECT, ComponentKind.CHECKBOX_GROUP).values

    def is_checked(self, custom_id: str) -> bool:
        """Whether a checkbox is checked."""
        value = self._field(custom_id, ComponentKind.CHECKBOX).value
        if isinstance(value, bool):
            return value
        raise BadPayload(f"field {custom_id} has a value of another type")

    def users(self, custom_id: str) -> tuple[ResolvedUser, ...]:
        """The users selected in a user select."""
        return users(self._field(custom_id, ComponentKind.USER_SELECT).values, self._resolved)

    def roles(self, custom_id: str) -> tuple[Role, ...]:
        """The roles selected in a role select."""
        return roles(self._field(custom_id, ComponentKind.ROLE_SELECT).values, self._resolved)

    def mentionables(self, custom_id: str) -> tuple[ResolvedUser | Role, ...]:
        """The users and roles selected in a mentionable select."""
        return mentionables(self._field(custom_id, ComponentKind.MENTIONABLE_SELECT).values, self._resolved)

    def channels(self, custom_id: str) -> tuple[Channel, ...]:
        """The channels selected in a channel select."""
        return channels(self._field(custom_id, ComponentKind.CHANNEL_SELECT).values, self._resolved)

    def attachments(self, custom_id: str) -> tuple[Attachment, ...]:
        """The files of an upload field."""
        values = self._field(custom_id, ComponentKind.FILE_UPLOAD).values
        return tuple(_found(self._resolved.attachments.get(AttachmentId(each))) for each in _snowflakes(values))

    def _field(self, custom_id: str, *kinds: ComponentKind) -> FieldPayload:
        field = self._by_id.get(custom_id)
        if field is None:
            raise BadPayload(f"field {custom_id} is missing")
        if field.type not in kinds:
            raise BadPayload(f"field {custom_id} is of type {field.type}")
        return field


def users(values: Iterable[str], resolved: Resolved) -> tuple[ResolvedUser, ...]:
    """The users of the ids, from the resolved objects."""
    return tuple(_found(resolved.user(each)) for each in _snowflakes(values))


def roles(values: Iterable[str], resolved: Resolved) -> tuple[Role, ...]:
    """The roles of the ids, from the resolved objects."""
    return tuple(_found(resolved.roles.get(RoleId(each))) for each in _snowflakes(values))


def mentionables(values: Iterable[str], resolved: Resolved) -> tuple[ResolvedUser | Role, ...]:
    """The users and roles of the ids, from the resolved objects."""
    return tuple(_found(resolved.mentionable(each)) for each in _snowflakes(values))


def channels(values: Iterable[str], resolved: Resolved) -> tuple[Channel, ...]:
    """The channels of the ids, from the resolved objects."""
    return tuple(_found(resolved.channels.get(ChannelId(each))) for each in _snowflakes(values))


def _flat(components: Iterable[FieldPayload]) -> Iterator[FieldPayload]:
    for each in components:
        if each.component is not None:
            yield each.component
        elif each.components:
            yield from each.components
        elif each.custom_id:
            yield each


def _snowflakes(values: Iterable[str]) -> Iterator[int]:
    for value in values:
        try:
            yield int(value)
        except ValueError as error:
            raise BadPayload("a chosen value is no id") from error


def _found(value: T | None) -> T:
    if value is None:
        raise BadPayload("a chosen value is not among the resolved objects")
    return value
