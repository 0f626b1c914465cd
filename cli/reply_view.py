"""Renders a reply (content, embeds, components, modals) as Rich text for the terminal."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, Final

from rich.console import Console, ConsoleOptions, Group, RenderableType, RenderResult
from rich.padding import Padding
from rich.segment import Segment
from rich.style import Style
from rich.table import Table
from rich.text import Text

from cli.markdown import Names, Reader

Json = dict[str, Any]

_ROW: Final = 1
_BUTTON: Final = 2
_SELECTS: Final = frozenset({3, 5, 6, 7, 8})
_SECTION: Final = 9
_TEXT: Final = 10
_SEPARATOR: Final = 14
_CONTAINER: Final = 17
_BUTTON_STYLES: Final = {
    1: "white on blue",
    2: "white on grey35",
    3: "white on green",
    4: "white on red",
    5: "underline white on grey35",
    6: "white on magenta",
}  # discord.com/developers/docs/components/reference#button-button-styles
_PLAIN_BAR: Final = "#4f545c"
_INLINE: Final = 3  # fields in one row
_WIDTH: Final = 88


def reply_view(answer: Json, *, saved: Mapping[str, str], names: Names, now: datetime) -> RenderableType:
    """All visible parts of a reply.

    Args:
        answer: the local Discord's JSON for the reply.
        saved: path of each saved attachment, by attachment id.
        names: of users, roles and channels.
        now: aware UTC, for relative times.
    """
    writer = _Writer(names, now)
    parts: list[RenderableType] = []
    message: Json | None = answer.get("message")
    if message:
        parts += writer.message(message, saved)
    modal: Json | None = answer.get("modal")
    if modal:
        parts.append(writer.modal(modal))
    choices: list[Json] | None = answer.get("choices")
    if choices is not None:
        parts.append(_choices(choices))
    if answer.get("thinking"):
        parts.append(Text("Lyceum is thinking …", style="quiet"))
    follow_ups: list[Json] = answer.get("follow_ups") or []
    for follow_up in follow_ups:
        parts += writer.message(follow_up, saved)
    if answer.get("private"):
        parts.append(Text("Only you can see this", style="quiet"))
    return Group(*parts)


class _Bar:
    """A renderable with a coloured bar along its left side, like an embed."""

    def __init__(self, content: RenderableType, colour: str) -> None:
        self._content = content
        self._style = Style.parse(colour)

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        inside = options.update(width=max(20, min(options.max_width, _WIDTH) - 2))
        for line in console.render_lines(self._content, inside, pad=False):
            yield Segment("▌ ", self._style)
            yield from line
            yield Segment.line()


class _Writer:
    def __init__(self, names: Names, now: datetime) -> None:
        self._reader = Reader(names, now)

    def message(self, message: Json, saved: Mapping[str, str]) -> Iterable[RenderableType]:
        attachments: list[Json] = message.get("attachments", [])
        by_name = {str(file["filename"]): file for file in attachments}
        shown: set[str] = set()
        if message.get("content"):
            yield self._reader.read(str(message["content"]))
        embeds: list[Json] = message.get("embeds", [])
        for embed in embeds:
            yield self._embed(embed, by_name, saved, shown)
        for file in attachments:
            if str(file["filename"]) not in shown:
                yield _picture(file, saved)
        components: list[Json] = message.get("components", [])
        yield from self._components(components)

    def modal(self, modal: Json) -> RenderableType:
        rows: list[RenderableType] = [Text(str(modal.get("title", "")), style="bold")]
        for part in _leaves(modal.get("components", [])):
            label = str(part.get("label") or part.get("placeholder") or part.get("custom_id", ""))
            name = str(part.get("custom_id", ""))
            line = Text.assemble("  ", (label, "bold"), "  ", (f'--field "{name}=…"', "quiet"))
            if part.get("value"):
                line.append(f"  {part['value']}")
            if part.get("required", True):
                line.append("  required", style="quiet")
            rows.append(line)
        return _Bar(Group(*rows), "blue")

    def _embed(
        self, embed: Json, files: Mapping[str, Json], saved: Mapping[str, str], shown: set[str]
    ) -> RenderableType:
        rows: list[RenderableType] = []
        author: Json = embed.get("author") or {}
        if author.get("name"):
            rows.append(Text(str(author["name"]), style="bold"))
        if embed.get("title"):
            title = self._reader.read(str(embed["title"]))
            title.stylize("bold")
            rows.append(title)
        if embed.get("description"):
            rows.append(self._reader.read(str(embed["description"])))
        rows += self._fields(embed.get("fields") or [])
        for place in ("image", "thumbnail"):
            picture: Json | None = embed.get(place)
            if picture:
                rows.append(_embed_picture(picture, files, saved, shown))
        footer: Json = embed.get("footer") or {}
        below = [str(footer["text"])] if footer.get("text") else []
        if embed.get("timestamp"):
            moment = datetime.fromisoformat(str(embed["timestamp"]))
            below.append(self._reader.moment(int(moment.timestamp()), "f"))
        if below:
            rows.append(Text(" · ".join(below), style="quiet"))
        colour = embed.get("color")
        return _Bar(Group(*rows), f"#{colour:06x}" if isinstance(colour, int) else _PLAIN_BAR)

    def _fields(self, fields: list[Json]) -> Iterable[RenderableType]:
        row: list[Json] = []
        for one in fields:
            if one.get("inline") and len(row) < _INLINE:
                row.append(one)
                continue
            if row:
                yield self._field_row(row)
            row = [one] if one.get("inline") else []
            if not row:
                yield self._field_row([one])
        if row:
            yield self._field_row(row)

    def _field_row(self, fields: list[Json]) -> RenderableType:
        grid = Table.grid(padding=(0, 3))
        for _ in fields:
            grid.add_column()
        names = [self._reader.read(str(one["name"])) for one in fields]
        for name in names:
            name.stylize("bold")
        grid.add_row(*names)
        grid.add_row(*(self._reader.read(str(one["value"])) for one in fields))
        return grid

    def _components(self, components: list[Json]) -> Iterable[RenderableType]:
        for part in components:
            kind: int = part.get("type", 0)
            inside: list[Json] = part.get("components", [])
            if kind == _ROW:
                yield from _row(inside)
            elif kind == _TEXT:
                yield self._reader.read(str(part.get("content", "")))
            elif kind == _SEPARATOR:
                yield Text("")
            elif kind == _CONTAINER:
                colour = part.get("accent_color")
                bar = f"#{colour:06x}" if isinstance(colour, int) else _PLAIN_BAR
                yield _Bar(Group(*self._components(inside)), bar)
            elif kind == _SECTION:
                yield from self._components(inside)
                accessory: Json | None = part.get("accessory")
                yield from _row([accessory] if accessory else [])


def _row(parts: list[Json]) -> Iterable[RenderableType]:
    buttons = [_button(part) for part in parts if part.get("type") == _BUTTON]
    if buttons:
        yield Text(" ").join(buttons)
    for part in parts:
        if part.get("type") in _SELECTS:
            yield _select(part)


def _button(part: Json) -> Text:
    emoji: Json = part.get("emoji") or {}
    label = " ".join(filter(None, [str(emoji.get("name") or ""), str(part.get("label") or "")]))
    style = _BUTTON_STYLES.get(part.get("style", 2), "")
    return Text(f"[ {label} ]", style="dim strike" if part.get("disabled") else style)


def _select(part: Json) -> Text:
    options: list[Json] = part.get("options", [])
    label = str(part.get("placeholder") or part.get("custom_id", ""))
    shown = Text.assemble((f"[ {label} ▾ ]", "white on grey35"))
    labels = [f"{one['label']}{' ✓' if one.get('default') else ''}" for one in options]
    if labels:
        shown.append(f"  {', '.join(labels)}", style="quiet")
    return shown


def _picture(file: Json, saved: Mapping[str, str]) -> RenderableType:
    below: list[RenderableType] = []
    if file.get("description"):
        below.append(Text(str(file["description"])))
    path = saved.get(str(file.get("id")))
    if path:
        below.append(Text.assemble("saved as ", (path, "address"), overflow="fold", no_wrap=True))
    return Group(Text.assemble("🖼  ", (str(file["filename"]), "name")), Padding(Group(*below), (0, 0, 0, 3)))


def _embed_picture(
    picture: Json, files: Mapping[str, Json], saved: Mapping[str, str], shown: set[str]
) -> RenderableType:
    """The attachment that an embed shows; its URL ends with the attachment's file name or id."""
    url = str(picture.get("url", ""))
    last = url.partition("?")[0].rpartition("/")[2]
    for name, file in files.items():
        if last in (name, str(file.get("id"))) or url == file.get("url"):
            shown.add(name)
            return _picture(file, saved)
    return Text.assemble("🖼  ", (url, "quiet"))


def _choices(choices: list[Json]) -> RenderableType:
    if not choices:
        return Text("Nothing to choose from", style="quiet")
    grid = Table.grid(padding=(0, 3))
    grid.add_column()
    grid.add_column(style="dim")
    for choice in choices:
        grid.add_row(Text(str(choice["name"])), Text(str(choice["value"])))
    return _Bar(grid, _PLAIN_BAR)


def _leaves(components: list[Json]) -> Iterable[Json]:
    """The input components of a modal, each with the label of its wrapper."""
    for part in components:
        inside: Json | None = part.get("component")
        if inside:
            yield {**inside, "label": part.get("label", inside.get("label"))}
        elif part.get("type") == _ROW:
            yield from _leaves(part.get("components", []))
        elif part.get("type") != _TEXT:
            yield part
