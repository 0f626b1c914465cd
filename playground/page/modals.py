"""Renders modals as HTML forms: each field with its label, limits and initial value.

The value of a field of any kind is stored in the HTML form under its custom id: a select keeps its selection as the
selected options of a hidden `<select>` next to the button that opens it.
"""

from dataclasses import dataclass
from typing import Any, Final

from markupsafe import Markup

from playground.json_types import Json
from playground.page import template_helpers
from playground.page.drawing import draw as draw_template
from playground.page.markdown_context import Reading
from playground.validation import components as kinds
from wire.limits import TEXT_INPUT_MAX

MEDIA: Final = {"image": "image/*", "video": "video/*", "audio": "audio/*"}  # file types that are not extensions
COUNTED: Final = {kinds.TEXT_INPUT: "characters", kinds.FILE_UPLOAD: "files"}  # all other types count choices


@dataclass(frozen=True, slots=True)
class Field:
    """A field of a modal."""

    number: int  # position, from 1
    label: str
    description: str  # empty: no description
    given: Json  # the component, with None for missing fields

    @property
    def kind(self) -> int:
        """The component's type."""
        return int(self.given["type"])

    @property
    def is_required(self) -> bool:
        """Whether a value is required."""
        return self.kind != kinds.CHECKBOX and self.given["required"] is not False

    @property
    def least(self) -> int:
        """The minimum of characters, choices or files, if the field is not empty."""
        if self.kind == kinds.TEXT_INPUT:
            return int(self.given["min_length"] or 0)
        given: int | None = self.given["min_values"]
        return int(self.is_required) if given is None else given

    @property
    def most(self) -> int:
        """The maximum of characters, choices or files."""
        if self.kind == kinds.TEXT_INPUT:
            return int(self.given["max_length"] or TEXT_INPUT_MAX)
        return int(self.given["max_values"] or (len(self.options) if self.kind == kinds.CHECKBOX_GROUP else 1))

    @property
    def options(self) -> list[Json]:
        """The options that the app defines; empty for entity selects."""
        return self.given["options"] or []

    @property
    def is_free(self) -> bool:
        """Whether it is a text input without a minimum length; the maximum is shown only by the character counter."""
        return self.kind == kinds.TEXT_INPUT and not self.least

    @property
    def hint(self) -> str:
        """A note on how many choices, files or characters are allowed; empty where it is obvious."""
        takes_all = self.kind == kinds.CHECKBOX_GROUP and self.least <= 1 and self.most == len(self.options)
        if takes_all or self.is_free or (self.kind != kinds.TEXT_INPUT and self.most == 1):
            return ""
        amount = str(self.least) if self.least == self.most else f"{self.least} to {self.most}"
        return f"{amount} {COUNTED.get(self.kind, 'choices')}"

    @property
    def accept(self) -> str:
        """The `accept` attribute of a file input; empty: all types."""
        types: list[str] = self.given["file_types"] or []
        return ",".join(MEDIA.get(one, one) for one in types)


def draw(modal: Json, *, reply: int, reading: Reading, base_url: str) -> Markup:
    """Render the modal opened by the interaction `reply`, for `<dialog id="form">`."""
    return draw_template(
        "modal.html",
        modal=modal,
        reply=reply,
        lines=_lines(template_helpers.loose(modal["components"])),
        app=reading.world.bot,
        kinds=kinds,
        **template_helpers.Helpers(reading, base_url).by_name(),
    )


def _lines(components: list[Json]) -> list[Any]:
    """The fields and the texts between them, in Discord's order."""
    found: list[Any] = []
    for number, part in enumerate(components, start=1):
        if part["type"] == kinds.LABEL:
            found.append(Field(number, part["label"], part["description"] or "", part["component"]))
        elif part["type"] == kinds.ROW:
            field: Json = part["components"][0]
            found.append(Field(number, field["label"], "", field))
        else:
            found.append(part["content"])
    return found
