"""Generates the @font-face rules for the bundled fonts, so that every script renders on any machine."""

import json
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Final

FOLDER: Final = Path(__file__).parents[2] / "assets" / "fonts"
LIGHT: Final = "400 500"  # weights of regular text; heavier weights are headings and names
HEAVY: Final = "600 900"
ALL: Final = "400 900"
SCRIPTS: Final = ("Lyceum Scripts", ALL)
# For each character, a browser tries font families in order, and in each only the files with the nearest weight.
FAMILIES: Final[dict[str, tuple[tuple[str, str], ...]]] = {
    "Inter-Medium.otf": (("Lyceum", LIGHT),),
    "Inter-SemiBold.otf": (("Lyceum", HEAVY),),
    "Fraunces-Display.ttf": (("Lyceum Display", ALL),),
    "NotoSansCJK-Medium.otf": (("Lyceum Han", LIGHT),),
    "NotoSansCJK-Bold.otf": (("Lyceum Han", HEAVY), ("Lyceum Rare", ALL)),
    "NotoColorEmoji.ttf": (("Lyceum Emoji", ALL),),
    "NotoSansSymbols-SemiBold.ttf": (("Lyceum Symbols", ALL),),
    "NotoSansSymbols2-Regular.ttf": (("Lyceum Symbols", ALL),),
    "NotoSansMath-Regular.ttf": (("Lyceum Symbols", ALL),),
}  # every other file is in SCRIPTS


@cache
def stylesheet() -> str:
    """All @font-face rules; the order of the font families is in base.css.

    If the ranges of two files of a family overlap, a browser uses the later rule, so the preferred fallback font is
    written last.
    """
    coverage: dict[str, list[int]] = json.loads((FOLDER / "coverage.json").read_text(encoding="utf-8"))
    rules = [
        _rule(file, family, weights, bounds)
        for file, bounds in coverage.items()
        for family, weights in FAMILIES.get(file, (SCRIPTS,))
    ]
    return "\n".join(reversed(rules))


def _rule(file: str, family: str, weights: str, bounds: list[int]) -> str:
    ranges = ",".join(_range(first, last) for first, last in list(pairwise(bounds))[::2])
    return (
        f'@font-face{{font-family:"{family}";src:url("/page/fonts/{file}");font-weight:{weights};'
        f"font-display:swap;unicode-range:{ranges}}}"
    )


def _range(first: int, last: int) -> str:
    return f"U+{first:X}" if first == last else f"U+{first:X}-{last:X}"
