"""Helper functions for message templates: formatted text, image URLs, file sizes, emoji and selected options."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from urllib.parse import urlsplit

from markupsafe import Markup

from playground.json_types import Json, is_list, is_object
from playground.page.drawing import icon
from playground.page.markdown import excerpt_to_html, line_to_html, to_html
from playground.page.markdown_context import Reading

BUTTON_STYLES: Final = {1: "primary", 2: "secondary", 3: "success", 4: "danger", 5: "link", 6: "premium"}
KIBIBYTE: Final = 1024
LOCAL_PATHS: Final = ("/cdn/", "/playground/attachments/")


class Loose(dict[str, Any]):
    """A JSON object for templates; missing keys are None."""

    def __missing__(self, name: str) -> None:
        return None


def loose(value: Any) -> Any:
    """Convert a value so that all nested objects return None for missing keys."""
    if is_object(value):
        return Loose({name: loose(each) for name, each in value.items()})
    return [loose(each) for each in value] if is_list(value) else value


@dataclass(frozen=True, slots=True)
class Helpers:
    """Template functions that depend on the reader."""

    reading: Reading
    base_url: str

    def by_name(self) -> dict[str, object]:
        """All functions by their template names."""
        return {
            "text": self.text,
            "line": self.line,
            "excerpt": self.excerpt,
            "moment": self.moment,
            "written": self.written,
            "source": self.source,
            "emoji": self.emoji,
            "chosen": self.chosen,
            "host": host,
            "size": size,
            "style_of": BUTTON_STYLES.get,
        }

    def text(self, text: str) -> Markup:
        """A text with block markdown."""
        return to_html(text, self.reading)

    def line(self, text: str) -> Markup:
        """A single-line text."""
        return line_to_html(text, self.reading)

    def excerpt(self, text: str) -> Markup:
        """The first line of a text as a preview."""
        return excerpt_to_html(text, self.reading)

    def moment(self, iso: str, style: str) -> Markup:
        """A timestamp that the page keeps up to date."""
        return self.reading.time(datetime.fromisoformat(iso), style)

    def written(self, iso: str, style: str) -> str:
        """A timestamp as plain text."""
        return self.reading.written(datetime.fromisoformat(iso), style)

    def source(self, url: str | None) -> str | None:
        """The local path of an image on this server; None: it is on another server and is not loaded."""
        path = (url or "").removeprefix(self.base_url)
        return path if path.startswith(LOCAL_PATHS) else None

    def emoji(self, given: Json | None) -> Markup:
        """The emoji of a button, option or poll answer; empty if there is none."""
        if not given:
            return Markup()
        if given.get("id"):
            return self.reading.emoji(str(given["id"]), str(given.get("name") or "emoji"))
        return Markup('<span class="emoji">{}</span>').format(given.get("name") or "")

    def chosen(self, select: Json) -> list[Markup]:
        """The labels of a select's default selection."""
        options: list[Json] = select.get("options") or []
        presets: list[Json] = select.get("default_values") or []
        labels = [self.emoji(one.get("emoji")) + " " + str(one["label"]) for one in options if one.get("default")]
        return [*labels, *(self._entity(str(one["type"]), int(one["id"])) for one in presets)]

    def _entity(self, kind: str, number: int) -> Markup:
        guild = self.reading.seat.guild
        if kind == "user":
            return Markup("@<bdi>{}</bdi>").format(self.reading.name_of(number) or "unknown-user")
        if kind == "role":
            role = guild.roles.get(number) if guild else None
            return Markup("@<bdi>{}</bdi>").format(role.name.removeprefix("@") if role else "unknown-role")
        channel = self.reading.world.channels.get(number)
        picture = icon("voice" if channel and channel.is_voice else "text")
        return picture + Markup("<bdi>{}</bdi>").format(channel.name if channel else "unknown")


def host(url: str | None) -> str:
    """The host name of an image that is not loaded."""
    try:
        return urlsplit(url or "").hostname or "elsewhere"
    except ValueError:
        return "elsewhere"


def size(count: int) -> str:
    """A file size in readable form."""
    if count < KIBIBYTE:
        return f"{count} bytes"
    if count < KIBIBYTE**2:
        return f"{count / KIBIBYTE:.2f} KB"
    return f"{count / KIBIBYTE**2:.2f} MB"
