"""The two places that a command writes to: answers on stdout, everything about the work itself on stderr."""

import json
from functools import cache

from rich.console import Console
from rich.theme import Theme

from cli.terminal import is_unicode

THEME = Theme({"good": "green", "bad": "bold red", "quiet": "dim", "name": "bold cyan", "address": "underline"})


@cache
def out() -> Console:
    """Where answers go; plain text when it is no terminal."""
    return Console(theme=THEME, highlight=False, soft_wrap=False)


@cache
def err() -> Console:
    """Where progress and problems go."""
    return Console(theme=THEME, highlight=False, stderr=True)


def json_text(value: object) -> str:
    """A value as JSON for standard output, without loss also where the terminal knows few characters."""
    return json.dumps(value, ensure_ascii=not is_unicode(out().encoding))


def spinner() -> str:
    """The name of a spinner that the terminal can show."""
    return "dots" if is_unicode(out().encoding) else "line"
