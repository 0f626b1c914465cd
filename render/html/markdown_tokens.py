"""Finds the closing delimiters of Discord's markdown in a text; each lookup is at most one binary search."""

import re
from bisect import bisect_left
from collections import defaultdict
from typing import Final

ESCAPED: Final = re.compile(r"\\.", re.DOTALL)
RUNS: Final = re.compile(r"\\.|\*+|_+", re.DOTALL)
TICKS: Final = re.compile(r"`+")
BRACKETS: Final = re.compile(r"\\.|[\[\]\n]", re.DOTALL)
WORD: Final = re.compile(r"[0-9A-Za-z_]")
FENCE: Final = "```"


class Marks:
    """Delimiters of one text, indexed once."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._runs: dict[str, list[tuple[int, int]]] = {"*": [], "_": []}  # spans of sequences, end exclusive
        for found in RUNS.finditer(text):
            if found[0][0] != "\\":
                self._runs[found[0][0]].append(found.span())
        self._double = {sign: [end - 2 for start, end in runs if end - start > 1] for sign, runs in self._runs.items()}
        self._escaped = {found.start() + 1 for found in ESCAPED.finditer(text)}
        self._strikes = [at for at in _everywhere(text, "~~") if text[at + 2 : at + 3] != "_"]
        self._spoilers = _everywhere(text, "||")
        self._fences = _everywhere(text, FENCE)
        self._ticks: defaultdict[int, list[int]] = defaultdict(list)
        for found in TICKS.finditer(text):
            self._ticks[len(found[0])].append(found.start())
        self._partner = _partners(text)

    def double(self, sign: str, start: int, end: int) -> int | None:
        """Position, before `end`, of the pair that closes the `**` or `__` at `start`."""
        at = _first(self._double[sign], start + 3, end - 2)
        if at is None and end - 2 >= start + 3 and self._text.startswith(sign * 2, end - 2):
            at = end - 2 if end - 2 not in self._escaped else None
        return at

    def star(self, start: int, end: int) -> int | None:
        """Position of the `*` that closes the single `*` at `start`: in an odd-length sequence, never after a space."""
        if start + 1 >= end or self._text[start + 1].isspace():
            return None
        for first, past in self._runs_from("*", start + 1, end):
            length = past - first
            if length % 2:
                is_first = first == start + 1
                if length == 1 and (is_first or self._text[first - 1].isspace()):
                    return None
                return past - 1
        return None

    def line(self, start: int, end: int) -> int | None:
        """Position of the `_` that closes the single `_` at `start`: in an odd-length sequence, not before a letter."""
        for first, past in self._runs_from("_", start + 1, end):
            length = past - first
            if length % 2:
                follows_word = past < end and WORD.match(self._text, past)
                return None if follows_word or (length == 1 and first == start + 1) else past - 1
        return None

    def strike(self, start: int, end: int) -> int | None:
        """Position of the closing `~~`."""
        at = _first(self._strikes, start + 3, end - 2)
        is_last = at is None and end - 2 >= start + 3 and self._text.startswith("~~", end - 2)
        return end - 2 if is_last else at

    def spoiler(self, start: int, end: int) -> int | None:
        """Position of the closing `||`."""
        return _first(self._spoilers, start + 3, end - 2)

    def fence(self, start: int, end: int) -> int | None:
        """Position of the next code fence at or after `start`."""
        return _first(self._fences, start, end - 3)

    def ticks(self, start: int, count: int, end: int) -> tuple[int, int] | None:
        """How many of the `count` backticks at `start` open inline code, and where the same number closes it."""
        for opening in range(count, 0, -1):
            at = _first(self._ticks[opening], start + count, end - opening)
            if at is not None:
                return opening, at
        return None

    def bracket(self, start: int, end: int) -> int | None:
        """Position of the `]` that closes the `[` at `start`, on the same line."""
        at = self._partner.get(start)
        return at if at is not None and at < end else None

    def _runs_from(self, sign: str, start: int, end: int) -> list[tuple[int, int]]:
        """Sequences of `sign` between `start` and `end`, clipped to them, up to the first of odd length."""
        runs = self._runs[sign]
        index = bisect_left(runs, start, key=lambda run: run[1] - 1)
        found: list[tuple[int, int]] = []
        while index < len(runs) and runs[index][0] < end:
            first, past = max(runs[index][0], start), min(runs[index][1], end)
            found.append((first, past))
            if (past - first) % 2:
                break
            index += 1
        return found


def _everywhere(text: str, mark: str) -> list[int]:
    """All positions of a delimiter, overlapping ones included."""
    found: list[int] = []
    at = text.find(mark)
    while at >= 0:
        found.append(at)
        at = text.find(mark, at + 1)
    return found


def _first(places: list[int], least: int, most: int) -> int | None:
    index = bisect_left(places, least)
    return places[index] if index < len(places) and places[index] <= most else None


def _partners(text: str) -> dict[int, int]:
    """The closing bracket's position for each opening bracket that has one on its line."""
    found: dict[int, int] = {}
    waiting: list[int] = []
    for bracket in BRACKETS.finditer(text):
        match bracket[0]:
            case "[":
                waiting.append(bracket.start())
            case "]" if waiting:
                found[waiting.pop()] = bracket.start()
            case "\n":
                waiting.clear()
            case _:
                pass
    return found
