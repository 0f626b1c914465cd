"""Renders code blocks as HTML with Discord's colours for `diff` and `ansi`; other languages stay plain."""

import re
from typing import Final

from markupsafe import Markup, escape

SIGNS: Final = {"+": "is-added", "-": "is-removed", "!": "is-noted", "@": "is-place"}  # at the beginning of a line
STYLE: Final = re.compile(r"\x1b\[([\d;]{0,24})m")
SPAN: Final = Markup('<span class="{}">{}</span>')


def coloured(code: str, language: str) -> Markup:
    """The escaped code with coloured spans for `diff` and `ansi`; other languages have none."""
    match language.lower():
        case "diff":
            return Markup("\n").join(_diff_line(line) for line in code.split("\n"))
        case "ansi":
            return _ansi(code)
        case _:
            return escape(code)


def _diff_line(line: str) -> Markup:
    kind = SIGNS.get(line[:1])
    return SPAN.format(kind, line) if kind else escape(line)


def _ansi(code: str) -> Markup:
    pieces: list[Markup] = []
    styles: dict[str, str] = {}
    at = 0
    for found in STYLE.finditer(code):
        pieces.append(_styled(code[at : found.start()], styles))
        for number in found[1].split(";"):
            _turn(styles, int(number or 0))
        at = found.end()
    return Markup("").join([*pieces, _styled(code[at:], styles)])


def _turn(styles: dict[str, str], number: int) -> None:
    """Apply one parameter of an ANSI sequence; parameters that Discord does not support change nothing."""
    match number:
        case 0:
            styles.clear()
        case 1:
            styles["weight"] = "is-bold"
        case 4:
            styles["line"] = "is-underlined"
        case _ if 30 <= number <= 37:  # noqa: PLR2004 - colours of letters
            styles["letters"] = f"ansi-{number}"
        case _ if 40 <= number <= 47:  # noqa: PLR2004 - colours behind them
            styles["behind"] = f"ansi-{number}"
        case _:
            pass


def _styled(text: str, styles: dict[str, str]) -> Markup:
    return SPAN.format(" ".join(styles.values()), text) if text and styles else escape(text)
