"""Validates message components and modals as Discord does: rows, buttons, selects, Components V2 layouts."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import urlsplit

from playground.json_types import Json, is_list, is_object
from playground.validation.fields import Fields
from wire import limits

ROW: Final = 1
BUTTON: Final = 2
STRING_SELECT: Final = 3
TEXT_INPUT: Final = 4
USER_SELECT: Final = 5
ROLE_SELECT: Final = 6
MENTIONABLE_SELECT: Final = 7
CHANNEL_SELECT: Final = 8
SECTION: Final = 9
TEXT_DISPLAY: Final = 10
THUMBNAIL: Final = 11
GALLERY: Final = 12
FILE: Final = 13
SEPARATOR: Final = 14
CONTAINER: Final = 17
LABEL: Final = 18
FILE_UPLOAD: Final = 19
RADIO_GROUP: Final = 21
CHECKBOX_GROUP: Final = 22
CHECKBOX: Final = 23

SELECTS: Final = frozenset({STRING_SELECT, USER_SELECT, ROLE_SELECT, MENTIONABLE_SELECT, CHANNEL_SELECT})
DEFAULTS: Final = {
    USER_SELECT: ("user",),
    ROLE_SELECT: ("role",),
    MENTIONABLE_SELECT: ("user", "role"),
    CHANNEL_SELECT: ("channel",),
}  # allowed default value types of each select
LINK: Final = 5
PREMIUM: Final = 6

COMPONENTS_MAX: Final = 40  # per Components V2 message, nested ones included; components/reference
V2_TEXT_MAX: Final = 4000  # characters of all text displays together
ID_MAX: Final = 2**31 - 1
GALLERY_MAX: Final = 10


@dataclass(slots=True)
class Tally:
    """Counters over a whole message or modal."""

    filenames: frozenset[str]  # uploaded files that components may reference
    is_modal: bool = False
    custom_ids: set[str] = field(default_factory=set[str])
    ids: set[int] = field(default_factory=set[int])
    count: int = 0
    text_length: int = 0


Check = Callable[[Fields, Tally], None]


def check_legacy(parent: Fields, filenames: frozenset[str]) -> None:
    """Validate the action rows of a message without Components V2."""
    tally = Tally(filenames)
    for row in parent.objects("components", limits.ROWS_MAX):
        _check_one(row, tally, {ROW: _check_row})


def check_v2(parent: Fields, filenames: frozenset[str]) -> None:
    """Validate the components of a Components V2 message."""
    tally = Tally(filenames)
    for part in parent.objects("components", COMPONENTS_MAX):
        _check_one(part, tally, _TOP_LEVEL)
    if tally.count > COMPONENTS_MAX:
        parent.refuse(
            "components",
            "COMPONENT_MAX_TOTAL_COMPONENTS_EXCEEDED",
            f"The total number of components in a message is {COMPONENTS_MAX}",
        )
    if tally.text_length > V2_TEXT_MAX:
        parent.refuse(
            "components",
            "COMPONENT_DISPLAYABLE_TEXT_SIZE_EXCEEDED",
            f"Component displayable text size exceeds maximum size of {V2_TEXT_MAX}",
        )


def check_modal(modal: Fields) -> None:
    """Validate a modal."""
    modal.text("title", limits.MODAL_TITLE_MAX, least=1, required=True)
    modal.text("custom_id", limits.CUSTOM_ID_MAX, least=1, required=True)
    tally = Tally(frozenset(), is_modal=True)
    for part in modal.objects("components", limits.MODAL_PARTS_MAX, least=1, required=True):
        _check_one(part, tally, {ROW: _check_modal_row, LABEL: _check_label, TEXT_DISPLAY: _check_text_display})


def _check_one(part: Fields, tally: Tally, allowed: Mapping[int, Check]) -> None:
    tally.count += 1
    check = allowed.get(part.kind)
    if check is None:
        listed = ", ".join(map(str, sorted(allowed)))
        part.refuse("type", "UNION_TYPE_CHOICES", f'Value of field "type" must be one of ({listed}).')
        return
    number = part.whole("id", 0, ID_MAX)
    if number and number in tally.ids:
        part.refuse("id", "COMPONENT_ID_DUPLICATED", "Component id cannot be duplicated")
    tally.ids.add(number or 0)
    check(part, tally)


def _check_row(row: Fields, tally: Tally) -> None:
    children = row.objects("components", limits.BUTTONS_MAX, least=1, required=True)
    if len(children) > 1 and any(child.kind in SELECTS for child in children):
        row.refuse("components", "COMPONENT_LAYOUT_WIDTH_EXCEEDED", "The specified component exceeds the maximum width")
    for child in children:
        _check_one(child, tally, {BUTTON: _check_button} | dict.fromkeys(SELECTS, _check_select))


def _check_modal_row(row: Fields, tally: Tally) -> None:
    for child in row.objects("components", 1, least=1, required=True):
        child.text("label", limits.LABEL_MAX, least=1, required=True)
        _check_one(child, tally, {TEXT_INPUT: _check_text_input})


def _check_custom_id(part: Fields, tally: Tally) -> None:
    custom_id = part.text("custom_id", limits.CUSTOM_ID_MAX, least=1, required=True)
    if custom_id is None:
        return
    if custom_id in tally.custom_ids:
        part.refuse("custom_id", "COMPONENT_CUSTOM_ID_DUPLICATED", "Component custom id cannot be duplicated")
    tally.custom_ids.add(custom_id)


def _check_button(button: Fields, tally: Tally) -> None:
    style = button.choice("style", range(1, 7), required=True)
    button.text("label", limits.BUTTON_LABEL_MAX)
    button.flag("disabled")
    _check_emoji(button)
    if style == PREMIUM:
        button.require("sku_id")
        button.forbid("custom_id", "label", "url", "emoji", message="A premium button has nothing but a sku_id")
        return
    if not button.values.get("label") and not button.has("emoji"):
        button.refuse("label", "BUTTON_COMPONENT_LABEL_OR_EMOJI_REQUIRED", "A label or an emoji is required")
    button.forbid("sku_id", message="Only a premium button has a sku_id")
    if style == LINK:
        if button.require("url"):
            check_url(button, "url", most=limits.BUTTON_URL_MAX, schemes=("http", "https", "discord"))
        button.forbid("custom_id", message="A custom id and url cannot both be specified")
    else:
        button.forbid("url", message="A custom id and url cannot both be specified")
        _check_custom_id(button, tally)


def _check_emoji(part: Fields) -> None:
    emoji = part.object("emoji")
    if emoji and not emoji.id("id"):
        name = emoji.text("name", 32)
        # Unicode emoji have no ASCII letters; this is Discord's error for ":fire:" and the like.
        if not name or name.isascii():
            emoji.refuse("name", "BUTTON_COMPONENT_INVALID_EMOJI", "Invalid emoji")


def _check_select(select: Fields, tally: Tally) -> None:
    _check_custom_id(select, tally)
    select.text("placeholder", limits.SELECT_PLACEHOLDER_MAX)
    least = select.whole("min_values", 0, limits.SELECT_VALUES_MAX)
    most = select.whole("max_values", 1, limits.SELECT_VALUES_MAX)
    if least is not None and least > (1 if most is None else most):
        select.refuse("min_values", "SELECT_COMPONENT_MIN_MAX", "min_values must be at most max_values")
    if tally.is_modal:
        select.forbid("disabled", message="A component in a modal cannot be disabled")
        if least == 0 and select.values.get("required", True):
            select.refuse("min_values", "NUMBER_TYPE_MIN", "min_values must be 1 or more unless required is false")
    if select.kind == STRING_SELECT:
        _check_options(select, limits.SELECT_OPTIONS_MAX, least=1, chosen_most=1 if most is None else most)
        if most is not None and most > max(len(select.entries("options", limits.SELECT_OPTIONS_MAX)), 1):
            select.refuse("max_values", "SELECT_COMPONENT_MAX_VALUES", "max_values is more than there are options")
    else:
        _check_defaults(select, 1 if most is None else most)
    for kind in select.entries("channel_types", 20):
        if not isinstance(kind, int):
            select.form.wrong_type(select.at("channel_types"), "int")


def _check_defaults(select: Fields, most: int) -> None:
    defaults = select.objects("default_values", limits.SELECT_VALUES_MAX)
    for one in defaults:
        one.require("id")
        one.id("id")
        if one.text("type", 10, required=True) not in (None, *DEFAULTS[select.kind]):
            one.refuse("type", "BASE_TYPE_CHOICES", f"Value must be one of {DEFAULTS[select.kind]}.")
    if len(defaults) > most:
        select.refuse("default_values", "SELECT_COMPONENT_TOO_MANY_DEFAULTS", "More defaults than max_values")


def _check_options(parent: Fields, most: int, *, least: int, chosen_most: int) -> None:
    values: set[str | None] = set()
    defaults = 0
    for option in parent.objects("options", most, least=least, required=True):
        option.text("label", limits.SELECT_TEXT_MAX, least=1, required=True)
        value = option.text("value", limits.SELECT_TEXT_MAX, least=1, required=True)
        option.text("description", limits.SELECT_TEXT_MAX)
        _check_emoji(option)
        defaults += option.flag("default")
        if value in values:
            option.refuse(
                "value", "SELECT_COMPONENT_OPTION_VALUE_DUPLICATED", "The specified option value is already used"
            )
        values.add(value)
    if defaults > chosen_most:
        parent.refuse("options", "SELECT_COMPONENT_TOO_MANY_DEFAULTS", f"Only {chosen_most} options may be the default")


def _check_section(section: Fields, tally: Tally) -> None:
    for child in section.objects("components", 3, least=1, required=True):
        _check_one(child, tally, {TEXT_DISPLAY: _check_text_display})
    accessory = section.object("accessory", required=True)
    if accessory:
        _check_one(accessory, tally, {BUTTON: _check_button, THUMBNAIL: _check_thumbnail})


def _check_text_display(part: Fields, tally: Tally) -> None:
    text = part.text("content", limits.TEXT_DISPLAY_MAX, least=1, required=True)
    tally.text_length += len(text or "")


def _check_media(part: Fields, name: str, tally: Tally, *, attachments_only: bool = False) -> None:
    media = part.object(name, required=True)
    url = media.text("url", limits.EMBED_URL_MAX, required=True) if media else None
    if media is None or url is None:
        return
    if attachments_only and not url.startswith("attachment://"):
        media.refuse(
            "url", "URL_TYPE_INVALID_SCHEME", f"Scheme \"{urlsplit(url).scheme}\" must be one of ('attachment',)."
        )
        return
    check_url(media, "url", most=limits.EMBED_URL_MAX, schemes=("http", "https", "attachment"))
    if url.startswith("attachment://") and url.removeprefix("attachment://") not in tally.filenames:
        media.refuse(
            "url", "UNFURLED_MEDIA_ITEM_REFERENCED_ATTACHMENT_NOT_FOUND", "The referenced attachment was not found"
        )


def _check_thumbnail(part: Fields, tally: Tally) -> None:
    _check_media(part, "media", tally)
    part.text("description", limits.ALT_MAX)


def _check_gallery(part: Fields, tally: Tally) -> None:
    for item in part.objects("items", GALLERY_MAX, least=1, required=True):
        _check_media(item, "media", tally)
        item.text("description", limits.ALT_MAX)


def _check_file(part: Fields, tally: Tally) -> None:
    _check_media(part, "file", tally, attachments_only=True)


def _check_separator(part: Fields, _tally: Tally) -> None:
    part.flag("divider")
    part.choice("spacing", (1, 2))


def _check_container(part: Fields, tally: Tally) -> None:
    part.whole("accent_color", 0, limits.COLOUR_MAX)
    inside = {kind: check for kind, check in _TOP_LEVEL.items() if kind != CONTAINER}
    for child in part.objects("components", COMPONENTS_MAX, least=1, required=True):
        _check_one(child, tally, inside)


def _check_label(label: Fields, tally: Tally) -> None:
    label.text("label", limits.LABEL_MAX, least=1, required=True)
    label.text("description", limits.LABEL_DESCRIPTION_MAX)
    child = label.object("component", required=True)
    if child:
        if child.kind == TEXT_INPUT:
            child.forbid("label", message="A text input inside a label has no label of its own")
        _check_one(child, tally, _LABELLED)


def _check_text_input(part: Fields, tally: Tally) -> None:
    _check_custom_id(part, tally)
    part.choice("style", (1, 2), required=True)
    least = part.whole("min_length", 0, limits.TEXT_INPUT_MAX)
    most = part.whole("max_length", 1, limits.TEXT_INPUT_MAX)
    if least is not None and most is not None and least > most:
        part.refuse("min_length", "TEXT_INPUT_MIN_MAX", "min_length must be at most max_length")
    part.text("placeholder", limits.TEXT_PLACEHOLDER_MAX)
    part.text("value", limits.TEXT_INPUT_MAX if most is None else most)


def _check_amounts(part: Fields, limit: int, *, most_unsaid: int) -> int | None:
    least, most = part.whole("min_values", 0, limit), part.whole("max_values", 1, limit)
    if least is not None and least > (most_unsaid if most is None else most):
        part.refuse("min_values", "COMPONENT_MIN_MAX", "min_values must be at most max_values")
    if least == 0 and part.values.get("required", True):
        part.refuse("min_values", "NUMBER_TYPE_MIN", "min_values must be 1 or more unless required is false")
    return most


def _check_upload(part: Fields, tally: Tally) -> None:
    _check_custom_id(part, tally)
    _check_amounts(part, limits.UPLOADS_MAX, most_unsaid=1)
    for index, file_type in enumerate(part.entries("file_types", limits.FILE_TYPES_MAX)):
        if file_type not in ("image", "video", "audio") and not str(file_type).startswith("."):
            part.form.add(part.at("file_types", index), "BASE_TYPE_CHOICES", "Must be a media type or an extension.")


def _check_radio(part: Fields, tally: Tally) -> None:
    _check_custom_id(part, tally)
    _check_options(part, limits.GROUP_OPTIONS_MAX, least=limits.RADIO_OPTIONS_MIN, chosen_most=1)


def _check_checkboxes(part: Fields, tally: Tally) -> None:
    _check_custom_id(part, tally)
    most = _check_amounts(part, limits.GROUP_OPTIONS_MAX, most_unsaid=limits.GROUP_OPTIONS_MAX)
    _check_options(part, limits.GROUP_OPTIONS_MAX, least=1, chosen_most=most or limits.GROUP_OPTIONS_MAX)


def _check_checkbox(part: Fields, tally: Tally) -> None:
    _check_custom_id(part, tally)
    part.flag("default")
    part.forbid("required", message="A checkbox cannot be required; use a checkbox group with one option")


def check_url(part: Fields, name: str, *, most: int, schemes: tuple[str, ...]) -> None:
    """Validate a URL with one of the allowed schemes."""
    url = part.text(name, most)
    if url is None:
        return
    try:
        address = urlsplit(url)
    except ValueError:
        address = urlsplit("")
    if address.scheme and address.scheme not in schemes:
        part.refuse(name, "URL_TYPE_INVALID_SCHEME", f'Scheme "{address.scheme}" must be one of {schemes}.')
    elif not address.scheme or not address.netloc:
        part.refuse(name, "URL_TYPE_INVALID_URL", "Not a well formed URL.")


_TOP_LEVEL: Final[Mapping[int, Check]] = {
    ROW: _check_row,
    SECTION: _check_section,
    TEXT_DISPLAY: _check_text_display,
    GALLERY: _check_gallery,
    FILE: _check_file,
    SEPARATOR: _check_separator,
    CONTAINER: _check_container,
}
_LABELLED: Final[Mapping[int, Check]] = {
    TEXT_INPUT: _check_text_input,
    **dict.fromkeys(SELECTS, _check_select),
    FILE_UPLOAD: _check_upload,
    RADIO_GROUP: _check_radio,
    CHECKBOX_GROUP: _check_checkboxes,
    CHECKBOX: _check_checkbox,
}


def every_part(components: list[Any]) -> Iterator[Json]:
    """All components, nested ones included, in reading order."""
    for part in components:
        if is_object(part):
            yield part
            children = part.get("components")
            yield from every_part(children if is_list(children) else [])
            yield from every_part([part.get("accessory"), part.get("component")])
