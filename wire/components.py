"""Message components: buttons and selects (selects also in modals), and their JSON."""

from collections.abc import Sequence
from enum import IntEnum
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from core.ids import ChannelId, RoleId, SkuId, UserId
from wire.checks import check_length, check_max, check_range
from wire.embeds import Json, web_url
from wire.errors import LimitExceeded, NotAllowed
from wire.limits import (
    BUTTON_LABEL_MAX,
    BUTTON_URL_MAX,
    BUTTONS_MAX,
    CUSTOM_ID_MAX,
    EMOJI_NAME_MAX,
    ROWS_MAX,
    SELECT_OPTIONS_MAX,
    SELECT_PLACEHOLDER_MAX,
    SELECT_TEXT_MAX,
    SELECT_VALUES_MAX,
)


class ComponentKind(IntEnum):
    """Discord's component type numbers."""

    ROW = 1
    BUTTON = 2
    STRING_SELECT = 3
    TEXT_INPUT = 4
    USER_SELECT = 5
    ROLE_SELECT = 6
    MENTIONABLE_SELECT = 7
    CHANNEL_SELECT = 8
    SECTION = 9
    TEXT_DISPLAY = 10
    THUMBNAIL = 11
    GALLERY = 12
    FILE = 13
    SEPARATOR = 14
    CONTAINER = 17
    LABEL = 18
    FILE_UPLOAD = 19
    RADIO_GROUP = 21
    CHECKBOX_GROUP = 22
    CHECKBOX = 23


class ButtonStyle(IntEnum):
    """Button styles; link and premium buttons get theirs from their `url` or `sku`."""

    PRIMARY = 1
    SECONDARY = 2
    SUCCESS = 3
    DANGER = 4


_LINK: Final = 5
_PREMIUM: Final = 6


class Emoji(Struct, frozen=True):
    """A custom emoji of a guild or the app; Unicode emoji are plain strings."""

    name: str
    id: int
    is_animated: bool = False


class Button(Struct, frozen=True):
    """A button; has exactly one of `custom_id` (sends an interaction), `url` (link) and `sku` (purchase)."""

    label: str = ""
    style: ButtonStyle = ButtonStyle.SECONDARY
    custom_id: str | None = None
    url: str | None = None
    emoji: Emoji | str | None = None
    disabled: bool = False
    sku: SkuId | None = None


class SelectOption(Struct, frozen=True):
    """One option of a select."""

    label: str
    value: str
    description: str = ""
    emoji: Emoji | str | None = None
    default: bool = False


class _Select(Struct, frozen=True, kw_only=True):
    custom_id: str
    placeholder: str = ""
    min_values: int = 1  # 0 in a modal needs required=False
    max_values: int = 1
    disabled: bool = False  # messages only
    required: bool = True  # modals only


class StringSelect(_Select, frozen=True, kw_only=True):
    """A select with fixed options."""

    options: tuple[SelectOption, ...]


class UserSelect(_Select, frozen=True, kw_only=True):
    """A select of users."""

    defaults: tuple[UserId, ...] = ()


class RoleSelect(_Select, frozen=True, kw_only=True):
    """A select of roles."""

    defaults: tuple[RoleId, ...] = ()


class MentionableSelect(_Select, frozen=True, kw_only=True):
    """A select of users and roles."""

    default_users: tuple[UserId, ...] = ()
    default_roles: tuple[RoleId, ...] = ()


class ChannelSelect(_Select, frozen=True, kw_only=True):
    """A select of channels; `channel_types` limits their types, empty allows all."""

    channel_types: tuple[int, ...] = ()
    defaults: tuple[ChannelId, ...] = ()


_SELECT_KINDS: Final = {
    StringSelect: ComponentKind.STRING_SELECT,
    UserSelect: ComponentKind.USER_SELECT,
    RoleSelect: ComponentKind.ROLE_SELECT,
    MentionableSelect: ComponentKind.MENTIONABLE_SELECT,
    ChannelSelect: ComponentKind.CHANNEL_SELECT,
}

Select = StringSelect | UserSelect | RoleSelect | MentionableSelect | ChannelSelect
Row = tuple[Button, ...] | Select


def rows_json(rows: Sequence[Row]) -> list[Json]:
    """The action rows of a message as API JSON.

    Raises:
        InvalidPayload: a limit is exceeded, or a custom id occurs twice.
    """
    check_max("components", rows, ROWS_MAX)
    custom_ids: list[str] = []
    shapes = [row_json(row, custom_ids) for row in rows]
    distinct("components.custom_id", custom_ids)
    return shapes


def row_json(row: Row, custom_ids: list[str]) -> Json:
    """One action row as API JSON; adds its custom ids to `custom_ids`."""
    return {"type": ComponentKind.ROW.value, "components": _children_json(row, custom_ids)}


def _children_json(row: Row, custom_ids: list[str]) -> list[Json]:
    if not isinstance(row, tuple):
        custom_ids.append(row.custom_id)
        return [select_json(row)]
    check_length("components.row", row, 1, BUTTONS_MAX)
    if any(type(each) is not Button for each in row):
        raise NotAllowed("components.row", "holds buttons, or is one select by itself")
    return [button_json(button, custom_ids) for button in row]


def button_json(button: Button, custom_ids: list[str]) -> Json:
    """One button as API JSON; adds its custom id to `custom_ids`."""
    if button.custom_id is not None:
        custom_ids.append(button.custom_id)
    if (button.custom_id is None) + (button.url is None) + (button.sku is None) != 2:  # noqa: PLR2004 - one of three
        raise NotAllowed("button", "needs exactly one of custom_id, url and sku")
    shape: Json = {"type": ComponentKind.BUTTON.value}
    if button.sku is not None:
        if button.label or button.emoji is not None:
            raise NotAllowed("button", "for a purchase has neither label nor emoji")
        shape |= {"style": _PREMIUM, "sku_id": str(button.sku)}
    elif button.url is not None:
        shape |= {"style": _LINK, "url": web_url("button.url", button.url, BUTTON_URL_MAX)}
    else:
        shape |= {"style": int(button.style), "custom_id": checked_custom_id(button.custom_id or "")}
    if button.label:
        check_max("button.label", button.label, BUTTON_LABEL_MAX)
        shape["label"] = button.label
    if button.emoji is not None:
        shape["emoji"] = emoji_json(button.emoji)
    elif not button.label and button.sku is None:
        raise NotAllowed("button", "needs a label or an emoji")
    if button.disabled:
        shape["disabled"] = True
    return shape


def select_json(select: Select) -> Json:
    """A select as API JSON, for a message or a modal; a modal adds `required`."""
    check_range("select.min_values", select.min_values, 0, SELECT_VALUES_MAX)
    check_range("select.max_values", select.max_values, max(1, select.min_values), SELECT_VALUES_MAX)
    shape: Json = {
        "type": _SELECT_KINDS[type(select)].value,
        "custom_id": checked_custom_id(select.custom_id),
        "min_values": select.min_values,
        "max_values": select.max_values,
    }
    if select.placeholder:
        check_max("select.placeholder", select.placeholder, SELECT_PLACEHOLDER_MAX)
        shape["placeholder"] = select.placeholder
    if select.disabled:
        shape["disabled"] = True
    if isinstance(select, StringSelect):
        shape["options"] = _options_json(select)
        return shape
    defaults = _defaults_json(select)
    if defaults:
        check_max("select.defaults", defaults, select.max_values)
        shape["default_values"] = defaults
    if isinstance(select, ChannelSelect) and select.channel_types:
        shape["channel_types"] = list(select.channel_types)
    return shape


def _options_json(select: StringSelect) -> list[Json]:
    check_length("select.options", select.options, 1, SELECT_OPTIONS_MAX)
    distinct("select.option.value", [option.value for option in select.options])
    if select.max_values > len(select.options):
        raise LimitExceeded("select.max_values", limit=len(select.options), actual=select.max_values)
    chosen = sum(option.default for option in select.options)
    if chosen > select.max_values:
        raise LimitExceeded("select.options (defaults)", limit=select.max_values, actual=chosen)
    return [option_json(option) for option in select.options]


def option_json(option: SelectOption) -> Json:
    """One option of a select, radio group or checkbox group as API JSON."""
    check_length("select.option.label", option.label, 1, SELECT_TEXT_MAX)
    check_length("select.option.value", option.value, 1, SELECT_TEXT_MAX)
    shape: Json = {"label": option.label, "value": option.value}
    if option.description:
        check_max("select.option.description", option.description, SELECT_TEXT_MAX)
        shape["description"] = option.description
    if option.emoji is not None:
        shape["emoji"] = emoji_json(option.emoji)
    if option.default:
        shape["default"] = True
    return shape


def _defaults_json(select: UserSelect | RoleSelect | MentionableSelect | ChannelSelect) -> list[Json]:
    match select:
        case UserSelect():
            return [{"id": str(each), "type": "user"} for each in select.defaults]
        case RoleSelect():
            return [{"id": str(each), "type": "role"} for each in select.defaults]
        case ChannelSelect():
            return [{"id": str(each), "type": "channel"} for each in select.defaults]
        case _:
            users: list[Json] = [{"id": str(each), "type": "user"} for each in select.default_users]
            return users + [{"id": str(each), "type": "role"} for each in select.default_roles]


def disabled(rows: Sequence[Row]) -> tuple[Row, ...]:
    """The same rows with all buttons and selects disabled, except links."""
    return tuple(
        tuple(button if button.url else replace(button, disabled=True) for button in row)
        if isinstance(row, tuple)
        else replace(row, disabled=True)
        for row in rows
    )


def checked_custom_id(custom_id: str) -> str:
    """Return the custom id if it has 1 to 100 characters, else raise LimitExceeded."""
    check_length("custom_id", custom_id, 1, CUSTOM_ID_MAX)
    return custom_id


def distinct(field: str, values: Sequence[str]) -> None:
    """Reject duplicate values."""
    if len(set(values)) != len(values):
        raise NotAllowed(field, "must not be given twice")


def emoji_json(emoji: Emoji | str) -> Json:
    """An emoji as API JSON."""
    check_length("emoji", emoji if isinstance(emoji, str) else emoji.name, 1, EMOJI_NAME_MAX)
    if isinstance(emoji, str):
        return {"name": emoji}
    return {"id": str(emoji.id), "name": emoji.name, "animated": emoji.is_animated}
