"""Typed wrappers for the Pillow calls whose annotations need NumPy, which is not installed."""

from collections.abc import Sequence

from PIL import Image


def resized(
    picture: Image.Image, size: tuple[int, int], how: Image.Resampling = Image.Resampling.BICUBIC
) -> Image.Image:
    """The image scaled to another size."""
    return picture.resize(size, how)  # pyright: ignore[reportUnknownMemberType]


def remapped(mask: Image.Image, table: Sequence[float]) -> Image.Image:
    """A mask with each of its 256 values mapped through a table."""
    return mask.point([round(value) for value in table])  # pyright: ignore[reportUnknownMemberType]


def from_sixteen_bits(grey: Image.Image) -> Image.Image:
    """A 16-bit greyscale image, in any of Pillow's modes for it, converted to 8 bits."""
    return grey.convert("I").point(lambda value: value * (1 / 256)).convert("L")  # pyright: ignore[reportUnknownMemberType]


def strip(values: Sequence[int]) -> Image.Image:
    """A mask one pixel high, from its values."""
    return Image.frombytes("L", (len(values), 1), bytes(values))
