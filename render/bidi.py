"""The order in which signs of left-to-right and right-to-left scripts stand on one line."""

import unicodedata
from collections.abc import Sequence
from typing import Final

_STRONG: Final = {"L", "R", "AL"}
_NEUTRAL: Final = {"B", "S", "WS", "ON", "BN", "LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"}
_BRACKETS: Final = {"(": ")", "[": "]", "{": "}", "「": "」", "『": "』", "【": "】", "《": "》", "〈": "〉", "⟨": "⟩"}


def base_level(clusters: Sequence[str]) -> int:
    """0 for a line that reads from the left, 1 from the right: as its first letter does."""
    for cluster in clusters:
        kind = unicodedata.bidirectional(cluster[0])
        if kind in _STRONG:
            return 0 if kind == "L" else 1
    return 0


def levels(clusters: Sequence[str]) -> list[int]:
    """The embedding level of each sign: odd ones read from the right.

    Unicode's bidirectional algorithm for one line without explicit directions; these were taken out before.
    """
    base = base_level(clusters)
    kinds = [unicodedata.bidirectional(cluster[0]) or "L" for cluster in clusters]
    _resolve_weak(kinds, base)
    _resolve_brackets(clusters, kinds, base)
    _resolve_neutral(kinds, base)
    found: list[int] = []
    for kind in kinds:
        if base == 0:
            found.append({"L": 0, "R": 1, "EN": 2, "AN": 2}[kind])
        else:
            found.append({"R": 1, "L": 2, "EN": 2, "AN": 2}[kind])
    for index in range(len(clusters) - 1, -1, -1):  # spaces at the end belong to the line itself
        if not clusters[index].isspace():
            break
        found[index] = base
    return found


def visual_order(run_levels: Sequence[int]) -> list[int]:
    """Indexes of runs from the left to the right, given the level of each in reading order."""
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


def _resolve_weak(kinds: list[str], base: int) -> None:
    start = "R" if base else "L"
    strong = previous = start
    for index, kind in enumerate(kinds):  # W1 to W3: marks follow their letter, digits after Arabic are Arabic
        resolved = previous if kind == "NSM" else kind
        if resolved == "EN" and strong == "AL":
            resolved = "AN"
        if resolved in _STRONG:
            strong = resolved
        kinds[index] = previous = resolved
    for index, kind in enumerate(kinds):
        kinds[index] = "R" if kind == "AL" else kind
    for index in range(1, len(kinds) - 1):  # W4: one separator inside a number
        before, kind, after = kinds[index - 1 : index + 2]
        if before == after and ((kind == "CS" and before in {"EN", "AN"}) or (kind == "ES" and before == "EN")):
            kinds[index] = before
    index = 0
    while index < len(kinds):  # W5: signs such as % and currency beside a number
        end = index
        while end < len(kinds) and kinds[end] == "ET":
            end += 1
        if end > index and ((index and kinds[index - 1] == "EN") or (end < len(kinds) and kinds[end] == "EN")):
            kinds[index:end] = ["EN"] * (end - index)
        index = max(end, index + 1)
    strong = start
    for index, kind in enumerate(kinds):  # W6, W7
        if kind in {"ES", "ET", "CS"} or kind in _NEUTRAL:
            kinds[index] = "ON"
        elif kind == "EN" and strong == "L":
            kinds[index] = "L"
        elif kind in {"L", "R"}:
            strong = kind


def _resolve_brackets(clusters: Sequence[str], kinds: list[str], base: int) -> None:
    own = "R" if base else "L"
    opened: list[tuple[str, int]] = []
    pairs: list[tuple[int, int]] = []
    for index, cluster in enumerate(clusters):
        if kinds[index] != "ON":
            continue
        if cluster in _BRACKETS:
            opened.append((_BRACKETS[cluster], index))
        else:
            for depth in range(len(opened) - 1, -1, -1):
                if opened[depth][0] == cluster:
                    pairs.append((opened[depth][1], index))
                    del opened[depth:]
                    break
    for first, last in sorted(pairs):  # N0: a pair of brackets goes one way, with what it holds or what stands before
        inside = {_direction(kind) for kind in kinds[first + 1 : last]} - {None}
        if own in inside:
            direction = own
        elif inside:
            before = next((way for kind in reversed(kinds[:first]) if (way := _direction(kind))), own)
            direction = before if before in inside else own
        else:
            continue
        kinds[first] = kinds[last] = direction


def _resolve_neutral(kinds: list[str], base: int) -> None:
    own = "R" if base else "L"
    index = 0
    while index < len(kinds):  # N1, N2: between two of a kind as they go, otherwise as the line goes
        end = index
        while end < len(kinds) and kinds[end] == "ON":
            end += 1
        if end > index:
            before = (_direction(kinds[index - 1]) if index else None) or own
            after = (_direction(kinds[end]) if end < len(kinds) else None) or own
            kinds[index:end] = [before if before == after else own] * (end - index)
        index = max(end, index + 1)


def _direction(kind: str) -> str | None:
    return {"L": "L", "R": "R", "EN": "R", "AN": "R"}.get(kind)
