from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.local_discord import LocalDiscord, local_discord


@pytest.fixture
def discord(tmp_path: Path) -> Iterator[LocalDiscord]:
    with local_discord(tmp_path) as running:
        yield running
