"""How presets are called and told."""

from typing import Final

from core.enums import Preset
from core.i18n import Words

CHOICES: Final = (
    ("Silent library", Preset.SILENT_LIBRARY),
    ("Social", Preset.SOCIAL),
    ("Strict", Preset.STRICT),
)


def name_of_preset(preset: Preset, words: Words) -> str:
    """What the list of choices calls it."""
    return words.context("choice", {value: name for name, value in CHOICES}[preset])


def told(preset: Preset, words: Words) -> str:
    """Its rules in a sentence or two."""
    match preset:
        case Preset.SILENT_LIBRARY:
            return words("Everybody in voice counts, also muted, deafened or alone: up to 16 hours a day.")
        case Preset.SOCIAL:
            return words("Time counts in company and with your sound on: up to 12 hours a day.")
        case Preset.STRICT:
            return words("Time counts with your camera or stream on and your sound on: up to 12 hours a day.")
