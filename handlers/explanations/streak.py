"""How `/why` tells a run of days: why it is as long as it is, and what each of the last days was."""

from typing import assert_never

from core.enums import DayMark, ProtectionKind
from core.i18n import Words, at
from handlers.messages import REASON_MAX, plain
from handlers.streak_text import streak_line
from services.explanations.streak import Chronicle, DayStory
from services.streaks.freeze_simulation import Gap, Unsaved


def told(found: Chronicle, words: Words) -> list[str]:
    """The lines, the days oldest first."""
    needed = words.duration(found.member.threshold_s)
    lines = [
        streak_line(found.member.streak, words),
        *_run(found, words),
        words("A day counts for the streak with {time} or more.", time=needed),
    ]
    return [*lines, *(_day(story, found, words) for story in found.days)]


def _run(found: Chronicle, words: Words) -> list[str]:
    streak, before = found.member.streak, found.ended
    if streak.started_on is None:
        if before is None:
            return []
        ended = words("The last run of {days} ended with {date}: {why}.", **_facts(before, words))
        return [f"{ended} {words('It stays in the record, and any active day begins the next.')}"]
    began = words("The run began on {date}.", date=words.date(streak.started_on))
    if before is not None:
        began = f"{began} {words('The one before, of {days}, ended with {date}: {why}.', **_facts(before, words))}"
    if not found.protected_days:
        return [began]
    return [
        began,
        words.plural(
            "It goes through {count} protected day, which keeps it and adds nothing.",
            "It goes through {count} protected days, which keep it and add nothing.",
            found.protected_days,
        ),
    ]


def _facts(gap: Gap, words: Words) -> dict[str, str]:
    days = words.days(gap.run_days)
    return {"days": days, "date": words.date(gap.day), "why": _unsaved(gap.unsaved, words)}


def _unsaved(why: Unsaved | None, words: Words) -> str:
    match why:
        case Unsaved.SWITCHED_OFF:
            return words("freezes were switched off")
        case Unsaved.ENOUGH_IN_A_ROW:
            return words("two days in a row were frozen already, and more cannot be")
        case Unsaved.NONE_HELD | None:
            return words("no freeze was at hand")


def _day(story: DayStory, found: Chronicle, words: Words) -> str:
    day = story.day
    sign, what = _what(story, found, words)
    time = f" {words.duration(day.seconds)}," if day.seconds else ""
    return f"{sign} {words.date(day.day)}:{time} {what}"


def _what(story: DayStory, found: Chronicle, words: Words) -> tuple[str, str]:
    day = story.day
    match day.mark:
        case DayMark.ACTIVE:
            return "✓", words("active, told later") if story.is_late else words("active")
        case DayMark.PROTECTED:
            return _protected(story, day.protection, words)
        case DayMark.TODAY_OPEN:
            missing = words.duration(found.member.threshold_s - day.seconds + 59)
            return "○", words(
                "today is still open. {time} more make it active; until {when} nothing breaks.",
                time=missing,
                when=at(found.today_ends, "f"),
            )
        case DayMark.UNDER | DayMark.MISSED | DayMark.BEFORE | DayMark.FUTURE:
            too_little = words("too little to be active") if day.seconds else words("quiet")
            if story.ended is None:
                return "·", too_little
            ended = words("a run of {days} ended, {why}", **_facts(story.ended, words))
            return "·", f"{too_little}; {ended}"


def _protected(  # noqa: PLR0911 - a table
    story: DayStory, kind: ProtectionKind | None, words: Words
) -> tuple[str, str]:
    match kind:
        case ProtectionKind.FREEZE if story.earned_on is not None:
            return "❄", words("frozen by the freeze that was earned on {date}", date=words.date(story.earned_on))
        case ProtectionKind.FREEZE | None:
            return "❄", words("frozen by a freeze")
        case ProtectionKind.VACATION:
            return "☂", words("vacation")
        case ProtectionKind.TRAVEL:
            return "✈", words("skipped or cut short by a change of time zone or day start")
        case ProtectionKind.REPAIR:
            return "✚", words("repaired by the two active days after it")
        case ProtectionKind.GRANT if story.grant is not None:
            by, reason = f"<@{story.grant.by_id}>", plain(story.grant.reason, longest=REASON_MAX)
            return "★", words("protected by {staff}: {reason}", staff=by, reason=reason)
        case ProtectionKind.GRANT:
            return "★", words("protected by staff")
        case _:
            assert_never(kind)
