"""Embeds of a message: types, limits and JSON."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final
from urllib.parse import urlsplit

from msgspec import Struct

from wire.checks import check_length, check_max, check_range
from wire.errors import LimitExceeded, NotAllowed
from wire.limits import (
    COLOUR_MAX,
    EMBED_AUTHOR_MAX,
    EMBED_DESCRIPTION_MAX,
    EMBED_FIELD_NAME_MAX,
    EMBED_FIELD_VALUE_MAX,
    EMBED_FIELDS_MAX,
    EMBED_FOOTER_MAX,
    EMBED_TEXT_MAX,
    EMBED_TITLE_MAX,
    EMBED_URL_MAX,
    EMBEDS_MAX,
)

Json = dict[str, object]
ATTACHMENT: Final = "attachment://"  # prefix of the name of a file in the same message


class Field(Struct, frozen=True):
    """A field: name and value; up to three `inline` fields share a line."""

    name: str
    value: str
    inline: bool = False


class Footer(Struct, frozen=True):
    """The footer line."""

    text: str
    icon_url: str | None = None


class Author(Struct, frozen=True):
    """The author line at the top."""

    name: str
    url: str | None = None
    icon_url: str | None = None


class Embed(Struct, frozen=True, kw_only=True):
    """One embed; images are URLs or `attachment://<filename>` of a file in the same message."""

    title: str = ""
    description: str = ""
    url: str | None = None
    colour: int | None = None  # 0xRRGGBB
    fields: tuple[Field, ...] = ()
    footer: Footer | str | None = None
    author: Author | str | None = None
    image: str | None = None
    thumbnail: str | None = None
    timestamp: datetime | None = None  # aware; Discord shows it in the reader's time zone

    @property
    def pictures(self) -> tuple[str, ...]:
        """All image URLs of the embed."""
        icons = (getattr(self.footer, "icon_url", None), getattr(self.author, "icon_url", None))
        return tuple(url for url in (self.image, self.thumbnail, *icons) if url)


def embeds_json(embeds: Sequence[Embed]) -> list[Json]:
    """The embeds as API JSON.

    Raises:
        InvalidPayload: a limit of one embed, or the 6000 characters of all embeds, is exceeded.
    """
    check_max("embeds", embeds, EMBEDS_MAX)
    total = 0
    shapes: list[Json] = []
    for embed in embeds:
        shape, size = _embed_json(embed)
        total += size
        shapes.append(shape)
    if total > EMBED_TEXT_MAX:
        raise LimitExceeded("embeds (all text)", limit=EMBED_TEXT_MAX, actual=total)
    return shapes


def _embed_json(embed: Embed) -> tuple[Json, int]:
    shape, size = _texts_json(embed)
    if embed.image is not None:
        shape["image"] = {"url": picture_url("embed.image", embed.image)}
    if embed.thumbnail is not None:
        shape["thumbnail"] = {"url": picture_url("embed.thumbnail", embed.thumbnail)}
    if not shape:
        raise NotAllowed("embed", "must show something: a text, a field or a picture")
    if embed.url is not None:
        shape["url"] = web_url("embed.url", embed.url, EMBED_URL_MAX)
    if embed.colour is not None:
        check_range("embed.colour", embed.colour, 0, COLOUR_MAX)
        shape["color"] = embed.colour
    if embed.timestamp is not None:
        if embed.timestamp.tzinfo is None:
            raise NotAllowed("embed.timestamp", "must be aware of its zone")
        shape["timestamp"] = embed.timestamp
    return shape, size


def _texts_json(embed: Embed) -> tuple[Json, int]:
    """The text fields as API JSON, and their number of characters, which counts towards the 6000."""
    shape: Json = {}
    size = len(embed.title) + len(embed.description)
    if embed.title:
        check_max("embed.title", embed.title, EMBED_TITLE_MAX)
        shape["title"] = embed.title
    if embed.description:
        check_max("embed.description", embed.description, EMBED_DESCRIPTION_MAX)
        shape["description"] = embed.description
    if embed.fields:
        check_max("embed.fields", embed.fields, EMBED_FIELDS_MAX)
        shape["fields"] = [_field_json(field) for field in embed.fields]
        size += sum(len(field.name) + len(field.value) for field in embed.fields)
    if embed.footer is not None:
        shape["footer"], text = _footer_json(embed.footer)
        size += text
    if embed.author is not None:
        shape["author"], text = _author_json(embed.author)
        size += text
    return shape, size


def _field_json(field: Field) -> Json:
    check_length("embed.field.name", field.name, 1, EMBED_FIELD_NAME_MAX)
    check_length("embed.field.value", field.value, 1, EMBED_FIELD_VALUE_MAX)
    return {"name": field.name, "value": field.value, "inline": field.inline}


def _footer_json(footer: Footer | str) -> tuple[Json, int]:
    if isinstance(footer, str):
        footer = Footer(footer)
    check_length("embed.footer.text", footer.text, 1, EMBED_FOOTER_MAX)
    shape: Json = {"text": footer.text}
    if footer.icon_url is not None:
        shape["icon_url"] = picture_url("embed.footer.icon_url", footer.icon_url)
    return shape, len(footer.text)


def _author_json(author: Author | str) -> tuple[Json, int]:
    if isinstance(author, str):
        author = Author(author)
    check_length("embed.author.name", author.name, 1, EMBED_AUTHOR_MAX)
    shape: Json = {"name": author.name}
    if author.url is not None:
        shape["url"] = web_url("embed.author.url", author.url, EMBED_URL_MAX)
    if author.icon_url is not None:
        shape["icon_url"] = picture_url("embed.author.icon_url", author.icon_url)
    return shape, len(author.name)


def web_url(field: str, url: str, limit: int) -> str:
    """Return the URL if it is a valid http(s) link, else raise."""
    check_max(field, url, limit)
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.netloc:
        raise NotAllowed(field, "must be a web address")
    return url


def picture_url(field: str, url: str) -> str:
    """Return the URL if it is a valid image URL or `attachment://` reference, else raise."""
    if url.startswith(ATTACHMENT):
        if not url.lower().endswith((".jpg", ".jpeg", ".png", ".webp", ".gif")):
            raise NotAllowed(field, "must be a jpg, jpeg, png, webp or gif")
        return url
    return web_url(field, url, EMBED_URL_MAX)
