"""Rich consoles of the command line: results on stdout, progress and errors on stderr."""

import json
from functools import cache

from rich.console import Console
from rich.theme import Theme

from cli.terminal import is_unicode

THEME = Theme({"good": "green", "bad": "bold red", "quiet": "dim", "name": "bold cyan", "address": "underline"})


@cache
def out() -> Console:
    """Console for results on stdout; plain text if stdout is not a terminal."""
    return Console(theme=THEME, highlight=False, soft_wrap=False)


@cache
def err() -> Console:
    """Console for progress and errors on stderr."""
    return Console(theme=THEME, highlight=False, stderr=True)


def json_text(value: object) -> str:
    """A value as JSON for stdout; characters that the terminal's encoding lacks are escaped."""
    return json.dumps(value, ensure_ascii=not is_unicode(out().encoding))


def spinner() -> str:
    """The name of a Rich spinner that the terminal's encoding can show."""
    return "dots" if is_unicode(out().encoding) else "line"
