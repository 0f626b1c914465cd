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

BRAND_COLOUR: Final = 0xF4BC6C  # the accent colour of the cards
NAME_MAX: Final = 40  # characters of a name within a text; Discord allows 32
REASON_MAX: Final = 80  # characters of a reason in a list: fifteen fit an embed even if every character is escaped

_MARKS: Final = re.compile(r"([\\*_~`|<>\[\]()#@:-])")  # characters with a meaning in Discord's markdown
_RIGHT_TO_LEFT: Final = re.compile("[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufeff]")


def ephemeral(text: str) -> Message:
    """A short ephemeral answer."""
    return Message(text, private=True)


def embed_message(
    title: str, lines: Sequence[str], *, footer: str = "", buttons: tuple[Row, ...] = (), private: bool = False
) -> Message:
    """A message with one embed, and buttons below it."""
    embed = Embed(
        title=title[:EMBED_TITLE_MAX],
        description="\n".join(lines),
        colour=BRAND_COLOUR,
        footer=Footer(footer) if footer else None,
    )
    return Message(embeds=(embed,), components=buttons, private=private)


class Renderer(Protocol[Card_contra]):
    """The signature of every card's render function."""

    def __call__(self, card: Card_contra, /, *, t: Translator, avatars: Mapping[str, bytes]) -> bytes: ...


@dataclass(frozen=True, slots=True)
class RenderJob(Generic[Card_contra]):
    """Renders one card. Equal jobs render equal images, so an image can be cached by its job."""

    render: Renderer[Card_contra]
    card: Card_contra
    t: Translator

    def __call__(self, avatars: Mapping[str, bytes]) -> bytes:
        """Render the image with the avatars that could be loaded."""
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
    """`message` with an image in its embed that shows the same facts as the text.

    Args:
        message: made by embed_message().
        brush: renders the image.
        filename: ends with .png.
        alt: alternative text of the image.
        avatars: CDN paths; None for users without an avatar.
        edits: True: the reply replaces the message with the clicked button.
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
    """User text for use within other text: markdown, mentions and direction changes have no effect outside it."""
    short = name if len(name) <= longest else name[: longest - 1] + "…"
    escaped = _MARKS.sub(r"\\\1", short)
    return f"\u2068{escaped}\u2069" if _RIGHT_TO_LEFT.search(short) else escaped


def name_of(person: Person) -> str:
    """The display name in the guild, escaped."""
    return escape_markdown(display_name(person))


def avatar_path_of(person: Person, guild: GuildId) -> str | None:
    """CDN path of the avatar that this user has in the guild; None when they have none."""
    return avatar_path(person.user, avatar=person.avatar_hash, guild=guild, member_avatar=person.member_avatar_hash)
