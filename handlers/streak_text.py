"""One line that says how a streak stands."""

from core.i18n import Words
from services.streaks.streak import Streak


def streak_line(streak: Streak, words: Words) -> str:
    """The run that is alive and the best one."""
    return words(
        "Streak: **{current}** · longest **{longest}**",
        current=words.days(streak.current),
        longest=words.days(streak.longest),
    )
