"""Builders for the app's message styles: ephemeral text, embed messages, and messages with a rendered image."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Generic, Protocol, TypeVar

from msgspec.structs import replace

from core.i18n import Translator
from core.ids import GuildId
from services.members.names import display_name
from services.members.person import Person
from wire.cdn import avatar_path
from wire.components import Row
from wire.embeds import Embed, Footer
from wire.limits import EMBED_TITLE_MAX
from wire.message import Message
from wire.reply import EditMessage, ImageReply

Card_contra = TypeVar("Card_contra", contravariant=True)

BRAND_COLOUR: Final = 0xF4BC6C  # the accent of the cards
NAME_MAX: Final = 40  # characters of a name within a text; Discord allows 32
REASON_MAX: Final = 80  # of a reason in a list: fifteen fit a frame also when every character must be escaped

_MARKS: Final = re.compile(r"([\\*_~`|<>\[\]()#@:-])")  # what Discord's markdown would take as more than a letter
_RIGHT_TO_LEFT: Final = re.compile("[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufeff]")


def ephemeral(text: str) -> Message:
    """A short answer for the person alone."""
    return Message(text, private=True)


def embed_message(
    title: str, lines: Sequence[str], *, footer: str = "", buttons: tuple[Row, ...] = (), private: bool = False
) -> Message:
    """A framed text, with buttons below it."""
    embed = Embed(
        title=title[:EMBED_TITLE_MAX],
        description="\n".join(lines),
        colour=BRAND_COLOUR,
        footer=Footer(footer) if footer else None,
    )
    return Message(embeds=(embed,), components=buttons, private=private)


class Renderer(Protocol[Card_contra]):
    """How every card is drawn."""

    def __call__(self, card: Card_contra, /, *, t: Translator, avatars: Mapping[str, bytes]) -> bytes: ...


@dataclass(frozen=True, slots=True)
class RenderJob(Generic[Card_contra]):
    """Draws one card. Equal brushes draw equal pictures, so that a picture can be kept under its brush."""

    render: Renderer[Card_contra]
    card: Card_contra
    t: Translator

    def __call__(self, avatars: Mapping[str, bytes]) -> bytes:
        """The picture, with those avatars that could be had."""
        return self.render(self.card, t=self.t, avatars=avatars)


def with_image(
    message: Message,
    brush: RenderJob[Any],
    *,
    filename: str,
    alt: str,
    avatars: Iterable[str | None] = (),
    edits: bool = False,
) -> ImageReply:
    """`message` with a picture in its frame: the same facts to see and to read.

    Args:
        message: a panel().
        brush: draws the picture.
        filename: ends with .png.
        alt: what is to be seen.
        avatars: CDN paths; None where somebody has no picture.
        edits: the message whose button was pressed becomes this one.
    """
    embed = replace(message.embeds[0], image=f"attachment://{filename}")
    kind = EditMessage if edits else Message
    return ImageReply(
        kind(embeds=(embed,), components=message.components, private=message.private),
        draw=brush,
        filename=filename,
        alt=alt,
        avatars=tuple(dict.fromkeys(path for path in avatars if path)),
        edits=edits,
    )


def escape_markdown(name: str, *, longest: int = NAME_MAX) -> str:
    """What a person wrote, as text within text: nothing of it formats, mentions, or turns the line around."""
    short = name if len(name) <= longest else name[: longest - 1] + "…"
    escaped = _MARKS.sub(r"\\\1", short)
    return f"\u2068{escaped}\u2069" if _RIGHT_TO_LEFT.search(short) else escaped


def name_of(person: Person) -> str:
    """The name that the guild sees, as text within text."""
    return escape_markdown(display_name(person))


def avatar_path_of(person: Person, guild: GuildId) -> str | None:
    """Where the picture is that this person wears in the guild."""
    return avatar_path(person.user, avatar=person.avatar_hash, guild=guild, member_avatar=person.member_avatar_hash)
