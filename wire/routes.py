"""REST routes: HTTP method, path template, and the ids that determine the rate limit bucket."""

from typing import Final
from urllib.parse import quote

from msgspec import Struct

_MAJOR: Final = ("channel", "guild", "webhook", "interaction", "token")  # resources with separate rate limits


class Route(Struct, frozen=True):
    """Created by route(); logs contain `template`, because a path can contain an interaction token."""

    method: str
    template: str
    path: str
    major: str  # ids of the top-level resource, with the webhook token
    is_ours: bool  # needs the bot token and counts towards its global limit; interaction responses do not

    def __repr__(self) -> str:
        return f"Route({self.method} {self.template})"


def route(method: str, template: str, /, **parts: str | int) -> Route:
    """The route with `parts` in the `{placeholders}` of its template; parts in _MAJOR get separate rate limits."""
    return Route(
        method=method,
        template=template,
        path=template.format_map({name: quote(str(part), safe="@") for name, part in parts.items()}),
        major="/".join(str(parts[name]) for name in _MAJOR if name in parts),
        is_ours="token" not in parts,
    )
