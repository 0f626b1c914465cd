"""What each interaction means; the list of features that the app answers."""

from typing import Final

from handlers import help as helping
from handlers import leaderboard, now
from handlers.feature import Feature

_SPOKEN_OF: Final[tuple[Feature, ...]] = (
    leaderboard.feature,
    now.feature,
)

FEATURES: Final[tuple[Feature, ...]] = (*_SPOKEN_OF, helping.of(_SPOKEN_OF))
