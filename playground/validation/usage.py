"""Measures how much of each Discord limit a payload uses."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from playground.json_types import Json, is_list, is_object, is_whole
from playground.validation import components
from playground.validation.commands import text_size
from playground.validation.components import every_part
from playground.validation.message import COMPONENTS_V2
from wire import limits

NEAR: Final = 0.8  # fraction of a limit from which a use is reported as near
TITLES: Final = {2: "user menu commands", 3: "message menu commands"}


@dataclass(frozen=True, slots=True)
class Use:
    """The use of one limit."""

    what: str  # name of the limit, such as "embed characters"
    used: int
    limit: int
    unit: str = ""  # bytes or ms; empty: part of the name
    where: str = ""  # path such as embeds[0].fields[2].value, if there are several

    @property
    def share(self) -> float:
        """The used fraction of the limit; above 1 Discord refuses it."""
        return self.used / self.limit

    @property
    def tone(self) -> str:
        """over, near or fine."""
        return "over" if self.used > self.limit else "near" if self.share >= NEAR else "fine"


def of_callback(answer: Json, file_sizes: Sequence[int] = ()) -> list[Use]:
    """The limits used by an interaction response."""
    data = answer.get("data")
    inside: Json = data if is_object(data) else {}
    match answer.get("type"):
        case 8:
            return of_choices(inside)
        case 9:
            return of_modal(inside)
        case _:
            return of_message(inside, file_sizes)


def of_message(message: Json, file_sizes: Sequence[int] = ()) -> list[Use]:
    """The limits used by a message body or message object."""
    sizes = list(file_sizes) or [one["size"] for one in _objects(message, "attachments") if is_whole(one.get("size"))]
    return [
        *_some("content characters", len(_text(message, "content")), limits.CONTENT_MAX),
        *_embeds(_objects(message, "embeds")),
        *_components(message),
        *_poll(message),
        *_some("attachments", len(sizes), limits.ATTACHMENTS_MAX),
        *_some("largest file", max(sizes, default=0), limits.FILE_BYTES_MAX, "bytes"),
    ]


def of_modal(modal: Json) -> list[Use]:
    """The limits used by a modal."""
    fields = list(every_part(_list(modal, "components")))
    labels = [len(_text(part, "label")) for part in fields if part.get("type") != components.CHECKBOX]
    return [
        Use("title characters", len(_text(modal, "title")), limits.MODAL_TITLE_MAX),
        Use("parts", len(_list(modal, "components")), limits.MODAL_PARTS_MAX),
        *_some("longest label", max(labels, default=0), limits.LABEL_MAX),
        *_ids([modal, *fields]),
        *_options(fields),
    ]


def of_choices(answer: Json) -> list[Use]:
    """The limits used by autocomplete choices."""
    choices = _objects(answer, "choices")
    names = [len(_text(choice, "name")) for choice in choices]
    values = [len(_text(choice, "value")) for choice in choices]
    return [
        Use("choices", len(choices), limits.SUGGESTIONS_MAX),
        *_some("longest choice", max(names, default=0), limits.CHOICE_NAME_MAX),
        *_some("longest value", max(values, default=0), limits.CHOICE_VALUE_MAX),
    ]


def of_commands(commands: Sequence[Any]) -> list[Use]:
    """The limits used by a complete list of commands."""
    known = [command for command in commands if is_object(command)]
    kinds = [command.get("type") or 1 for command in known]
    largest: Json = max(known, key=text_size, default=Json())
    return [
        Use("commands", kinds.count(1), limits.COMMANDS_MAX),
        *(use for kind, what in TITLES.items() for use in _some(what, kinds.count(kind), limits.MENU_COMMANDS_MAX)),
        *_some("characters of one command", text_size(largest), limits.COMMAND_TEXT_MAX, where=_text(largest, "name")),
        *_some(
            "options of one command",
            max((len(_list(command, "options")) for command in known), default=0),
            limits.OPTIONS_MAX,
        ),
    ]


def _embeds(embeds: list[Json]) -> Iterator[Use]:
    texts = [text for index, embed in enumerate(embeds) for text in _embed_texts(embed, f"embeds[{index}]")]
    yield from _some("embeds", len(embeds), limits.EMBEDS_MAX)
    yield from _some("embed characters", sum(text.used for text in texts), limits.EMBED_TEXT_MAX)
    most = max((len(_list(embed, "fields")) for embed in embeds), default=0)
    yield from _some("fields of one embed", most, limits.EMBED_FIELDS_MAX)
    yield from (text for text in texts if text.share >= NEAR)


def _embed_texts(embed: Json, where: str) -> Iterator[Use]:
    for name, most in (("title", limits.EMBED_TITLE_MAX), ("description", limits.EMBED_DESCRIPTION_MAX)):
        yield Use(f"{name} characters", len(_text(embed, name)), most, where=f"{where}.{name}")
    for index, part in enumerate(_objects(embed, "fields")):
        place = f"{where}.fields[{index}]"
        yield Use("field name", len(_text(part, "name")), limits.EMBED_FIELD_NAME_MAX, where=f"{place}.name")
        yield Use("field value", len(_text(part, "value")), limits.EMBED_FIELD_VALUE_MAX, where=f"{place}.value")
    for name, inner, most in (
        ("footer", "text", limits.EMBED_FOOTER_MAX),
        ("author", "name", limits.EMBED_AUTHOR_MAX),
    ):
        inside = embed.get(name)
        used = len(_text(inside, inner)) if is_object(inside) else 0
        yield Use(f"{name} characters", used, most, where=f"{where}.{name}.{inner}")


def _components(message: Json) -> Iterator[Use]:
    top = _list(message, "components")
    everything = list(every_part(top))
    flags = message.get("flags")
    if is_whole(flags) and flags & COMPONENTS_V2:
        yield from _some("components", len(everything), limits.COMPONENTS_MAX)
        texts = (len(_text(part, "content")) for part in everything if part.get("type") == components.TEXT_DISPLAY)
        yield from _some("text characters", sum(texts), limits.LAYOUT_TEXT_MAX)
    else:
        yield from _some("rows", len(top), limits.ROWS_MAX)
    buttons = (part.get("type") == components.BUTTON for part in everything)
    rows = [_list(part, "components") for part in everything if part.get("type") == components.ROW]
    if any(buttons):
        yield from _some("buttons of one row", max(map(len, rows), default=0), limits.BUTTONS_MAX)
    yield from _ids(everything)
    yield from _options(everything)


def _ids(fields: Iterable[Json]) -> Iterator[Use]:
    longest = max((len(_text(part, "custom_id")) for part in fields), default=0)
    yield from _some("longest custom id", longest, limits.CUSTOM_ID_MAX)


def _options(fields: Iterable[Json]) -> Iterator[Use]:
    counts = [len(_list(part, "options")) for part in fields if part.get("type") == components.STRING_SELECT]
    yield from _some("options of one menu", max(counts, default=0), limits.SELECT_OPTIONS_MAX)


def _poll(message: Json) -> Iterator[Use]:
    poll = message.get("poll")
    if not is_object(poll):
        return
    question = poll.get("question")
    text = _text(question, "text") if is_object(question) else ""
    answers = _objects(poll, "answers")
    medias = [answer["poll_media"] for answer in answers if is_object(answer.get("poll_media"))]
    yield from _some("poll question", len(text), limits.POLL_QUESTION_MAX)
    yield from _some("poll answers", len(answers), limits.POLL_ANSWERS_MAX)
    longest = max((len(_text(media, "text")) for media in medias), default=0)
    yield from _some("longest poll answer", longest, limits.POLL_ANSWER_MAX)


def _some(what: str, used: int, limit: int, unit: str = "", *, where: str = "") -> Iterator[Use]:
    """One use, if `used` is not zero."""
    if used:
        yield Use(what, used, limit, unit, where)


def _text(thing: Json, name: str) -> str:
    value = thing.get(name)
    return value if isinstance(value, str) else ""


def _list(thing: Json, name: str) -> list[Any]:
    value = thing.get(name)
    return value if is_list(value) else []


def _objects(thing: Json, name: str) -> list[Json]:
    return [entry for entry in _list(thing, name) if is_object(entry)]
