"""The schema revision that this version of the code needs, found without importing Alembic."""

from pathlib import Path
from typing import Final

NEEDED: Final = max(
    path.name[:4] for path in (Path(__file__).parent / "migrations" / "versions").glob("[0-9][0-9][0-9][0-9]_*.py")
)


def fits(revision: str | None) -> bool:
    """Whether this code works with a database at `revision`: the needed one or a newer one."""
    return revision is not None and revision >= NEEDED  # revisions are numbered
