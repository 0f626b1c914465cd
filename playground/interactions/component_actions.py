"""Finds buttons, selects and select options of a message by label, placeholder or custom id."""

from playground.interactions.entity_resolver import Picking
from playground.json_types import Json
from playground.state.lookup import NotFound, fold, listed, nearest
from playground.state.state import Message
from playground.validation import components as parts
from playground.validation.components import every_part


def buttons_of(message: Message) -> list[Json]:
    """All buttons of a message, in reading order."""
    return [part for part in every_part(message.components) if part.get("type") == parts.BUTTON]


def find_button(message: Message, name: str) -> Json | None:
    """The button with that label, emoji or custom id, or the only one whose label contains the text; None: no match.

    Raises:
        NotFound: it is disabled, or a link button.
    """
    wanted, buttons = fold(name), buttons_of(message)
    called = [button for button in buttons if wanted in (fold(one) for one in button_names(button))]
    alike = [button for button in buttons if wanted in fold(str(button.get("label") or ""))]
    found = called[:1] or (alike if len(alike) == 1 else [])
    if not found:
        return None
    if found[0].get("disabled"):
        raise NotFound(f"The button {name} is switched off.", status=409)
    if found[0].get("url"):
        raise NotFound(f"The button {name} opens {found[0]['url']} and sends nothing.")
    return found[0]


def button_names(button: Json) -> list[str]:
    """The names that match a button: label, emoji, custom id."""
    emoji: Json = button.get("emoji") or {}
    names = [button.get("label"), emoji.get("name"), button.get("custom_id")]
    return [str(name) for name in names if name]


def selects_of(message: Message) -> list[Json]:
    """All selects of a message, in reading order."""
    return [part for part in every_part(message.components) if part.get("type") in parts.SELECTS]


def find_select(message: Message, name: str | None) -> Json:
    """The select with that placeholder or custom id; without a name, the only one.

    Raises:
        NotFound: there is none, or several match.
    """
    selects = selects_of(message)
    named = [
        select
        for select in selects
        if not name or fold(name) in (fold(str(select.get("placeholder", ""))), fold(str(select["custom_id"])))
    ]
    if len(named) == 1:
        return named[0]
    if not selects:
        raise NotFound("That reply has no menu to choose from.", status=404)
    raise NotFound(f"Say which menu: {listed(str(one.get('placeholder') or one['custom_id']) for one in selects)}.")


def part_of(message: Message, custom_id: str) -> Json:
    """The button or select with exactly that custom id.

    Raises:
        NotFound: there is none, or it is disabled.
    """
    for part in every_part(message.components):
        if part.get("custom_id") == custom_id and part["type"] in parts.SELECTS | {parts.BUTTON}:
            if part.get("disabled"):
                raise NotFound("That is switched off.", status=409)
            return part
    raise NotFound(f'The message has no part "{custom_id}" any more.', status=404)


def choose(select: Json, wanted: list[str], pick: Picking) -> list[str]:
    """The values of a select for the selected names or ids.

    Raises:
        NotFound: a name matches no option, or too few or too many are selected.
    """
    least, most = int(select.get("min_values", 1)), int(select.get("max_values", 1))
    if not least <= len(wanted) <= most:
        raise NotFound(f"Choose {least} to {most} here; these are {len(wanted)}.")
    match select["type"]:
        case parts.STRING_SELECT:
            return [option_of(select, word, pick) for word in wanted]
        case parts.USER_SELECT:
            return [pick.person(word) for word in wanted]
        case parts.ROLE_SELECT:
            return [pick.role(word) for word in wanted]
        case parts.CHANNEL_SELECT:
            types = select.get("channel_types") or ()
            return [pick.channel(word, types, wanted_by="This menu") for word in wanted]
        case _:
            return [pick.anyone(word) for word in wanted]


def option_of(select: Json, word: str, pick: Picking) -> str:
    """The value of the select, radio or checkbox group option that matches the text.

    Raises:
        NotFound: there is none.
    """
    options: list[Json] = select["options"]
    found = pick.choice(options, word)
    if found is None:
        near = nearest(word, [str(option["label"]) for option in options])
        raise NotFound(f'"{word}" is no choice here; try {listed(near)}.', status=404)
    return str(found["value"])
