"""Finding the button, menu or field that a person means, and what Discord would send for using it."""

from collections.abc import Iterator
from typing import Any, Final

from playground import check_components as parts
from playground.jsons import Json, is_list, is_object
from playground.naming import Puzzled, find_channel, find_member, fold, listed, nearest
from playground.payloads import Resolved
from playground.world import Attachment, Guild, Message

TEXTS: Final = frozenset({parts.TEXT_INPUT})
LISTS: Final = parts.SELECTS | {parts.CHECKBOX_GROUP}


def every_part(components: list[Any]) -> Iterator[Json]:
    """All components, nested ones included, in reading order."""
    for part in components:
        if is_object(part):
            yield part
            children = part.get("components")
            yield from every_part(children if is_list(children) else [])
            yield from every_part([part.get("accessory"), part.get("component")])


def buttons_of(message: Message) -> list[Json]:
    """All buttons of a message, in reading order."""
    return [part for part in every_part(message.components) if part.get("type") == parts.BUTTON]


def find_button(message: Message, name: str) -> Json | None:
    """The button with that label, emoji or custom id, or the only one whose label has that in it; None: there is none.

    Raises:
        Puzzled: it is switched off, or only opens an address.
    """
    wanted, buttons = fold(name), buttons_of(message)
    called = [button for button in buttons if wanted in (fold(one) for one in button_names(button))]
    alike = [button for button in buttons if wanted in fold(str(button.get("label") or ""))]
    found = called[:1] or (alike if len(alike) == 1 else [])
    if not found:
        return None
    if found[0].get("disabled"):
        raise Puzzled(f"The button {name} is switched off.", status=409)
    if found[0].get("url"):
        raise Puzzled(f"The button {name} opens {found[0]['url']} and sends nothing.")
    return found[0]


def button_names(button: Json) -> list[str]:
    """What a button may be called: label, emoji, custom id."""
    emoji: Json = button.get("emoji") or {}
    names = [button.get("label"), emoji.get("name"), button.get("custom_id")]
    return [str(name) for name in names if name]


def find_select(message: Message, name: str | None) -> Json:
    """The menu with that placeholder or custom id; without a name the only one.

    Raises:
        Puzzled: there is none, or more than one fits.
    """
    selects = [part for part in every_part(message.components) if part.get("type") in parts.SELECTS]
    named = [
        select
        for select in selects
        if not name or fold(name) in (fold(str(select.get("placeholder", ""))), fold(str(select["custom_id"])))
    ]
    if len(named) == 1:
        return named[0]
    if not selects:
        raise Puzzled("That reply has no menu to choose from.", status=404)
    raise Puzzled(f"Say which menu: {listed(str(one.get('placeholder') or one['custom_id']) for one in selects)}.")


def choose(select: Json, wanted: list[str], guild: Guild | None, resolved: Resolved) -> list[str]:
    """The values of a menu for what a person names.

    Raises:
        Puzzled: something is no option, or too few or too many are chosen.
    """
    least, most = int(select.get("min_values", 1)), int(select.get("max_values", 1))
    if not least <= len(wanted) <= most:
        raise Puzzled(f"Choose {least} to {most} here; these are {len(wanted)}.")
    if select["type"] == parts.STRING_SELECT:
        return [_option(select, word) for word in wanted]
    if guild is None:
        raise Puzzled("In a direct message there is nobody to choose.")
    return [_entity(int(select["type"]), word, guild, resolved) for word in wanted]


def fill_modal(
    modal: Json, given: dict[str, Any], *, guild: Guild | None, resolved: Resolved, files: dict[str, Attachment]
) -> list[Json]:
    """The components of a submitted modal, out of fields named by label or custom id.

    Raises:
        Puzzled: a field is unknown, missing or too long.
    """
    left = {fold(name): value for name, value in given.items()}
    filled: list[Json] = []
    for number, part in enumerate(modal["components"], start=1):
        shape: Json = {"type": part["type"], "id": part.get("id") or number}
        if part["type"] == parts.LABEL:
            field = part["component"]
            value = _take(left, part.get("label"), field)
            inner = _filled(field, part.get("label"), value, guild=guild, resolved=resolved, files=files)
            shape["component"] = inner | {"id": field.get("id") or number + 100}
        elif part["type"] == parts.ROW:
            field = part["components"][0]
            value = _take(left, field.get("label"), field)
            inner = _filled(field, field.get("label"), value, guild=guild, resolved=resolved, files=files)
            shape["components"] = [inner | {"id": field.get("id") or number + 100}]
        filled.append(shape)
    if left:
        names = [name for part in modal["components"] for name in _field_names(part)]
        raise Puzzled(f'The form has no field "{next(iter(left))}"; it has {listed(names)}.')
    return filled


def _take(left: dict[str, Any], label: str | None, field: Json) -> Any:
    for name in (label, field.get("custom_id")):
        if name is not None and fold(str(name)) in left:
            return left.pop(fold(str(name)))
    return None


def _field_names(part: Json) -> list[str]:
    if part["type"] == parts.LABEL:
        return [str(part["label"])]
    return [str(child.get("label") or child.get("custom_id")) for child in part.get("components", [])]


def _filled(
    field: Json,
    label: object,
    value: Any,
    *,
    guild: Guild | None,
    resolved: Resolved,
    files: dict[str, Attachment],
) -> Json:
    kind = field["type"]
    shape: Json = {"type": kind, "custom_id": field["custom_id"]}
    is_required = field.get("required", True)
    if kind in TEXTS or kind == parts.CHECKBOX:
        is_text = kind in TEXTS
        return shape | {
            "value": _text(field, label, value, is_required=is_required) if is_text else _ticked(field, value)
        }
    if value is None:
        return shape | _preset(field, label, is_required=is_required)
    values: list[Any] = value if is_list(value) else [value]
    wanted = [str(one) for one in values]
    if kind == parts.RADIO_GROUP:
        return shape | {"value": _option(field, wanted[0])}
    if kind == parts.FILE_UPLOAD:
        return shape | {"values": _uploaded(label, wanted, resolved, files)}
    if kind == parts.CHECKBOX_GROUP:
        return shape | {"values": [_option(field, word) for word in wanted]}
    return shape | {"values": choose(field, wanted, guild, resolved)}


def _preset(field: Json, label: object, *, is_required: bool) -> Json:
    options: list[Json] = field.get("options") or []
    chosen = [str(one["value"]) for one in options if one.get("default")]
    if is_required and not chosen:
        raise Puzzled(f'Fill in the field "{label}".')
    if field["type"] == parts.RADIO_GROUP:
        return {"value": chosen[0] if chosen else None}
    return {"values": chosen}


def _uploaded(label: object, names: list[str], resolved: Resolved, files: dict[str, Attachment]) -> list[str]:
    for name in names:
        if name not in files:
            raise Puzzled(f'No file "{name}" was sent along for the field "{label}".')
    return [resolved.add_attachment(files[name]) for name in names]


def _ticked(field: Json, value: Any) -> bool:
    return bool(field.get("default")) if value is None else value in (True, "true", "yes", "on")


def _text(field: Json, label: object, value: Any, *, is_required: bool) -> str:
    text = str(field.get("value") or "") if value is None else str(value)
    least, most = int(field.get("min_length") or 0), int(field.get("max_length") or 4000)
    if not text and is_required:
        raise Puzzled(f'Fill in the field "{label}".')
    if text and not least <= len(text) <= most:
        raise Puzzled(f'The field "{label}" takes {least} to {most} characters; this is {len(text)}.')
    return text


def _option(select: Json, word: str) -> str:
    options: list[Json] = select["options"]
    for option in options:
        if fold(word) in (fold(str(option["label"])), fold(str(option["value"]))):
            return str(option["value"])
    near = nearest(word, [str(option["label"]) for option in options])
    raise Puzzled(f'"{word}" is no choice here; try {listed(near)}.', status=404)


def _entity(kind: int, word: str, guild: Guild, resolved: Resolved) -> str:
    if kind == parts.CHANNEL_SELECT:
        return resolved.add_channel(find_channel(guild, word))
    role = next((role for role in guild.roles.values() if fold(word) in (fold(role.name), str(role.id))), None)
    if kind == parts.ROLE_SELECT or (kind == parts.MENTIONABLE_SELECT and role):
        if role is None:
            near = nearest(word, [one.name for one in guild.roles.values()])
            raise Puzzled(f'No role here is called "{word}"; try {listed(near)}.', status=404)
        return resolved.add_role(role)
    member = find_member(guild, word)
    return resolved.add_user(member.user, member)
