import struct
import zlib
from io import BytesIO

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from render import avatar
from render.avatar import initials
from render.sample_cards import portrait

GROUND = (20, 22, 29)


def placed(image: bytes | None, *, name: str = "Mina", tint: int = 0) -> Image.Image:
    canvas = Image.new("RGB", (100, 100), GROUND)
    avatar.place(canvas, (50, 50), 80, image=image, name=name, tint=tint)
    return canvas


def encoded(picture: Image.Image, file_format: str) -> bytes:
    file = BytesIO()
    picture.save(file, file_format)
    return file.getvalue()


def png_that_claims(width: int, height: int) -> bytes:
    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(b"\0" * 1000))
        + chunk(b"IEND", b"")
    )


@pytest.mark.parametrize("file_format", ["PNG", "JPEG", "GIF", "WEBP"])
def test_pictures_become_smooth_circles(file_format: str) -> None:
    canvas = placed(encoded(Image.new("RGB", (128, 96), (200, 60, 60)), file_format))

    red = canvas.getpixel((50, 50))
    assert isinstance(red, tuple)
    assert red[0] > 180
    assert canvas.getpixel((12, 12)) == GROUND
    assert len({canvas.getpixel((x, 11)) for x in range(20, 80)}) > 4


def test_of_an_animation_the_first_frame_is_shown() -> None:
    file = BytesIO()
    frames = [Image.new("RGB", (64, 64), colour) for colour in ((0, 200, 0), (200, 0, 0))]
    frames[0].save(file, "GIF", save_all=True, append_images=frames[1:])

    pixel = placed(file.getvalue()).getpixel((50, 50))

    assert isinstance(pixel, tuple)
    assert pixel[1] > 150 > pixel[0]


def test_clear_pictures_stand_on_a_quiet_ground() -> None:
    canvas = placed(encoded(Image.new("RGBA", (64, 64), (0, 0, 0, 0)), "PNG"))

    assert canvas.getpixel((50, 50)) == avatar._BEHIND_CLEAR


@pytest.mark.parametrize(
    "image",
    [
        b"",
        b"not a picture",
        b"\x89PNG\r\n\x1a\n",
        portrait(0)[:200],
        png_that_claims(60_000, 60_000),
        png_that_claims(4000, 4000),
        b"\0" * (avatar.BYTES_MAX + 1),
        encoded(Image.new("RGB", (8, 8)), "BMP"),
        b"GIF89a" + b"\xff" * 64,
        b"RIFF\x10\x00\x00\x00WEBPVP8 " + b"\xff" * 32,
        b"\xff\xd8\xff\xe0" + b"\x00" * 64,
    ],
    ids=["empty", "text", "cut header", "cut body", "bomb", "large", "heavy", "bmp", "gif", "webp", "jpeg"],
)
def test_bytes_that_cannot_be_shown_give_way_to_initials(image: bytes) -> None:
    assert placed(image).tobytes() == placed(None).tobytes()


@given(st.binary(max_size=300), st.integers(0, 400))
@settings(max_examples=100, deadline=None)
def test_damaged_pictures_never_crash(junk: bytes, at: int) -> None:
    good = portrait(1)

    assert placed(good[:at] + junk + good[at + len(junk) :]).size == (100, 100)


@pytest.mark.parametrize(
    ("name", "letters"),
    [
        ("Mina", "M"),
        ("ana maría lópez", "AL"),
        ("김민아", "김"),
        ("مينا النجار", "م"),
        ("陳 怡君", "陳"),
        ("✧ Noah ✧", "N"),
        ("🐼 panda", "🐼"),
        ("👩🏽‍🚀", "👩🏽‍🚀"),
        ("___", ""),
        ("", ""),
        ("42", "4"),
    ],
)
def test_initials_speak_the_script_of_the_name(name: str, letters: str) -> None:
    assert initials(name) == letters


def test_initials_take_their_colour_from_the_id() -> None:
    assert placed(None, tint=1).tobytes() != placed(None, tint=2).tobytes()


def test_a_name_without_letters_gets_a_plain_figure() -> None:
    assert placed(None, name="___").tobytes() == placed(None, name="").tobytes()
    assert placed(None, name="").tobytes() != placed(None).tobytes()
