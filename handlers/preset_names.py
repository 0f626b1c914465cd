"""Names and descriptions of the tracking presets."""

from typing import Final

from core.enums import TrackingPreset
from core.i18n import Translator

CHOICES: Final = (
    ("Silent library", TrackingPreset.SILENT_LIBRARY),
    ("Social", TrackingPreset.SOCIAL),
    ("Strict", TrackingPreset.STRICT),
)


def name_of_preset(preset: TrackingPreset, t: Translator) -> str:
    """The preset's name, as in the list of choices."""
    return t.context("choice", {value: name for name, value in CHOICES}[preset])


def describe(preset: TrackingPreset, t: Translator) -> str:
    """The preset's rules in one or two sentences."""
    match preset:
        case TrackingPreset.SILENT_LIBRARY:
            return t("Everybody in voice counts, also muted, deafened or alone: up to 16 hours a day.")
        case TrackingPreset.SOCIAL:
            return t("Time counts in company and with your sound on: up to 12 hours a day.")
        case TrackingPreset.STRICT:
            return t("Time counts with your camera or stream on and your sound on: up to 12 hours a day.")
