"""Command that renders all sample cards onto one image: `python -m render.samples OUT.png`."""

import sys
from io import BytesIO
from pathlib import Path
from typing import Final

from PIL import Image

from render.samples.cards import samples
from render.theme import WIDTH

_DISCORD_DARK: Final = (49, 51, 56)
_GAP_PX: Final = 24
_COLUMNS: Final = 4


def sheet() -> Image.Image:
    """All samples on one image with Discord's dark background."""
    pictures = [Image.open(BytesIO(sample.draw())).convert("RGB") for sample in samples()]
    rows = [pictures[start : start + _COLUMNS] for start in range(0, len(pictures), _COLUMNS)]
    height = sum(max(picture.height for picture in row) + _GAP_PX for row in rows) + _GAP_PX
    paper = Image.new("RGB", (_COLUMNS * (WIDTH + _GAP_PX) + _GAP_PX, height), _DISCORD_DARK)
    y = _GAP_PX
    for row in rows:
        for column, picture in enumerate(row):
            paper.paste(picture, (_GAP_PX + column * (WIDTH + _GAP_PX), y))
        y += max(picture.height for picture in row) + _GAP_PX
    return paper


def main(arguments: list[str]) -> int:
    """Write the sheet to the path given as the only argument."""
    if len(arguments) != 1:
        sys.stderr.write("Say where the sheet goes: python -m render.samples OUT.png\n")
        return 2
    target = Path(arguments[0])
    target.parent.mkdir(parents=True, exist_ok=True)
    sheet().save(target, "PNG", compress_level=6)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
