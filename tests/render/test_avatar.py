import struct
import zlib
from io import BytesIO

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from render import avatar
from render.avatar import initials
from render.pillow_compat import resized
from render.samples.cards import portrait

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


GRADIENT = resized(Image.linear_gradient("L"), (128, 128))  # dark at the top, light at the bottom


def png_of(colour_type: int, channels: tuple[int | None, ...], *, clear: tuple[int, ...] = ()) -> bytes:
    """A 16-bit PNG whose channels are filled with the given values, or with GRADIENT for None."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    rows: list[bytes] = []
    for y in range(128):
        level = GRADIENT.getpixel((0, y))
        assert isinstance(level, int)
        pixel = struct.pack(f">{len(channels)}H", *(level * 257 if value is None else value for value in channels))
        rows.append(b"\0" + pixel * 128)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", struct.pack(">IIBBBBB", 128, 128, 16, colour_type, 0, 0, 0))
        + (chunk(b"tRNS", struct.pack(f">{len(clear)}H", *clear)) if clear else b"")
        + chunk(b"IDAT", zlib.compress(b"".join(rows)))
        + chunk(b"IEND", b"")
    )


def saved(mode: str, file_format: str = "PNG", **options: object) -> bytes:
    file = BytesIO()
    GRADIENT.convert(mode).save(file, file_format, **options)
    return file.getvalue()


def turned(file_format: str) -> bytes:
    """GRADIENT stored upside down, with an EXIF orientation that rotates it back."""
    exif = Image.Exif()
    exif[0x0112] = 3
    file = BytesIO()
    GRADIENT.convert("RGB").transpose(Image.Transpose.ROTATE_180).save(file, file_format, exif=exif)
    return file.getvalue()


def animated(file_format: str) -> bytes:
    file = BytesIO()
    frames = [GRADIENT.convert("RGB"), Image.new("RGB", (128, 128), (255, 0, 0))]
    frames[0].save(file, file_format, save_all=True, append_images=frames[1:], lossless=True)
    return file.getvalue()


@pytest.mark.parametrize(
    "image",
    [
        saved("L"),
        saved("P"),
        saved("P", transparency=255),
        saved("L", transparency=255),
        saved("LA"),
        saved("RGB", transparency=(255, 255, 255)),
        saved("RGBA"),
        saved("L", "JPEG"),
        saved("CMYK", "JPEG"),
        saved("RGB", "JPEG"),
        saved("L", "GIF"),
        saved("RGBA", "WEBP"),
        png_of(0, (None,)),
        png_of(0, (None,), clear=(0xFFFF,)),
        png_of(2, (None, None, None)),
        png_of(2, (None, None, None), clear=(0xFFFF, 0xFFFF, 0xFFFF)),
        png_of(4, (None, 0xFFFF)),
        png_of(6, (None, None, None, 0xFFFF)),
        turned("JPEG"),
        turned("PNG"),
        turned("WEBP"),
        animated("PNG"),
        animated("WEBP"),
        animated("GIF"),
    ],
    ids=[
        *("grey", "palette", "palette with clear", "grey with clear", "grey and alpha", "colour with clear", "RGBA"),
        *("grey JPEG", "CMYK JPEG", "JPEG", "GIF", "WEBP"),
        *("16-bit grey", "16-bit grey with clear", "16-bit colour", "16-bit colour with clear"),
        *("16-bit grey and alpha", "16-bit RGBA", "turned JPEG", "turned PNG", "turned WEBP"),
        *("animated PNG", "animated WEBP", "animated GIF"),
    ],
)
def test_every_way_to_store_a_picture_shows_the_same_picture(image: bytes) -> None:
    canvas = placed(image)

    for y in (30, 50, 70):
        expected = (y - 10) * 256 // 80
        pixel = canvas.getpixel((50, y))
        assert isinstance(pixel, tuple)
        assert all(abs(channel - expected) < 12 for channel in pixel), (y, pixel, expected)


@pytest.mark.parametrize(
    "image",
    [
        png_of(0, (0x8040,), clear=(0x8040,)),
        png_of(2, (0x8040, 0x1234, 0xFFFF), clear=(0x8040, 0x1234, 0xFFFF)),
        png_of(4, (None, 0)),
        png_of(6, (None, None, None, 0)),
        saved("P", transparency=bytes(256)),
    ],
    ids=["16-bit grey", "16-bit colour", "16-bit grey and alpha", "16-bit RGBA", "palette"],
)
def test_what_is_clear_in_any_kind_of_file_stays_clear(image: bytes) -> None:
    assert placed(image).getpixel((50, 50)) == avatar._BEHIND_CLEAR


def test_a_broken_note_on_turning_leaves_the_picture_as_it_is() -> None:
    file = BytesIO()
    GRADIENT.save(file, "PNG", exif=b"Exif\0\0II*\0\x08\0\0\0" + b"\xff\x7f\x12\x01" * 40)

    assert placed(file.getvalue()).tobytes() == placed(saved("L")).tobytes()


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
