"""Interaction handlers, and the list of features that the app serves.

The list is built on first use: a process with features of its own, or one that only answers a ping, imports no image
library.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from handlers.feature import Feature

    FEATURES: tuple[Feature, ...]

_MODULES: Final = (
    "profiles",
    "streaks.streak",
    "leaderboards",
    "voice.now",
    "members.my",
    "streaks.freeze",
    "streaks.streak_admin",
    "voice.session",
    "tracking",
    "explanations.why",
    "tools",
)  # in the order in which /help lists them


def __getattr__(name: str) -> object:
    if name != "FEATURES":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from handlers import help as helping  # noqa: PLC0415 - see the top

    spoken_of = tuple(import_module(f"{__name__}.{module}").feature for module in _MODULES)
    features = (*spoken_of, helping.build_help_feature(spoken_of))
    globals()["FEATURES"] = features
    return features
