"""Fallback for right-to-left text without FriBidi: Arabic presentation forms in reversed (visual) order."""

import unicodedata
from collections.abc import Sequence
from functools import cache
from typing import Final

_FORMS: Final = {"isolated", "initial", "medial", "final"}
_MIRRORED: Final = str.maketrans("()[]{}<>«»", ")(][}{><»«")


def visual_rtl(clusters: Sequence[str]) -> str:
    """`clusters`, given in reading order, in visual order from left to right, with brackets mirrored."""
    return "".join(reversed(_joined(clusters))).translate(_MIRRORED)


def _joined(clusters: Sequence[str]) -> list[str]:
    forms = _presentation_forms()
    letters = [forms.get(cluster[0], {}) for cluster in clusters]
    shown: list[str] = []
    for index, cluster in enumerate(clusters):
        own = letters[index]
        # A letter joins the next one if it has an initial form, and the previous one if it has a final form.
        after_joining = index > 0 and "initial" in letters[index - 1] and "final" in own
        before_joining = index + 1 < len(clusters) and "initial" in own and "final" in letters[index + 1]
        if after_joining:
            form = "medial" if before_joining else "final"
        else:
            form = "initial" if before_joining else "isolated"
        shown.append(own.get(form, cluster[0]) + cluster[1:])
    return shown


@cache
def _presentation_forms() -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = {}
    for code in (*range(0xFB50, 0xFE00), *range(0xFE70, 0xFEFF)):
        form, _, letter = unicodedata.decomposition(chr(code)).partition(" ")
        if form.strip("<>") in _FORMS and letter and " " not in letter:
            found.setdefault(chr(int(letter, 16)), {})[form.strip("<>")] = chr(code)
    return found
