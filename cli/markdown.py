"""Renders Discord's markdown as Rich text: emphasis, mentions by name, timestamps in this machine's time zone."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final

from rich.text import Text

Json = dict[str, Any]

_LINES: Final = {"### ": "bold", "## ": "bold", "# ": "bold", "-# ": "dim", "> ": "italic"}

_INSIDE: Final = {"bold": "bold", "under": "underline", "gone": "strike", "italic": "italic"}
_MENTIONS: Final = {
    "user": ("@", "blue"),
    "channel": ("#", "blue"),
    "role": ("@", "blue"),
    "command": ("/", "blue"),
    "emoji": (":", ""),
    "code": ("", "bold"),
}
_MARK: Final = re.compile(
    r"<t:(?P<time>-?\d+)(?::(?P<style>[tTdDfFR]))?>"
    r"|<@!?(?P<user>\d+)>|<#(?P<channel>\d+)>|<@&(?P<role>\d+)>"
    r"|<a?:(?P<emoji>\w+):\d+>|</(?P<command>[^:>]+):\d+>"
    r"|\*\*(?P<bold>[^*]+)\*\*|__(?P<under>[^_]+)__|~~(?P<gone>[^~]+)~~|(?<!\w)[*_](?P<italic>[^*_\n]+)[*_](?!\w)"
    r"|`+(?P<code>[^`]+)`+|\[(?P<label>[^\]]+)\]\((?P<link>[^)\s]+)\)"
    r"|\\(?P<plain>[*_~`|>#\\\[\]()-])",
)


@dataclass(frozen=True, slots=True)
class Names:
    """Names by id, so that mentions are shown as in Discord."""

    people: Mapping[str, str] = field(default_factory=dict[str, str])
    channels: Mapping[str, str] = field(default_factory=dict[str, str])


def names_in(state: Json) -> Names:
    """The names in the local Discord's state."""
    guilds: list[Json] = state.get("guilds", [])
    return Names(
        {str(person["id"]): str(person["name"]) for guild in guilds for person in guild.get("members", [])},
        {str(room["id"]): str(room["name"]) for guild in guilds for room in guild.get("channels", [])},
    )


class Reader:
    """Converts markdown to Rich text as one user sees it."""

    def __init__(self, names: Names, now: datetime) -> None:
        self._names = names
        self._now = now

    def read(self, text: str) -> Text:
        """The text with its markdown converted to styles."""
        shown = Text()
        for line in text.splitlines(keepends=True):
            body, style = line, ""
            for mark, its_style in _LINES.items():
                if line.startswith(mark):
                    body, style = line.removeprefix(mark), its_style
                    break
            shown.append_text(self._line(body, style))
        shown.rstrip()
        return shown

    def moment(self, unix: int, style: str) -> str:
        """A timestamp in one of Discord's styles."""
        return _moment(unix, style, self._now)

    def _line(self, line: str, style: str) -> Text:
        shown = Text(style=style)
        at = 0
        for match in _MARK.finditer(line):
            shown.append(line[at : match.start()])
            shown.append_text(self._mark(match))
            at = match.end()
        shown.append(line[at:])
        return shown

    def _mark(self, match: re.Match[str]) -> Text:
        kind = match.lastgroup or ""
        value = match[kind]
        if kind in _INSIDE:
            inside = self._line(value, "")
            inside.stylize(_INSIDE[kind])
            return inside
        if kind in ("time", "style"):
            return Text(self.moment(int(match["time"]), match["style"] or "f"), style="cyan")
        if kind == "link":
            return Text.assemble((match["label"], "underline"), (f" ({value})", "dim"))
        before, style = _MENTIONS.get(kind, ("", ""))
        shown = {"user": self._names.people, "channel": self._names.channels}.get(kind, {}).get(value, value)
        return Text(f"{before}{shown}{before if kind == 'emoji' else ''}", style=style)


def _moment(unix: int, style: str, now: datetime) -> str:
    """A timestamp as Discord writes it, in this machine's time zone."""
    moment = datetime.fromtimestamp(unix, UTC).astimezone()
    if style == "R":
        return _relative(int(unix - now.timestamp()))
    forms = {"t": "%H:%M", "T": "%H:%M:%S", "d": "%d/%m/%Y", "D": "%d %B %Y", "f": "%d %B %Y %H:%M"}
    return moment.strftime(forms.get(style, "%A, %d %B %Y %H:%M"))


def _relative(seconds: int) -> str:
    size = abs(seconds)
    for unit, length in (("day", 86_400), ("hour", 3600), ("minute", 60), ("second", 1)):
        if size >= length or unit == "second":
            count = size // length
            words = f"{count} {unit}{'' if count == 1 else 's'}"
            return f"in {words}" if seconds > 0 else f"{words} ago"
    return ""
