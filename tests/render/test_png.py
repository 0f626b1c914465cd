from io import BytesIO

from PIL import Image, ImageChops

from render import png


def test_pixels_come_back_as_they_were() -> None:
    picture = Image.merge("RGB", [Image.linear_gradient("L").rotate(angle) for angle in (0, 90, 180)]).crop(
        (0, 0, 255, 31)
    )

    with Image.open(BytesIO(png.encode(picture))) as read:
        assert (read.format, read.mode) == ("PNG", "RGB")
        assert ImageChops.difference(read.convert("RGB"), picture).getbbox() is None


def test_pictures_that_would_weigh_too_much_get_a_palette() -> None:
    noise = Image.merge("RGB", [Image.effect_noise((320, 320), 90) for _ in range(3)])

    encoded = png.encode(noise)

    assert len(encoded) < 150_000
    with Image.open(BytesIO(encoded)) as read:
        assert (read.mode, read.size) == ("P", (320, 320))
