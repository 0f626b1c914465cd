import pytest

from handlers.messages import BRAND_COLOUR, escape_markdown
from render.theme import HOUSE


def test_frames_have_the_accent_of_the_cards() -> None:
    red, green, blue = HOUSE.bright

    assert (red << 16) + (green << 8) + blue == BRAND_COLOUR


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("Ana", "Ana"),
        ("김민아 🌱", "김민아 🌱"),
        ("**bold**", r"\*\*bold\*\*"),
        ("<@123> `x` [a](b)", r"\<\@123\> \`x\` \[a\]\(b\)"),
        ("# heading - list", r"\# heading \- list"),
        ("\u05de\u05d9\u05db\u05dc", "\u2068\u05de\u05d9\u05db\u05dc\u2069"),
        ("x" * 41, "x" * 39 + "…"),
    ],
)
def test_names_stay_names(name: str, shown: str) -> None:
    assert escape_markdown(name) == shown
