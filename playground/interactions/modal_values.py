"""Validates the values entered in a modal and builds the components of the modal submit interaction."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from playground.interactions.component_actions import choose, option_of
from playground.interactions.entity_resolver import Picking
from playground.interactions.options import Files, check_file
from playground.json_types import Json, is_list
from playground.state.lookup import NotFound, fold, listed
from playground.validation import components
from wire.limits import TEXT_INPUT_MAX


def named(modal: Json, given: Mapping[str, Any]) -> dict[str, Any]:
    """Convert values by label or custom id to values by custom id.

    Raises:
        NotFound: no field has that label or custom id.
    """
    fields = list(_fields(modal))
    found: dict[str, Any] = {}
    for name, value in given.items():
        called = (field["custom_id"] for field, label in fields if fold(name) == fold(str(label)))
        coded = (field["custom_id"] for field, _ in fields if fold(name) == fold(field["custom_id"]))
        custom_id = next(called, None) or next(coded, None)
        if custom_id is None:
            raise NotFound(f'The form has no field "{name}"; it has {listed(str(label) for _, label in fields)}.')
        found[custom_id] = value
    return found


def fill(modal: Json, given: Mapping[str, Any], pick: Picking, files: Files) -> list[Json]:
    """The components of a modal submit from values by custom id; a field without a value keeps its default.

    Raises:
        NotFound: a value is missing, too long or not allowed; `field` is the custom id.
    """
    labels = {field["custom_id"]: label for field, label in _fields(modal)}
    for name in given:
        if name not in labels:
            raise NotFound(f'The form has no field "{name}"; it has {listed(labels)}.')

    def filled(field: Json, number: int) -> Json:
        custom_id = field["custom_id"]
        try:
            inner = _filled(field, str(labels[custom_id]), given.get(custom_id), pick, files)
        except NotFound as puzzled:
            puzzled.field = custom_id
            raise
        return {"type": field["type"], "custom_id": custom_id} | inner | {"id": field.get("id") or number + 100}

    return [_submitted(part, number, filled) for number, part in enumerate(modal["components"], start=1)]


def _submitted(part: Json, number: int, filled: Callable[[Json, int], Json]) -> Json:
    shape: Json = {"type": part["type"], "id": part.get("id") or number}
    if part["type"] == components.LABEL:
        shape["component"] = filled(part["component"], number)
    elif part["type"] == components.ROW:
        shape["components"] = [filled(part["components"][0], number)]
    return shape


def _fields(modal: Json) -> Iterator[tuple[Json, Any]]:
    """All input components of a modal with their labels."""
    for part in modal["components"]:
        if part["type"] == components.LABEL:
            yield part["component"], part.get("label")
        elif part["type"] == components.ROW:
            for field in part["components"]:
                yield field, field.get("label") or field["custom_id"]


def _filled(field: Json, label: str, value: Any, pick: Picking, files: Files) -> Json:
    kind = field["type"]
    if kind == components.TEXT_INPUT:
        return {"value": _text(field, label, value)}
    if kind == components.CHECKBOX:
        return {"value": bool(field.get("default")) if value is None else value in (True, "true", "yes", "on")}
    if value is None:
        options: list[Json] = field.get("options") or []
        chosen = [str(one["value"]) for one in options if one.get("default")]
    else:
        chosen = [str(one) for one in (value if is_list(value) else [value]) if one != ""]
    if not chosen and field.get("required", True):
        raise NotFound(f'Fill in the field "{label}".')
    if kind == components.RADIO_GROUP:
        return {"value": option_of(field, chosen[0], pick) if chosen else None}
    return {"values": _values(field, label, chosen, pick, files) if chosen else []}


def _values(field: Json, label: str, chosen: list[str], pick: Picking, files: Files) -> list[str]:
    if field["type"] == components.FILE_UPLOAD:
        _check_amount(field, label, len(chosen), most=1, what="files")
        return [_uploaded(field, label, name, pick, files) for name in chosen]
    if field["type"] == components.CHECKBOX_GROUP:
        _check_amount(field, label, len(chosen), most=len(field["options"]), what="choices")
        return [option_of(field, word, pick) for word in chosen]
    return choose(field, chosen, pick)


def _check_amount(field: Json, label: str, count: int, *, most: int, what: str) -> None:
    least, most = int(field.get("min_values", 1)), int(field.get("max_values", most))
    if not least <= count <= most:
        raise NotFound(f'The field "{label}" takes {least} to {most} {what}; these are {count}.')


def _uploaded(field: Json, label: str, name: str, pick: Picking, files: Files) -> str:
    if name not in files:
        raise NotFound(f'No file "{name}" was sent along for the field "{label}".')
    check_file(label, files[name], field.get("file_types"))
    return pick.resolved.add_attachment(files[name])


def _text(field: Json, label: str, value: Any) -> str:
    text = str(field.get("value") or "") if value is None else str(value)
    least, most = int(field.get("min_length") or 0), int(field.get("max_length") or TEXT_INPUT_MAX)
    if not text and field.get("required", True):
        raise NotFound(f'Fill in the field "{label}".')
    if text and not least <= len(text) <= most:
        raise NotFound(f'The field "{label}" takes {least} to {most} characters; this is {len(text)}.')
    return text
