"""What each interaction means; the list of features that the app answers."""

from handlers.feature import Feature

FEATURES: tuple[Feature, ...] = ()
