import json

import pytest

from render.text.fonts import EMOJI, EMOJI_NEWER, FOLDER, Face, emoji_font_for, font_for, open_font, shaping_is_complete
from render.text.graphemes import is_emoji

needs_shaping = pytest.mark.skipif(not shaping_is_complete(), reason="the system has no FriBidi library")

LICENCES = {
    "Inter-": "OFL-Inter.txt",
    "Fraunces-": "OFL-Fraunces.txt",
    "NotoSansCJK-": "OFL-NotoSansCJK.txt",
    "NotoColorEmoji": "OFL-NotoColorEmoji.txt",
    "Noto": "OFL-NotoSans.txt",
}


def fonts() -> list[str]:
    return sorted(path.name for path in FOLDER.iterdir() if path.suffix in {".ttf", ".otf"})


def test_every_font_has_its_licence_beside_it() -> None:
    for font in fonts():
        licence = next(file for start, file in LICENCES.items() if font.startswith(start))

        assert "SIL Open Font License, Version 1.1" in (FOLDER / licence).read_text(encoding="utf-8")


def test_the_list_of_coverage_names_every_font() -> None:
    listed = json.loads((FOLDER / "coverage.json").read_text(encoding="ascii"))

    assert sorted(listed) == fonts()
    assert all(bounds == sorted(bounds) and len(bounds) % 2 == 0 for bounds in listed.values())


def test_every_font_opens() -> None:
    for font in fonts():
        assert open_font(font, 24, shaped=False).getname()[0]


def test_fonts_leave_room_in_the_repository() -> None:
    assert sum(path.stat().st_size for path in FOLDER.iterdir()) < 36_000_000


def test_each_voice_begins_with_its_own_font() -> None:
    assert [font_for("a", face) for face in Face] == ["Fraunces-Display.ttf", "Inter-SemiBold.otf", "Inter-Medium.otf"]
    assert [font_for("김", face) for face in Face] == [
        "NotoSansCJK-Bold.otf",
        "NotoSansCJK-Bold.otf",
        "NotoSansCJK-Medium.otf",
    ]
    assert font_for("\U000f0000", Face.TEXT) is None


def encoded_by(codec: str) -> list[str]:
    """The Han characters outside the BMP that `codec` can encode."""
    found: list[str] = []
    for code in range(0x20000, 0x3FFFE):
        try:
            chr(code).encode(codec)
        except UnicodeEncodeError:
            continue
        found.append(chr(code))
    return found


@pytest.mark.parametrize("face", list(Face))
@pytest.mark.parametrize(("codec", "count"), [("euc_jis_2004", 303), ("big5hkscs", 1693)])
def test_rare_han_of_japan_and_hong_kong_have_a_font(codec: str, count: int, face: Face) -> None:
    signs = encoded_by(codec)

    assert len(signs) == count
    assert [sign for sign in signs if font_for(sign, face) is None] == []


UNICODE_16 = ["🫩", "🫆", "🪾", "🫜", "🪉", "🪏", "🫟", "🇨🇶"]
UNICODE_17 = [
    *("🫪", "🛘", "🫈", "🫍", "🪊", "🪎", "🫯"),
    *("🧑‍🩰", "🧑🏽‍🩰", "👯🏽", "👯🏿‍♀️", "👨🏻‍🐰‍👨🏿", "👩🏼‍🐰‍👩🏽", "🧑🏾‍🐰‍🧑🏻", "🧑🏻‍🫯‍🧑🏿"),
]
BEFORE = ["😀", "🩰", "👯", "👯‍♀️", "🧑🏽‍🚀", "🇨🇨", "🇰🇷", "1️⃣", "❤️", "🏴󠁧󠁢󠁳󠁣󠁴󠁿", "🤼🏽"]


@pytest.mark.parametrize("emoji", [*UNICODE_16, *UNICODE_17])
def test_emoji_of_unicode_16_and_17_have_a_font(emoji: str) -> None:
    assert is_emoji(emoji)
    assert emoji_font_for(emoji) == EMOJI_NEWER


@pytest.mark.parametrize("emoji", BEFORE)
def test_older_emoji_keep_their_pictures(emoji: str) -> None:
    assert emoji_font_for(emoji) == EMOJI


@needs_shaping
@pytest.mark.parametrize("emoji", [*UNICODE_16, *UNICODE_17, *BEFORE])
def test_each_emoji_is_one_picture(emoji: str) -> None:
    file = emoji_font_for(emoji)
    assert file is not None
    font = open_font(file, 32, shaped=True)

    assert font.getlength(emoji) == font.getlength("🫩" if file == EMOJI_NEWER else "😀")


def test_a_sign_without_any_font_has_none() -> None:
    assert emoji_font_for("\U0001fafd") is None
    assert emoji_font_for("🫩\u200d\U0001fafd") is None
