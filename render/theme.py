"""Theme of all cards: colours, spacing and text styles of a dark card for Discord's dark and light modes."""

from collections.abc import Sequence
from colorsys import hsv_to_rgb, rgb_to_hsv
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from PIL import Image

from core.enums import Language
from core.i18n import Translator
from render.pillow_compat import remapped, resized
from render.text.fonts import Face
from render.text.layout import Colour, Style

WIDTH: Final = 960  # px; Discord shows 400 to 550 of them on a desktop, 360 on a phone, more on dense screens
MARGIN: Final = 48

# Contrast of text on INK: CHALK 15:1, MIST 7.8:1, HAZE 5.5:1.
INK: Final[Colour] = (20, 22, 29)
VEIL: Final = 0.055  # opacity of the CHALK overlay that makes a panel lighter than the background
RAIL: Final[Colour] = (43, 47, 60)  # bar tracks and empty day shapes
EDGE: Final[Colour] = (58, 63, 79)  # thin lines
HAZE: Final[Colour] = (136, 142, 162)
MIST: Final[Colour] = (166, 171, 188)
CHALK: Final[Colour] = (240, 237, 229)

GOLD: Final[Colour] = (240, 196, 110)
SILVER: Final[Colour] = (201, 208, 221)
BRONZE: Final[Colour] = (222, 158, 118)


_DEEP_AT: Final = 0.4  # the strength at which shade() is exactly the deep colour


@dataclass(frozen=True, slots=True)
class Accent:
    """Accent colours of one user: bright for highlights, deep for the areas below them."""

    bright: Colour

    def shade(self, strength: float) -> Colour:
        """Colour from 0.0 (background) over a deep, saturated tone to 1.0 (bright); a linear mix would be greyish."""
        hue, saturation, _ = rgb_to_hsv(*(value / 255 for value in self.bright))
        deep = hsv_to_rgb(hue, min(1.0, saturation * 1.4 + 0.1), 0.48)
        tone = (round(deep[0] * 255), round(deep[1] * 255), round(deep[2] * 255))
        if strength < _DEEP_AT:
            return mix(INK, tone, strength / _DEEP_AT)
        return mix(tone, self.bright, (strength - _DEEP_AT) / (1 - _DEEP_AT))


def mix(low: Colour, high: Colour, share: float) -> Colour:
    """Linear mix of two colours: `share` (0.0 to 1.0) of the way from `low` to `high`."""
    return (
        round(low[0] + (high[0] - low[0]) * share),
        round(low[1] + (high[1] - low[1]) * share),
        round(low[2] + (high[2] - low[2]) * share),
    )


# Each has a contrast of at least 8:1 on INK, so that numbers and shapes can use it.
ACCENTS: Final[Sequence[Accent]] = (
    Accent((244, 188, 108)),  # lamp
    Accent((246, 160, 137)),  # coral
    Accent((240, 160, 190)),  # rose
    Accent((190, 170, 250)),  # iris
    Accent((140, 190, 250)),  # sky
    Accent((112, 209, 198)),  # lagoon
    Accent((160, 210, 145)),  # sage
    Accent((218, 200, 130)),  # straw
)
HOUSE: Final = ACCENTS[0]


def accent_of(tint: int) -> Accent:
    """The accent of an id; the same id always gets the same accent."""
    return ACCENTS[(tint >> 22 ^ tint) % len(ACCENTS)]


def contrast(first: Colour, second: Colour) -> float:
    """The contrast ratio of two colours, 1.0 to 21.0. Source: WCAG 2.2, 1.4.3."""
    lighter, darker = sorted((_luminance(first), _luminance(second)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def ink_on(ground: Colour) -> Colour:
    """The text colour with the best contrast on `ground`."""
    return max((INK, CHALK), key=lambda letter: contrast(letter, ground))


def heading(t: Translator, size_px: int) -> Style:
    """Text style of headings and large numbers."""
    return Style(Face.DISPLAY, size_px, _tag(t))


def strong(t: Translator, size_px: int, *, tabular: bool = False) -> Style:
    """Text style of names and values."""
    return Style(Face.STRONG, size_px, _tag(t), tabular)


def label(t: Translator, size_px: int, *, tabular: bool = False) -> Style:
    """Text style of labels beside names and values."""
    return Style(Face.TEXT, size_px, _tag(t), tabular)


@lru_cache(maxsize=16)  # of 2 MB each
def ground(height: int, accent: Accent) -> Image.Image:
    """An empty card with a soft glow of the accent in its upper right corner. It is cached: copy it before drawing."""
    small = (WIDTH // 8, height // 8)
    glow = resized(Image.radial_gradient("L"), (small[0] * 2, small[1] * 2))
    # The gradient is black in its centre; its inverted lower left quarter is a glow that fades from the corner.
    fading = [max(0, 200 - value) * 0.17 for value in range(256)]
    mask = resized(remapped(glow.crop((0, small[1], small[0], small[1] * 2)), fading), (WIDTH, height))
    card = Image.new("RGB", (WIDTH, height), INK)
    card.paste(accent.bright, (0, 0), mask)
    return card


def _tag(t: Translator) -> str:
    return _TAGS[t.language]


_TAGS: Final = {Language.EN: "en", Language.KO: "ko", Language.ES: "es", Language.ZH_TW: "zh-TW"}


def _luminance(colour: Colour) -> float:
    red, green, blue = (_linear(value / 255) for value in colour)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _linear(channel: float) -> float:
    return channel / 12.92 if channel <= _SRGB_KNEE else ((channel + 0.055) / 1.055) ** 2.4


_SRGB_KNEE: Final = 0.04045  # below it sRGB is a straight line
