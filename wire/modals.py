"""Modals with up to five labelled fields, opened by a command or a component: types, limits and JSON.

Source: https://discord.com/developers/docs/components/reference
"""

from enum import IntEnum

from msgspec import Struct

from wire.checks import check_length, check_max, check_range, file_types_json
from wire.components import (
    ComponentKind,
    Select,
    SelectOption,
    checked_custom_id,
    distinct,
    option_json,
    select_json,
)
from wire.embeds import Json
from wire.errors import LimitExceeded, NotAllowed
from wire.layout import TextDisplay
from wire.limits import (
    GROUP_OPTIONS_MAX,
    LABEL_DESCRIPTION_MAX,
    LABEL_MAX,
    MODAL_PARTS_MAX,
    MODAL_TITLE_MAX,
    RADIO_OPTIONS_MIN,
    TEXT_DISPLAY_MAX,
    TEXT_INPUT_MAX,
    TEXT_PLACEHOLDER_MAX,
    UPLOADS_MAX,
)


class TextStyle(IntEnum):
    """Text input style: one line or a paragraph."""

    SHORT = 1
    PARAGRAPH = 2


class TextInput(Struct, frozen=True, kw_only=True):
    """A text input; lengths in characters."""

    custom_id: str
    style: TextStyle = TextStyle.SHORT
    value: str = ""  # initial text
    placeholder: str = ""
    required: bool = True
    min_length: int | None = None
    max_length: int | None = None


class RadioGroup(Struct, frozen=True, kw_only=True):
    """Radio buttons: exactly one of two to ten options; the options have no emoji."""

    custom_id: str
    options: tuple[SelectOption, ...]
    required: bool = True


class CheckboxGroup(Struct, frozen=True, kw_only=True):
    """Checkboxes: any of one to ten options."""

    custom_id: str
    options: tuple[SelectOption, ...]
    min_values: int = 1  # 0 needs required=False
    max_values: int | None = None  # None: all
    required: bool = True


class Checkbox(Struct, frozen=True, kw_only=True):
    """A single checkbox; it cannot be required (a CheckboxGroup of one option can)."""

    custom_id: str
    default: bool = False


class FileUpload(Struct, frozen=True, kw_only=True):
    """A file upload field."""

    custom_id: str
    min_values: int = 1  # 0 needs required=False
    max_values: int = 1
    required: bool = True
    file_types: tuple[str, ...] = ()  # "image", "video", "audio" or ".ext"; Discord checks the name, not the bytes


Input = TextInput | RadioGroup | CheckboxGroup | Checkbox | FileUpload | Select


class Label(Struct, frozen=True):
    """A field with its label."""

    label: str
    component: Input
    description: str = ""


class Modal(Struct, frozen=True):
    """A modal (callback type 9). Not allowed as response to a modal, nor after a deferral."""

    title: str
    custom_id: str
    parts: tuple[Label | TextDisplay, ...]


def modal_json(modal: Modal) -> Json:
    """The modal as API JSON.

    Raises:
        InvalidPayload: a limit is exceeded, or a custom id occurs twice.
    """
    check_length("modal.title", modal.title, 1, MODAL_TITLE_MAX)
    check_length("modal.parts", modal.parts, 1, MODAL_PARTS_MAX)
    distinct("modal.custom_id", [part.component.custom_id for part in modal.parts if isinstance(part, Label)])
    return {
        "title": modal.title,
        "custom_id": checked_custom_id(modal.custom_id),
        "components": [_part_json(part) for part in modal.parts],
    }


def _part_json(part: Label | TextDisplay) -> Json:
    if isinstance(part, TextDisplay):
        check_length("modal.text", part.content, 1, TEXT_DISPLAY_MAX)
        return {"type": ComponentKind.TEXT_DISPLAY.value, "content": part.content}
    check_length("label.label", part.label, 1, LABEL_MAX)
    shape: Json = {"type": ComponentKind.LABEL.value, "label": part.label, "component": _input_json(part.component)}
    if part.description:
        check_max("label.description", part.description, LABEL_DESCRIPTION_MAX)
        shape["description"] = part.description
    return shape


def _input_json(component: Input) -> Json:
    match component:
        case TextInput():
            return _text_json(component)
        case RadioGroup():
            return _radio_json(component)
        case CheckboxGroup():
            return _checkboxes_json(component)
        case Checkbox():
            shape: Json = {
                "type": ComponentKind.CHECKBOX.value,
                "custom_id": checked_custom_id(component.custom_id),
            }
            return shape | {"default": True} if component.default else shape
        case FileUpload():
            return _upload_json(component)
        case _:
            if component.disabled:
                raise NotAllowed("select.disabled", "is for messages, not for modals")
            _check_required("select", component.min_values, required=component.required)
            return select_json(component) | {"required": component.required}


def _text_json(text: TextInput) -> Json:
    shape: Json = {
        "type": ComponentKind.TEXT_INPUT.value,
        "custom_id": checked_custom_id(text.custom_id),
        "style": text.style.value,
        "required": text.required,
    }
    if text.min_length is not None:
        check_range("text.min_length", text.min_length, 0, TEXT_INPUT_MAX)
        shape["min_length"] = text.min_length
    if text.max_length is not None:
        check_range("text.max_length", text.max_length, max(1, text.min_length or 0), TEXT_INPUT_MAX)
        shape["max_length"] = text.max_length
    if text.value:
        check_length("text.value", text.value, text.min_length or 0, text.max_length or TEXT_INPUT_MAX)
        shape["value"] = text.value
    if text.placeholder:
        check_max("text.placeholder", text.placeholder, TEXT_PLACEHOLDER_MAX)
        shape["placeholder"] = text.placeholder
    return shape


def _radio_json(radio: RadioGroup) -> Json:
    check_length("radio.options", radio.options, RADIO_OPTIONS_MIN, GROUP_OPTIONS_MAX)
    return {
        "type": ComponentKind.RADIO_GROUP.value,
        "custom_id": checked_custom_id(radio.custom_id),
        "options": _group_options_json("radio", radio.options, defaults=1),
        "required": radio.required,
    }


def _checkboxes_json(group: CheckboxGroup) -> Json:
    check_length("checkboxes.options", group.options, 1, GROUP_OPTIONS_MAX)
    most = len(group.options) if group.max_values is None else group.max_values
    check_range("checkboxes.min_values", group.min_values, 0, len(group.options))
    check_range("checkboxes.max_values", most, max(1, group.min_values), len(group.options))
    _check_required("checkboxes", group.min_values, required=group.required)
    return {
        "type": ComponentKind.CHECKBOX_GROUP.value,
        "custom_id": checked_custom_id(group.custom_id),
        "options": _group_options_json("checkboxes", group.options, defaults=most),
        "min_values": group.min_values,
        "max_values": most,
        "required": group.required,
    }


def _group_options_json(field: str, options: tuple[SelectOption, ...], *, defaults: int) -> list[Json]:
    distinct(f"{field}.option.value", [option.value for option in options])
    if any(option.emoji is not None for option in options):
        raise NotAllowed(f"{field}.option.emoji", "is for selects only")
    chosen = sum(option.default for option in options)
    if chosen > defaults:
        raise LimitExceeded(f"{field}.options (defaults)", limit=defaults, actual=chosen)
    return [option_json(option) for option in options]


def _upload_json(upload: FileUpload) -> Json:
    check_range("upload.min_values", upload.min_values, 0, UPLOADS_MAX)
    check_range("upload.max_values", upload.max_values, max(1, upload.min_values), UPLOADS_MAX)
    _check_required("upload", upload.min_values, required=upload.required)
    shape: Json = {
        "type": ComponentKind.FILE_UPLOAD.value,
        "custom_id": checked_custom_id(upload.custom_id),
        "min_values": upload.min_values,
        "max_values": upload.max_values,
        "required": upload.required,
    }
    if upload.file_types:
        shape["file_types"] = file_types_json("upload.file_types", upload.file_types)
    return shape


def _check_required(field: str, minimum: int, *, required: bool) -> None:
    if required and minimum == 0:
        raise NotAllowed(f"{field}.min_values", "of 0 needs required=False")
