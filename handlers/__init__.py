"""What each interaction means; the list of features that the app answers."""

from typing import Final

from handlers import help as helping
from handlers import leaderboard, my, now, profile, streak
from handlers.feature import Feature

_SPOKEN_OF: Final[tuple[Feature, ...]] = (
    profile.feature,
    streak.feature,
    leaderboard.feature,
    now.feature,
    my.feature,
)

FEATURES: Final[tuple[Feature, ...]] = (*_SPOKEN_OF, helping.of(_SPOKEN_OF))
