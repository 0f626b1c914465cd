"""The two places that a command writes to: answers on stdout, everything about the work itself on stderr."""

from functools import cache

from rich.console import Console
from rich.theme import Theme

THEME = Theme({"good": "green", "bad": "bold red", "quiet": "dim", "name": "bold cyan", "address": "underline"})


@cache
def out() -> Console:
    """Where answers go; plain text when it is no terminal."""
    return Console(theme=THEME, highlight=False, soft_wrap=False)


@cache
def err() -> Console:
    """Where progress and problems go."""
    return Console(theme=THEME, highlight=False, stderr=True)
