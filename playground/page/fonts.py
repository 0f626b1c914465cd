"""The bundled fonts for a browser, so that every script shows on any machine."""

import json
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Final

FOLDER: Final = Path(__file__).parents[2] / "assets" / "fonts"
EMOJI: Final = "NotoColorEmoji.ttf"
LAST: Final = ("NotoSansSymbols-SemiBold.ttf", "NotoSansSymbols2-Regular.ttf", "NotoSansMath-Regular.ttf")
LIGHT: Final = "400 500"  # weights of text; everything heavier is a heading or a name
HEAVY: Final = "600 900"
WEIGHTS: Final = {
    "Inter-Medium.otf": LIGHT,
    "Inter-SemiBold.otf": HEAVY,
    "NotoSansCJK-Medium.otf": LIGHT,
}  # the other files serve all weights


@cache
def stylesheet() -> str:
    """A rule for each font: "Lyceum" for letters, "Lyceum Emoji", and "Lyceum Symbols" for what neither has.

    Where the signs of two files overlap, a browser takes the later rule, so the first file of the fallback comes last.
    """
    coverage: dict[str, list[int]] = json.loads((FOLDER / "coverage.json").read_text(encoding="utf-8"))
    rules = [_rule(file, _family(file), bounds) for file, bounds in coverage.items() if file != "Fraunces-Display.ttf"]
    return "\n".join(reversed(rules))


def _family(file: str) -> str:
    if file == EMOJI:
        return "Lyceum Emoji"
    return "Lyceum Symbols" if file in LAST else "Lyceum"


def _rule(file: str, family: str, bounds: list[int]) -> str:
    ranges = ",".join(_range(first, last) for (first, last) in list(pairwise(bounds))[::2])
    return (
        f'@font-face{{font-family:"{family}";src:url("/page/fonts/{file}");font-weight:{WEIGHTS.get(file, "400 900")};'
        f"font-display:swap;unicode-range:{ranges}}}"
    )


def _range(first: int, last: int) -> str:
    return f"U+{first:X}" if first == last else f"U+{first:X}-{last:X}"
