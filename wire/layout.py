"""Components V2 messages: text, media, files, sections and containers, stacked vertically, and their JSON.

Such a message has only its layout: no content, embeds or poll, and a file is visible only where the layout shows it.
Source: https://discord.com/developers/docs/components/reference
"""

from collections.abc import Collection, Iterable, Sequence
from enum import IntEnum

from msgspec import Struct

from wire.checks import check_length, check_max, check_range
from wire.components import Button, ComponentKind, Row, button_json, distinct, row_json
from wire.embeds import ATTACHMENT, Json, picture_url, web_url
from wire.errors import LimitExceeded, NotAllowed
from wire.limits import (
    ALT_MAX,
    COLOUR_MAX,
    COMPONENTS_MAX,
    EMBED_URL_MAX,
    GALLERY_ITEMS_MAX,
    LAYOUT_TEXT_MAX,
    SECTION_TEXTS_MAX,
    TEXT_DISPLAY_MAX,
)


class TextDisplay(Struct, frozen=True):
    """Markdown text, in messages and between the fields of modals."""

    content: str


class Thumbnail(Struct, frozen=True):
    """A small image beside a section: a URL, or `attachment://<filename>` of a file in the same message."""

    url: str
    alt: str = ""  # alternative text
    spoiler: bool = False


class Section(Struct, frozen=True):
    """One to three texts with a button or thumbnail beside them."""

    texts: tuple[TextDisplay, ...]
    accessory: Button | Thumbnail


class GalleryItem(Struct, frozen=True):
    """An image or video: a URL, or `attachment://<filename>` of a file in the same message."""

    url: str
    alt: str = ""
    spoiler: bool = False


class Gallery(Struct, frozen=True):
    """One to ten images and videos."""

    items: tuple[GalleryItem, ...]


class FileDisplay(Struct, frozen=True):
    """A downloadable file of the same message."""

    filename: str
    spoiler: bool = False


class Spacing(IntEnum):
    """Height of a separator."""

    SMALL = 1
    LARGE = 2


class Separator(Struct, frozen=True):
    """Vertical space between two components, with or without a line."""

    divider: bool = True
    spacing: Spacing = Spacing.SMALL


Inner = Row | Section | TextDisplay | Gallery | FileDisplay | Separator


class Container(Struct, frozen=True):
    """Components in a frame; containers cannot be nested."""

    parts: tuple[Inner, ...]
    colour: int | None = None  # 0xRRGGBB, of the accent bar
    spoiler: bool = False


LayoutComponent = Inner | Container


class _Tally:
    """Counts over a whole message: components, characters, custom ids."""

    def __init__(self) -> None:
        self.count = 0
        self.text = 0
        self.custom_ids: list[str] = []


def layout_json(parts: Sequence[LayoutComponent]) -> list[Json]:
    """The layout as API JSON.

    Raises:
        InvalidPayload: an exceeded limit of one component or of the message, or a duplicate custom id.
    """
    tally = _Tally()
    shapes = [_part_json(part, tally) for part in parts]
    check_length("layout (components, nested ones included)", range(tally.count), 1, COMPONENTS_MAX)
    if tally.text > LAYOUT_TEXT_MAX:
        raise LimitExceeded("layout (all text)", limit=LAYOUT_TEXT_MAX, actual=tally.text)
    distinct("layout.custom_id", tally.custom_ids)
    return shapes


def check_files(parts: Iterable[LayoutComponent], filenames: Collection[str], *, are_all_known: bool) -> None:
    """Reject files that no component shows, and references to missing files.

    Args:
        parts: components of the layout.
        filenames: names of the uploaded files.
        are_all_known: False if files of the old message are kept too, whose names are unknown here.
    """
    shown = {url.removeprefix(ATTACHMENT) for url in _addresses(parts) if url.startswith(ATTACHMENT)}
    missing = shown - set(filenames)
    if missing and are_all_known:
        raise NotAllowed("layout", f"names {min(missing)}, which is not among the files")
    unseen = set(filenames) - shown
    if unseen:
        raise NotAllowed("message.files", f"holds {min(unseen)}, which the layout shows nowhere")


def _addresses(parts: Iterable[LayoutComponent]) -> Iterable[str]:
    for part in parts:
        match part:
            case Container():
                yield from _addresses(part.parts)
            case Section(accessory=Thumbnail() as thumbnail):
                yield thumbnail.url
            case Gallery():
                yield from (item.url for item in part.items)
            case FileDisplay():
                yield ATTACHMENT + part.filename
            case _:
                pass


def _part_json(part: LayoutComponent, tally: _Tally) -> Json:
    if isinstance(part, Container):
        return _container_json(part, tally)
    return _inner_json(part, tally)


def _inner_json(part: Inner, tally: _Tally) -> Json:
    tally.count += 1
    match part:
        case TextDisplay():
            return _text_json(part, tally)
        case Section():
            return _section_json(part, tally)
        case Gallery():
            check_length("gallery.items", part.items, 1, GALLERY_ITEMS_MAX)
            items = [_media_json("gallery.item", item) for item in part.items]
            return {"type": ComponentKind.GALLERY.value, "items": items}
        case FileDisplay():
            shape: Json = {"type": ComponentKind.FILE.value, "file": {"url": ATTACHMENT + part.filename}}
            return shape | {"spoiler": True} if part.spoiler else shape
        case Separator():
            kind = ComponentKind.SEPARATOR.value
            return {"type": kind, "divider": part.divider, "spacing": part.spacing.value}
        case Container():  # pyright: ignore[reportUnnecessaryComparison] - types are not checked at run time
            raise NotAllowed("container", "must not stand in a container")
        case row:
            tally.count += len(row) if isinstance(row, tuple) else 1
            return row_json(row, tally.custom_ids)


def _container_json(container: Container, tally: _Tally) -> Json:
    tally.count += 1
    if not container.parts:
        raise NotAllowed("container", "must hold something")
    shape: Json = {
        "type": ComponentKind.CONTAINER.value,
        "components": [_inner_json(each, tally) for each in container.parts],
    }
    if container.colour is not None:
        check_range("container.colour", container.colour, 0, COLOUR_MAX)
        shape["accent_color"] = container.colour
    return shape | {"spoiler": True} if container.spoiler else shape


def _text_json(text: TextDisplay, tally: _Tally) -> Json:
    check_length("text.content", text.content, 1, TEXT_DISPLAY_MAX)
    tally.text += len(text.content)
    return {"type": ComponentKind.TEXT_DISPLAY.value, "content": text.content}


def _section_json(section: Section, tally: _Tally) -> Json:
    check_length("section.texts", section.texts, 1, SECTION_TEXTS_MAX)
    tally.count += len(section.texts) + 1
    if isinstance(section.accessory, Thumbnail):
        picture_url("thumbnail.url", section.accessory.url)
        accessory = {"type": ComponentKind.THUMBNAIL.value} | _media_json("thumbnail", section.accessory)
    else:
        accessory = button_json(section.accessory, tally.custom_ids)
    texts = [_text_json(text, tally) for text in section.texts]
    return {"type": ComponentKind.SECTION.value, "components": texts, "accessory": accessory}


def _media_json(field: str, media: Thumbnail | GalleryItem) -> Json:
    url = media.url if media.url.startswith(ATTACHMENT) else web_url(f"{field}.url", media.url, EMBED_URL_MAX)
    shape: Json = {"media": {"url": url}}
    if media.alt:
        check_max(f"{field}.alt", media.alt, ALT_MAX)
        shape["description"] = media.alt
    return shape | {"spoiler": True} if media.spoiler else shape
