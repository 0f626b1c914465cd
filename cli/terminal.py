"""Adapts to terminals that are not UTF-8: decodes arguments, and replaces characters that output cannot encode."""

import codecs
import io
import os
import sys
import unicodedata
from collections.abc import Callable
from typing import Final

from cli.errors import USAGE, CliError

FALLBACKS: Final = {
    "✓": "+",
    "✗": "x",
    "→": "->",
    "←": "<-",
    "…": "...",
    "│": "|",
    "▎": "|",
    "▌": "|",
    "─": "-",
    "–": "-",
    "—": "-",
    "·": "*",
    "•": "*",
    "▶": ">",
    "◀": "<",
    "●": "o",
    "‘": "'",  # noqa: RUF001 - this exact character
    "’": "'",
    "“": '"',
    "”": '"',
    "\u00a0": " ",
    "\u202f": " ",
}
_INVISIBLE: Final = frozenset({"Mn", "Cf"})  # combining marks and joiners are dropped


def adapt() -> None:
    """Set up stdout and stderr to replace what this terminal cannot show, and decode `sys.argv`.

    Raises:
        CliError: an argument cannot be decoded.
    """
    for stream, name, unknown in ((sys.stdout, "lyceum-out", _question), (sys.stderr, "lyceum-err", _escape)):
        if isinstance(stream, io.TextIOWrapper) and not is_unicode(stream.encoding):
            codecs.register_error(name, _handler(unknown))
            stream.reconfigure(errors=name)
    sys.argv[1:] = [argument_text(each) for each in sys.argv[1:]]


def is_unicode(encoding: str | None) -> bool:
    """Whether this encoding can represent every character."""
    return (encoding or "").lower().replace("_", "-").startswith("utf")


def argument_text(argument: str) -> str:
    """An argument as text, also where Python decoded its bytes as ASCII.

    Raises:
        CliError: its bytes are not UTF-8.
    """
    if not any("\ud800" <= character <= "\udfff" for character in argument):
        return argument
    try:
        return os.fsencode(argument).decode("utf-8")
    except UnicodeError:
        shown = argument.encode("ascii", "backslashreplace").decode("ascii")
        told = f'"{shown}" is not written in UTF-8: set the terminal to UTF-8, such as with LC_ALL=C.UTF-8.'
        raise CliError(told, code=USAGE) from None


def path_text(path: str) -> str:
    """A path that this process can open, also where Python's file system encoding is ASCII."""
    try:
        os.fsencode(path)
    except UnicodeEncodeError:
        return os.fsdecode(path.encode("utf-8", "surrogateescape"))
    return path


def _handler(unknown: Callable[[str], str]) -> Callable[[UnicodeError], tuple[str, int]]:
    def replace(error: UnicodeError) -> tuple[str, int]:
        if not isinstance(error, UnicodeEncodeError):
            raise error
        text = error.object[error.start : error.end]
        return "".join(FALLBACKS.get(each) or _plain(each) or unknown(each) for each in text), error.end

    return replace


def _plain(character: str) -> str:
    """The letters without their combining marks, if they are ASCII then."""
    letters = "".join(each for each in unicodedata.normalize("NFKD", character) if each.isascii())
    return letters if letters.isprintable() else ""


def _question(character: str) -> str:
    return "" if unicodedata.category(character) in _INVISIBLE else "?"


def _escape(character: str) -> str:
    return character.encode("ascii", "backslashreplace").decode("ascii")
