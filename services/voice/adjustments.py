"""How corrections by staff change what a session has counted, date by date."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

Cell = tuple[date, date]  # Applies staff corrections to the counted seconds of a session, date by date.


@dataclass(slots=True)
class Adjustment:
    """One correction of a session."""

    is_void: bool = False
    seconds: int = 0  # requested seconds, until they are spread over dates
    days: dict[Cell, int] | None = None  # seconds added (negative: removed); None: not spread yet
    previous_s: int = 0  # counted seconds before the correction, set when it is spread


def corrected(
    counted: Mapping[Cell, int], lengths: Mapping[Cell, int], adjustments: Iterable[Adjustment]
) -> dict[Cell, int]:
    """The seconds that a session counts per date after these corrections, applied oldest first.

    No date counts less than zero, or more than the session's length on it. A new correction is spread here, from the
    last date to the first, and stores the result in `days`. After a void only later corrections count.

    Args:
        counted: the seconds from the segments per date.
        lengths: the session's length per date, in order; has every key of `counted`.
        adjustments: their dates may come from a calendar that has changed since.
    """
    now = {cell: counted.get(cell, 0) for cell in lengths}
    for each in adjustments:
        each_previous = sum(now.values())
        before = dict(now)
        if each.is_void:
            now = dict.fromkeys(now, 0)
        elif each.days is None:
            _spread(now, lengths, each.seconds)
        else:
            for cell, seconds in each.days.items():
                place = _place(cell, now)
                now[place] = min(max(now[place] + seconds, 0), lengths[place])
        if each.days is None:
            each.previous_s = each_previous
            each.days = {cell: now[cell] - before[cell] for cell in now if now[cell] != before[cell]}
    return now


def _spread(now: dict[Cell, int], lengths: Mapping[Cell, int], seconds: int) -> None:
    for cell in reversed(now):
        part = min(seconds, lengths[cell] - now[cell]) if seconds > 0 else max(seconds, -now[cell])
        now[cell] += part
        seconds -= part


def _place(cell: Cell, cells: Mapping[Cell, int]) -> Cell:
    """The current date for a stored one; the last date if no calendar has it any more."""
    if cell in cells:
        return cell
    near = [each for each in cells if cell[0] == each[0] or cell[1] == each[1]]
    return near[-1] if near else list(cells)[-1]
