"""Renders Jinja templates to HTML with autoescape, and provides image URLs, icons and colours for them."""

from pathlib import Path
from typing import Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from playground.state.state import Guild, Member, User

FOLDER: Final = Path(__file__).parent / "templates"

_templates: Final = Environment(
    loader=FileSystemLoader(FOLDER), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
)


def draw(template: str, **values: object) -> Markup:
    """Render a template with these values."""
    return Markup(_templates.get_template(template).render(_HELPERS | values))  # noqa: S704 - autoescape is always on


def picture(user: User, *, size_px: int = 64) -> str:
    """The URL of a user's avatar."""
    if user.avatar is None:
        return f"/cdn/embed/avatars/{(user.id >> 22) % 6}.png"
    return f"/cdn/avatars/{user.id}/{user.avatar}.png?size={size_px}"


def member_picture(guild: Guild, member: Member, *, size_px: int = 64) -> str:
    """The URL of a member's avatar in a guild."""
    if member.avatar is None:
        return picture(member.user, size_px=size_px)
    return f"/cdn/guilds/{guild.id}/users/{member.user.id}/avatars/{member.avatar}.png?size={size_px}"


def guild_picture(guild: Guild, *, size_px: int = 96) -> str | None:
    """The URL of a guild's icon; None: no icon."""
    return f"/cdn/icons/{guild.id}/{guild.icon}.png?size={size_px}" if guild.icon else None


def icon(name: str, label: str = "") -> Markup:
    """An icon from icons.svg; without a label it is decorative and hidden from screen readers."""
    spoken = Markup('role="img" aria-label="{}"').format(label) if label else Markup('aria-hidden="true"')
    return Markup('<svg class="icon" {}><use href="/page/static/icons.svg#{}"></use></svg>').format(spoken, name)


def colour(number: int) -> str | None:
    """A role or embed colour as CSS; None: no colour."""
    return f"#{number:06x}" if number else None


_HELPERS: Final[dict[str, object]] = {
    "picture": picture,
    "member_picture": member_picture,
    "guild_picture": guild_picture,
    "icon": icon,
    "colour": colour,
}  # functions and constants available in every template
