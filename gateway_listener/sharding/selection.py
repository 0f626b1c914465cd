"""Parses the value of `--shards`: `auto`, a shard count, or some shard ids of a count."""

import re
from dataclasses import dataclass
from typing import Final, Self

SHARDS_MAX: Final = 100_000  # far more than the largest bot has

_WRITTEN: Final = re.compile(r"(?:(\d{1,6}(?:,\d{1,6})*)/)?(\d{1,6})")


@dataclass(frozen=True, slots=True)
class ShardSelection:
    """The shard count, and which of the shards this process runs."""

    count: int | None = None  # None: the number that Discord recommends
    only: tuple[int, ...] | None = None  # None: a fair share of all

    @classmethod
    def read(cls, text: str) -> Self:
        """Parse a selection: `auto`, `4`, or `0,1,2/16`.

        Raises:
            ValueError: the text is invalid; the message explains the format.
        """
        text = text.replace(" ", "")
        if text == "auto":
            return cls()
        written = _WRITTEN.fullmatch(text)
        count = int(written[2]) if written else 0
        only = None if written is None or written[1] is None else tuple(sorted(set(map(int, written[1].split(",")))))
        if not 0 < count <= SHARDS_MAX or (only and only[-1] >= count):
            raise ValueError(
                "--shards wants auto, a number such as 4, or some of a number such as 0,1,2/16 (they count from 0)."
            )
        return cls(count, only)

    def __str__(self) -> str:
        if self.count is None:
            return "auto"
        if self.only is None:
            return str(self.count)
        return f"{','.join(map(str, self.only))}/{self.count}"
