import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageChops

from render.text import layout
from render.text.fonts import EMOJI, Face, font_for, has_sign, shaping_is_complete
from render.text.graphemes import clusters, is_emoji, sanitize
from render.text.layout import Style, fit, width, write
from tests.paths import ROOT

STRONG = Style(Face.STRONG, 32, "en")
GREETINGS = {
    "Latin": "Žluťoučký Tiếng Việt",
    "Greek": "Ελληνικά",
    "Cyrillic": "Кириллица ҐЄЇ",
    "Hangul": "김민아 뷁",
    "Han": "繁體中文简体中文",
    "kana": "ひらがなカタカナ",
    "Arabic": "مرحبا بالعالم",
    "Persian": "می‌خواهم",
    "Hebrew": "שלום עולם",
    "Thai": "สวัสดีชาวโลก",
    "Devanagari": "नमस्ते",
    "Bengali": "বাংলা",
    "Tamil": "தமிழ்",
    "Georgian": "ქართული",
    "Armenian": "Հայերեն",
    "Amharic": "አማርኛ",
    "Khmer": "ខ្មែរ",
    "Tibetan": "བོད་ཡིག",
    "mathematics": "\U0001d4ef\U0001d4ea\U0001d4f7\U0001d4ec\U0001d502 \U0001d56d\U0001d594\U0001d591\U0001d589",
    "ornaments": "꧁༺ ༻꧂ ʚɞ ୨ৎ ✧ ☆ ♛ ᯓ★",
}

needs_shaping = pytest.mark.skipif(not shaping_is_complete(), reason="the system has no FriBidi library")


def drawn(text: str, style: Style = STRONG) -> Image.Image:
    canvas = Image.new("RGB", (700, 100))
    write(canvas, (20, 60), text, style, (255, 255, 255))
    return canvas


@pytest.mark.parametrize("face", list(Face))
@pytest.mark.parametrize("greeting", GREETINGS.values(), ids=GREETINGS.keys())
def test_every_script_has_its_letters(greeting: str, face: Face) -> None:
    without_font = [sign for sign in clusters(sanitize(greeting)) if sign != " " and font_for(sign, face) is None]

    assert without_font == []
    assert drawn(greeting).getbbox() is not None


@pytest.mark.parametrize(
    "name", ["𠮷田 花子", "𩸽 定食", "𨋢口 阿明", "林𡘙仁", "🫩 tired", "🪾 root", "🛘", "🧑‍🩰", "🇨🇶"]
)
def test_names_with_rare_and_new_signs_are_drawn_without_a_box(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    boxes: list[int] = []

    def draw_tofu(_pen: object, _x: float, _baseline: int, size: int) -> None:
        boxes.append(size)

    monkeypatch.setattr(layout, "_draw_tofu", draw_tofu)
    layout._set.cache_clear()

    assert drawn(name).getbbox() is not None
    assert boxes == []


@pytest.mark.parametrize("name", ["𩸽 定食", "𠮷 𩸽", "阿 𡘙", "𨋢 Mina", "김 𠮷 田", "𐌰 𐌰", "🪾 𠮷 🪾"])
def test_no_run_holds_a_sign_that_its_font_lacks(name: str) -> None:
    for run in layout._runs(name, Face.STRONG, shaped=True):
        assert run.file is not None
        assert [char for char in run.text if not has_sign(run.file, char)] == []


@pytest.mark.parametrize("sign", ["😀", "👍🏽", "🇰🇷", "👩🏽‍🚀", "1️⃣", "❤️", "🏴󠁧󠁢󠁳󠁣󠁴󠁿"])
def test_emoji_are_drawn_in_colour_and_take_one_place(sign: str) -> None:
    assert is_emoji(sign)
    red, green, blue = drawn(sign).split()

    assert ImageChops.difference(red, blue).getbbox() or ImageChops.difference(red, green).getbbox()
    if shaping_is_complete():
        assert width(sign, STRONG) < 2 * STRONG.size_px


def test_unknown_signs_become_boxes() -> None:
    canvas = drawn("\U000f0000\ue000\ud800")

    assert canvas.getbbox() is not None


def test_joined_letters_are_narrower_than_letters_alone() -> None:
    alone = sum(width(letter, STRONG) for letter in "مينا")

    assert width("مينا", STRONG) < alone


@needs_shaping
def test_han_signs_take_the_form_of_the_language() -> None:
    forms = [drawn("直骨", Style(Face.STRONG, 48, language)).tobytes() for language in ("zh-TW", "zh-CN", "ja")]

    assert len(set(forms)) == 3


@needs_shaping
def test_text_that_tells_its_language_is_drawn_in_it() -> None:
    japanese = drawn("直の骨", Style(Face.STRONG, 48, "zh-TW"))
    assumed = drawn("直の骨", Style(Face.STRONG, 48, "ja"))

    assert japanese.tobytes() == assumed.tobytes()


@needs_shaping
def test_tabular_digits_have_one_width() -> None:
    tabular = Style(Face.STRONG, 32, "en", is_tabular=True)

    assert width("111", tabular) == width("888", tabular)
    assert width("111", STRONG) < width("888", STRONG)


def test_headings_with_hangul_or_han_use_one_face_throughout() -> None:
    heading = Style(Face.DISPLAY, 40, "ko")

    assert width("2026년", heading) == width("2026년", Style(Face.STRONG, 40, "ko"))
    assert width("2026", heading) != width("2026", Style(Face.STRONG, 40, "ko"))


def test_fit_shrinks_before_it_cuts() -> None:
    full = width("Nocturnal", STRONG)

    assert fit("Nocturnal", STRONG, max_width=full) == ("Nocturnal", STRONG)
    text, style = fit("Nocturnal", STRONG, max_width=full * 0.8, smallest_px=20)
    assert (text, style.size_px < 32) == ("Nocturnal", True)
    text, style = fit("Nocturnal", STRONG, max_width=full * 0.5, smallest_px=28)
    assert (text[-1], style.size_px) == ("…", 28)


def test_fit_cuts_between_whole_signs() -> None:
    for room in range(40, 300, 7):
        text, _ = fit("👨‍👩‍👧‍👦🇰🇷👍🏽क्षत्रिय👩🏽‍🚀", STRONG, max_width=room)
        if text.endswith("…"):
            assert "👨‍👩‍👧‍👦🇰🇷👍🏽क्षत्रिय👩🏽‍🚀".startswith(text[:-1])
            assert clusters(text[:-1]) == clusters("👨‍👩‍👧‍👦🇰🇷👍🏽क्षत्रिय👩🏽‍🚀")[: len(clusters(text[:-1]))]


def test_a_cut_name_from_the_right_ends_on_the_left() -> None:
    text, style = fit("مينا النجار الطويلة جدا", STRONG, max_width=150)
    line = layout._set(text, style, shaped=shaping_is_complete())

    assert line.width <= 150
    assert text.endswith("…")
    assert layout._runs(text, style.face, shaped=shaping_is_complete())[0].text.startswith("…")


@given(st.text(max_size=40), st.integers(-5, 400))
@settings(max_examples=150, deadline=None)
def test_any_text_stays_inside_its_room(text: str, room: int) -> None:
    fitted, style = fit(text, STRONG, max_width=room, smallest_px=24)

    assert width(fitted, style) <= max(0, room)


@pytest.mark.parametrize("greeting", GREETINGS.values(), ids=GREETINGS.keys())
def test_every_script_is_drawn_without_a_shaping_library(greeting: str) -> None:
    line = layout._set(greeting + " 👨‍👩‍👧🇰🇷", STRONG, shaped=False)

    assert line.mask is not None
    assert len(line.pictures) == 2


@pytest.mark.skipif(sys.platform != "linux", reason="libraries are hidden in Linux's own way")
def test_cards_are_drawn_on_a_system_without_fribidi(tmp_path: Path) -> None:
    (tmp_path / "libfribidi.so.0").touch()
    script = (
        "from render.samples.cards import samples; from render.text.layout import shaping_is_complete\n"
        "print(shaping_is_complete(), all(len(sample.draw()) > 9 for sample in samples() if sample.language == 'en'))"
    )
    environment = {**os.environ, "LD_LIBRARY_PATH": str(tmp_path)}

    done = subprocess.run(
        [sys.executable, "-c", script], env=environment, capture_output=True, text=True, check=True,
        cwd=ROOT,
    )  # fmt: skip

    assert done.stdout.split() == ["False", "True"]


def test_the_emoji_font_answers_only_for_emoji() -> None:
    files = [run.file for run in layout._runs("7 😀", Face.STRONG, shaped=shaping_is_complete())]

    assert files[-1] == EMOJI
    assert EMOJI not in files[:-1]
