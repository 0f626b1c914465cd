"""One request's address at Discord: method, template, and the ids that its rate limit belongs to."""

from typing import Final
from urllib.parse import quote

from msgspec import Struct

_MAJOR: Final = ("channel", "guild", "webhook", "interaction", "token")  # resources with rate limits of their own


class Route(Struct, frozen=True):
    """Made by route(); `template` names it in logs, where a path would show the token of an interaction."""

    method: str
    template: str
    path: str
    major: str  # the ids of the top-level resource, with the token of a webhook
    is_ours: bool  # asks for the bot's token and counts to its global limit; answers to interactions do not

    def __repr__(self) -> str:
        return f"Route({self.method} {self.template})"


def route(method: str, template: str, /, **parts: str | int) -> Route:
    """The route with its `{named}` parts filled in; channel, guild, webhook and token separate its limits."""
    return Route(
        method=method,
        template=template,
        path=template.format_map({name: quote(str(part), safe="@") for name, part in parts.items()}),
        major="/".join(str(parts[name]) for name in _MAJOR if name in parts),
        is_ours="token" not in parts,
    )
