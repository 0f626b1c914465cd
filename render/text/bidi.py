"""Unicode bidirectional algorithm for one line: embedding levels and visual order of mixed-direction text."""

import re
import unicodedata
from collections.abc import Sequence
from typing import Final

# One letter for each of Unicode's classes that matter here; all others are neutral, O.
_KINDS: Final = {"L": "L", "R": "R", "AL": "A", "EN": "E", "AN": "N", "ES": "S", "ET": "T", "CS": "C", "NSM": "M"}
_NEUTRAL: Final = "O"
_BRACKETS: Final = {"(": ")", "[": "]", "{": "}", "「": "」", "『": "』", "【": "】", "《": "》", "〈": "〉", "⟨": "⟩"}
_LEVELS: Final = (
    {"L": 0, "R": 1, "E": 2, "N": 2},
    {"L": 2, "R": 1, "E": 2, "N": 2},
)  # in a left-to-right line, in a right-to-left line


def base_level(clusters: Sequence[str]) -> int:
    """Base level of a line by its first strong letter: 0 left to right, 1 right to left."""
    first = next((kind for cluster in clusters if (kind := _kind(cluster)) in "LRA"), "L")
    return 0 if first == "L" else 1


def levels(clusters: Sequence[str]) -> list[int]:
    """The embedding level of each character; odd levels are right to left.

    Unicode's bidirectional algorithm (annex 9) for one line without explicit directional controls, which sanitize()
    has removed.
    """
    base = base_level(clusters)
    own = "LR"[base]
    kinds = _resolved_weak("".join(map(_kind, clusters)), own)
    kinds = _resolved_brackets(clusters, kinds, own)
    kinds = re.sub("O+", lambda found: _between(kinds, found.span(), own) * len(found[0]), kinds)
    return [_LEVELS[base][kind] for kind in kinds]


def visual_order(run_levels: Sequence[int]) -> list[int]:
    """Indexes of text runs in visual order (left to right), given their levels in reading order."""
    order = list(range(len(run_levels)))
    for level in range(max(run_levels, default=0), 0, -1):
        start = 0
        while start < len(order):
            if run_levels[order[start]] < level:
                start += 1
                continue
            end = start
            while end < len(order) and run_levels[order[end]] >= level:
                end += 1
            order[start:end] = reversed(order[start:end])
            start = end
    return order


def _kind(cluster: str) -> str:
    return _KINDS.get(unicodedata.bidirectional(cluster[0]), _NEUTRAL)


def _resolved_weak(kinds: str, own: str) -> str:
    """Resolve the direction of combining marks, digits and number separators from their neighbours (rules W1 to W7)."""
    kinds = re.sub(
        "(.)(M+)", lambda found: found[1] * len(found[0]), re.sub("^M+", lambda found: own * len(found[0]), kinds)
    )
    kinds = re.sub("A[^LR]*", lambda found: found[0].replace("E", "N"), kinds)  # digits after Arabic letters
    kinds = kinds.replace("A", "R")
    kinds = re.sub("(?<=E)[SC](?=E)", "E", re.sub("(?<=N)C(?=N)", "N", kinds))  # one separator inside a number
    kinds = re.sub("T+(?=E)|(?<=E)T+", lambda found: "E" * len(found[0]), kinds)  # percent, currency
    kinds = re.sub("[STC]", _NEUTRAL, kinds)
    from_left = "(?:^|L)[^R]*" if own == "L" else "L[^R]*"
    return re.sub(from_left, lambda found: found[0].replace("E", "L"), kinds)


def _resolved_brackets(clusters: Sequence[str], kinds: str, own: str) -> str:
    """Give both brackets of a pair one direction: that of their content, or else that of the text before (rule N0)."""
    resolved = list(kinds)
    for first, last in sorted(_pairs(clusters, kinds)):
        inside = {_side(kind) for kind in resolved[first + 1 : last]} - {_NEUTRAL}
        if not inside:
            continue
        before = next((side for kind in reversed(resolved[:first]) if (side := _side(kind)) != _NEUTRAL), own)
        resolved[first] = resolved[last] = before if before in inside and own not in inside else own
    return "".join(resolved)


def _pairs(clusters: Sequence[str], kinds: str) -> list[tuple[int, int]]:
    opened: list[tuple[str, int]] = []
    pairs: list[tuple[int, int]] = []
    for index, cluster in enumerate(clusters):
        if kinds[index] != _NEUTRAL:
            continue
        if cluster in _BRACKETS:
            opened.append((_BRACKETS[cluster], index))
        depth = next((depth for depth in range(len(opened) - 1, -1, -1) if opened[depth][0] == cluster), None)
        if depth is not None:
            pairs.append((opened[depth][1], index))
            del opened[depth:]
    return pairs


def _between(kinds: str, span: tuple[int, int], own: str) -> str:
    """Neutral characters between two of one direction take it, otherwise that of the line (rules N1, N2)."""
    before = _side(kinds[span[0] - 1]) if span[0] else own
    after = _side(kinds[span[1]]) if span[1] < len(kinds) else own
    return before if before == after else own


def _side(kind: str) -> str:
    return "R" if kind in "EN" else kind
