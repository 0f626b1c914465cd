"""Formats a member's current and best streak as one line."""

from core.i18n import Translator
from services.streaks.streak import Streak


def streak_line(streak: Streak, t: Translator) -> str:
    """The current and the longest streak."""
    return t(
        "Streak: **{current}** · longest **{longest}**",
        current=t.days(streak.current),
        longest=t.days(streak.longest),
    )
