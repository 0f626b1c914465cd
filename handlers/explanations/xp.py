"""How `/why` tells XP and levels: which stays made the latest points, and what is on the way to the next."""

from collections.abc import Sequence
from datetime import date
from itertools import accumulate, groupby, pairwise
from typing import Final

from core.i18n import Words, at
from db.queries.explanations import CountedStay
from services.explanations.xp import Point, Points, Share
from services.xp import Level

SHARES_MAX: Final = 3  # of one point; a message holds no more of the shortest stays
LEVELS_MAX: Final = 5
_ROUND_UP: Final = 59  # seconds: what is missing is told in whole minutes, and too few would be wrong


def told(found: Points, words: Words) -> list[str]:
    """Where the XP come from."""
    lines = [_sum(found, words)]
    missing = words.duration(found.missing_s + _ROUND_UP)
    if found.begun_s > _ROUND_UP:
        begun = words(
            "The next one is on its way: {time} so far, {missing} to go.",
            time=words.duration(found.begun_s),
            missing=missing,
        )
        lines.append(f"{begun} {_shares(found.begun, words)}")
    else:
        lines.append(words("The next one comes after {time} more.", time=missing))
    if found.latest:
        lines.append(words("Where the latest come from:"))
    for stay, alike in groupby(found.latest, key=_only_stay):
        points = list(alike)
        if stay is None:
            lines += [_line(point.xp, point.xp, point.shares, words) for point in points]
        else:
            seconds = sum(share.seconds for point in points for share in point.shares)
            lines.append(_line(points[-1].xp, points[0].xp, (Share(points[0].shares[0].stay, seconds),), words))
    return lines


def level_told(found: Points, reached: Sequence[tuple[Level, date]], words: Words) -> list[str]:
    """Where the level comes from, and when each was reached."""
    level = found.level
    lines = [
        _sum(found, words),
        words("That is level **{level}**; it begins at {xp} XP.", level=level.number, xp=words.number(level.floor_xp)),
    ]
    lines += [
        "· "
        + words(
            "Level {level}, at {xp} XP: reached on {date}",
            level=each.number,
            xp=words.number(each.floor_xp),
            date=words.date(day),
        )
        for each, day in reached[-LEVELS_MAX:]
    ]
    if level.next_xp is None:
        lines.append(words("Highest level, {xp} XP beyond it", xp=words.number(level.xp - level.floor_xp)))
    else:
        missing = (level.next_xp - level.xp - 1) * 3600 + found.missing_s
        lines.append(
            words(
                "Level {level} begins at {xp} XP, after {time} more.",
                level=level.number + 1,
                xp=words.number(level.next_xp),
                time=words.duration(missing + _ROUND_UP),
            )
        )
    return [*lines, words("Breaks take nothing away: XP and levels stay.")]


def _sum(found: Points, words: Words) -> str:
    return words(
        "{time} counted in all make **{xp} XP**: one for each full hour.",
        time=words.duration(found.total_s),
        xp=words.number(found.level.xp),
    )


def _only_stay(point: Point) -> object:
    """The stay that made a whole point; None: several did."""
    return point.shares[0].stay if len(point.shares) == 1 else None


def _line(first: int, last: int, shares: Sequence[Share], words: Words) -> str:
    xp = words.number(last) if first == last else f"{words.number(first)}–{words.number(last)}"
    return f"· **{xp} XP**: {_shares(shares, words)}"


def _shares(shares: Sequence[Share], words: Words) -> str:
    """What each stay gave, in minutes that add up to those of the whole."""
    until = [0, *accumulate(share.seconds for share in shares)]
    minutes = [end // 60 - start // 60 for start, end in pairwise(until)]
    told = [_share(share.stay, given, words) for share, given in zip(shares[:SHARES_MAX], minutes, strict=False)]
    if others := minutes[SHARES_MAX:]:
        stays = words.plural("{count} other stay", "{count} other stays", len(others))
        told.append(words("{time} in {stays}", time=words.duration(60 * sum(others)), stays=stays))
    return " + ".join(told)


def _share(stay: CountedStay, minutes: int, words: Words) -> str:
    until = words("now") if stay.ended_at is None else at(stay.ended_at)
    rooms = " ".join(f"<#{channel}>" for channel in stay.channels)
    time = words.duration(60 * minutes) if minutes else words("less than 1 min")
    return f"{time} {rooms} ({at(stay.started_at, 'f')}–{until})"
