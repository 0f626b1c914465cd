"""Text of `/why` about a streak: why it has its length, and the status of each recent day."""

from typing import assert_never

from core.enums import DayStatus, ProtectionKind
from core.i18n import Translator, discord_timestamp
from handlers.messages import REASON_MAX, escape_markdown
from handlers.streak_text import streak_line
from services.explanations.streak import DayExplanation, StreakExplanation
from services.streaks.freeze_simulation import MissedDay, NotProtectedReason


def describe(found: StreakExplanation, t: Translator) -> list[str]:
    """Lines of the explanation, days oldest first."""
    needed = t.duration(found.member.threshold_s)
    lines = [
        streak_line(found.member.streak, t),
        *_run(found, t),
        t("A day counts for the streak with {time} or more.", time=needed),
    ]
    return [*lines, *(_day(story, found, t) for story in found.days)]


def _run(found: StreakExplanation, t: Translator) -> list[str]:
    streak, before = found.member.streak, found.ended
    if streak.started_on is None:
        if before is None:
            return []
        ended = t("The last run of {days} ended with {date}: {why}.", **_facts(before, t))
        return [f"{ended} {t('It stays in the record, and any active day begins the next.')}"]
    began = t("The run began on {date}.", date=t.date(streak.started_on))
    if before is not None:
        began = f"{began} {t('The one before, of {days}, ended with {date}: {why}.', **_facts(before, t))}"
    if not found.protected_days:
        return [began]
    return [
        began,
        t.plural(
            "It goes through {count} protected day, which keeps it and adds nothing.",
            "It goes through {count} protected days, which keep it and add nothing.",
            found.protected_days,
        ),
    ]


def _facts(gap: MissedDay, t: Translator) -> dict[str, str]:
    days = t.days(gap.streak_days)
    return {"days": days, "date": t.date(gap.day), "why": _unsaved(gap.not_protected, t)}


def _unsaved(why: NotProtectedReason | None, t: Translator) -> str:
    match why:
        case NotProtectedReason.SWITCHED_OFF:
            return t("freezes were switched off")
        case NotProtectedReason.ENOUGH_IN_A_ROW:
            return t("two days in a row were frozen already, and more cannot be")
        case NotProtectedReason.NONE_HELD | None:
            return t("no freeze was at hand")


def _day(story: DayExplanation, found: StreakExplanation, t: Translator) -> str:
    day = story.day
    sign, what = _what(story, found, t)
    time = f" {t.duration(day.seconds)}," if day.seconds else ""
    return f"{sign} {t.date(day.day)}:{time} {what}"


def _what(story: DayExplanation, found: StreakExplanation, t: Translator) -> tuple[str, str]:
    day = story.day
    match day.status:
        case DayStatus.ACTIVE:
            return "✓", t("active, told later") if story.is_late else t("active")
        case DayStatus.PROTECTED:
            return _protected(story, day.protection, t)
        case DayStatus.TODAY_OPEN:
            missing = t.duration(found.member.threshold_s - day.seconds + 59)
            return "○", t(
                "today is still open. {time} more make it active; until {when} nothing breaks.",
                time=missing,
                when=discord_timestamp(found.today_ends, "f"),
            )
        case DayStatus.BELOW_THRESHOLD | DayStatus.MISSED | DayStatus.NOT_A_MEMBER | DayStatus.FUTURE:
            too_little = t("too little to be active") if day.seconds else t("quiet")
            if story.ended is None:
                return "·", too_little
            ended = t("a run of {days} ended, {why}", **_facts(story.ended, t))
            return "·", f"{too_little}; {ended}"


def _protected(  # noqa: PLR0911 - a lookup table
    story: DayExplanation, kind: ProtectionKind | None, t: Translator
) -> tuple[str, str]:
    match kind:
        case ProtectionKind.FREEZE if story.earned_on is not None:
            return "❄", t("frozen by the freeze that was earned on {date}", date=t.date(story.earned_on))
        case ProtectionKind.FREEZE | None:
            return "❄", t("frozen by a freeze")
        case ProtectionKind.VACATION:
            return "☂", t("vacation")
        case ProtectionKind.TRAVEL:
            return "✈", t("skipped or cut short by a change of time zone or day start")
        case ProtectionKind.REPAIR:
            return "✚", t("repaired by the two active days after it")
        case ProtectionKind.GRANT if story.grant is not None:
            by, reason = f"<@{story.grant.by_id}>", escape_markdown(story.grant.reason, longest=REASON_MAX)
            return "★", t("protected by {staff}: {reason}", staff=by, reason=reason)
        case ProtectionKind.GRANT:
            return "★", t("protected by staff")
        case _:
            assert_never(kind)
