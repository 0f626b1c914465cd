import pytest

from core.enums import Language
from core.i18n import translator_for
from render import avatar, theme
from render.cards.streaks.day_status import _INTENSITY
from render.theme import ACCENTS, Accent

AA = 4.5


def test_letters_read_on_the_ground_and_on_panels() -> None:
    panel = theme.mix(theme.INK, theme.CHALK, 2 * theme.VEIL)

    for letter in (theme.CHALK, theme.MIST, theme.HAZE):
        assert theme.contrast(letter, theme.INK) >= AA
    for letter in (theme.CHALK, theme.MIST, theme.GOLD, theme.SILVER, theme.BRONZE):
        assert theme.contrast(letter, panel) >= AA


@pytest.mark.parametrize("accent", ACCENTS)
def test_every_accent_reads_and_can_be_read_on(accent: Accent) -> None:
    assert theme.contrast(accent.bright, theme.INK) >= 7
    # The glow in the corner is the brightest background of a card.
    corner = theme.ground(640, accent).getpixel((theme.WIDTH - 1, 0))
    assert isinstance(corner, tuple)
    red, green, blue = (int(value) for value in corner)
    assert theme.contrast(theme.MIST, (red, green, blue)) >= AA
    for _, strength in _INTENSITY:
        shade = accent.shade(strength)
        assert theme.contrast(theme.ink_on(shade), shade) >= AA


@pytest.mark.parametrize("colour", avatar._GROUNDS)
def test_initials_read_on_their_colours(colour: tuple[int, int, int]) -> None:
    assert theme.contrast(avatar._LETTER, colour) >= AA


def test_an_id_keeps_its_colour() -> None:
    ids = [175928847299117063 + (step << 22) for step in range(64)]

    assert [theme.accent_of(each) for each in ids] == [theme.accent_of(each) for each in ids]
    assert {theme.accent_of(each) for each in ids} == set(ACCENTS)


@pytest.mark.parametrize("language", list(Language))
def test_styles_carry_the_language_of_the_words(language: Language) -> None:
    assert theme.label(translator_for(language), 24).language == language.value
