"""Prepares embeds and attachments for the templates: inline field rows, image galleries, file kinds."""

from collections.abc import Iterator
from itertools import groupby
from typing import Any, Final

from playground.json_types import Json
from playground.state.state import Message
from playground.validation.message import COMPONENTS_V2

IN_A_ROW: Final = 3  # maximum of inline fields per row
GRID: Final = 12  # columns of a field row
TOGETHER_MAX: Final = 4  # images of embeds with the same URL
PICTURE: Final = "picture"
PICTURES: Final = ("image/png", "image/jpeg", "image/webp", "image/gif")
MEDIA: Final = ("video", "audio")
SHOWN_IN: Final = ("image", "thumbnail", "author", "footer")  # fields of an embed that show a file


def arrange(message: Message, embeds: list[Json]) -> list[Json]:
    """Prepare embeds: `images` replaces `image` as a list of gallery items, and each field gets a `span`.

    Args:
        message: the message; its attachments may be images of the embeds.
        embeds: in serialized form, with None for missing fields.
    """
    told = {str(file.id): file.description for file in message.attachments}
    arranged: list[Json] = []
    for embed in embeds:
        for picture in (embed["image"], embed["thumbnail"]):
            if picture and not picture["description"]:
                picture["description"] = told.get(picture["attachment_id"])
        first = arranged[-1] if arranged else None
        if first and _belongs_to(embed, first):
            first["images"].append(_item(embed["image"], is_spoiler=False))
            continue
        embed["images"] = [_item(embed["image"], is_spoiler=False)] if embed["image"] else []
        embed["fields"] = list(_in_rows(embed["fields"] or []))
        arranged.append(embed)
    return arranged


def lay_out(message: Message, attachments: list[Json]) -> list[Json]:
    """Group attachments for display: consecutive images as `pictures`, each other one as `file` with its `kind`.

    Empty for Components V2 messages; attachments shown in an embed are left out.
    """
    if message.flags & COMPONENTS_V2:
        return []
    shown = {
        str(embed[place].get(key, "")).removeprefix("attachment://")
        for embed in message.embeds
        for place in SHOWN_IN
        if place in embed
        for key in ("url", "icon_url")
    }
    below = [file for file in attachments if file["filename"] not in shown]
    groups: list[Json] = []
    for kind, group in groupby(below, key=_kind):
        files = list(group)
        if kind == PICTURE:
            groups.append({"pictures": [_item(file, is_spoiler=bool(file["flags"])) for file in files]})
        else:
            groups += [{"pictures": [], "file": file, "kind": kind} for file in files]
    return groups


def _item(media: Json, *, is_spoiler: bool) -> Json:
    """An image as a gallery item."""
    return {"media": media, "description": media["description"], "spoiler": is_spoiler}


def _belongs_to(embed: Json, first: Json) -> bool:
    """Whether an embed only adds an image to the previous embed with the same URL."""
    is_same = embed["url"] is not None and embed["url"] == first["url"]
    return bool(is_same and embed["image"] and first["images"] and len(first["images"]) < TOGETHER_MAX)


def _in_rows(fields: list[Json]) -> Iterator[Json]:
    for is_inline, group in groupby(fields, key=lambda field: bool(field["inline"])):
        row: list[Any] = list(group)
        for start in range(0, len(row), IN_A_ROW):
            together = row[start : start + IN_A_ROW]
            for field in together:
                field["span"] = GRID // len(together) if is_inline else GRID
                yield field


def _kind(file: Json) -> str:
    """How Discord displays a file: picture, video, audio, or file name only."""
    media = str(file.get("content_type") or "")
    if media in PICTURES and file.get("width"):
        return PICTURE
    return next((kind for kind in MEDIA if media.startswith(f"{kind}/")), "file")
