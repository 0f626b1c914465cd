"""Text of `/why` about XP and levels: which sessions earned the latest XP, and the progress to the next."""

from collections.abc import Sequence
from datetime import date
from itertools import accumulate, groupby, pairwise
from typing import Final

from core.i18n import Translator, discord_timestamp
from db.queries.explanations import CountedSession
from services.explanations.xp import Contribution, XpBreakdown, XpPoint
from services.xp import Level

SHARES_MAX: Final = 3  # sessions per XP; with more, many short sessions would not fit a message
LEVELS_MAX: Final = 5
_ROUND_UP: Final = 59  # seconds: remaining time is shown in whole minutes, rounded up


def describe(found: XpBreakdown, t: Translator) -> list[str]:
    """Lines that explain the member's XP."""
    lines = [_sum(found, t)]
    missing = t.duration(found.missing_s + _ROUND_UP)
    if found.in_progress_s > _ROUND_UP:
        begun = t(
            "The next one is on its way: {time} so far, {missing} to go.",
            time=t.duration(found.in_progress_s),
            missing=missing,
        )
        lines.append(f"{begun} {_shares(found.in_progress, t)}")
    else:
        lines.append(t("The next one comes after {time} more.", time=missing))
    if found.latest:
        lines.append(t("Where the latest come from:"))
    for stay, alike in groupby(found.latest, key=_only_stay):
        points = list(alike)
        if stay is None:
            lines += [_line(point.xp, point.xp, point.contributions, t) for point in points]
        else:
            seconds = sum(share.seconds for point in points for share in point.contributions)
            lines.append(
                _line(points[-1].xp, points[0].xp, (Contribution(points[0].contributions[0].session, seconds),), t)
            )
    return lines


def describe_level(found: XpBreakdown, reached: Sequence[tuple[Level, date]], t: Translator) -> list[str]:
    """Lines that explain the member's level, and when each level was reached."""
    level = found.level
    lines = [
        _sum(found, t),
        t("That is level **{level}**; it begins at {xp} XP.", level=level.number, xp=t.number(level.floor_xp)),
    ]
    lines += [
        "· "
        + t(
            "Level {level}, at {xp} XP: reached on {date}",
            level=each.number,
            xp=t.number(each.floor_xp),
            date=t.date(day),
        )
        for each, day in reached[-LEVELS_MAX:]
    ]
    if level.next_xp is None:
        lines.append(t("Highest level, {xp} XP beyond it", xp=t.number(level.xp - level.floor_xp)))
    else:
        missing = (level.next_xp - level.xp - 1) * 3600 + found.missing_s
        lines.append(
            t(
                "Level {level} begins at {xp} XP, after {time} more.",
                level=level.number + 1,
                xp=t.number(level.next_xp),
                time=t.duration(missing + _ROUND_UP),
            )
        )
    return [*lines, t("Breaks take nothing away: XP and levels stay.")]


def _sum(found: XpBreakdown, t: Translator) -> str:
    return t(
        "{time} counted in all make **{xp} XP**: one for each full hour.",
        time=t.duration(found.total_s),
        xp=t.number(found.level.xp),
    )


def _only_stay(point: XpPoint) -> object:
    """The session that earned a whole XP alone; None: several did."""
    return point.contributions[0].session if len(point.contributions) == 1 else None


def _line(first: int, last: int, shares: Sequence[Contribution], t: Translator) -> str:
    xp = t.number(last) if first == last else f"{t.number(first)}–{t.number(last)}"
    return f"· **{xp} XP**: {_shares(shares, t)}"


def _shares(shares: Sequence[Contribution], t: Translator) -> str:
    """Each session's contribution, in whole minutes that add up to the total."""
    until = [0, *accumulate(share.seconds for share in shares)]
    minutes = [end // 60 - start // 60 for start, end in pairwise(until)]
    told = [_share(share.session, given, t) for share, given in zip(shares[:SHARES_MAX], minutes, strict=False)]
    if others := minutes[SHARES_MAX:]:
        stays = t.plural("{count} other stay", "{count} other stays", len(others))
        told.append(t("{time} in {stays}", time=t.duration(60 * sum(others)), stays=stays))
    return " + ".join(told)


def _share(stay: CountedSession, minutes: int, t: Translator) -> str:
    until = t("now") if stay.ended_at is None else discord_timestamp(stay.ended_at)
    rooms = " ".join(f"<#{channel}>" for channel in stay.channels)
    time = t.duration(60 * minutes) if minutes else t("less than 1 min")
    return f"{time} {rooms} ({discord_timestamp(stay.started_at, 'f')}–{until})"
