import json
import os
from pathlib import Path

import pytest

from cli import database
from cli.errors import CliError
from core.config import Config, ConfigError
from db import schema_revision


def test_a_data_folder_that_cannot_be_made_is_told_of_with_the_next_step(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    settings = Config.from_env(
        {
            "DISCORD_TOKEN": "a-token",
            "DISCORD_PUBLIC_KEY": "ab" * 32,
            "DISCORD_APPLICATION_ID": "1000000000000000002",
            "LYCEUM_DATA_DIR": str(tmp_path / "file" / "data"),
        }
    )

    with pytest.raises(ConfigError, match=r"cannot be used .*: set LYCEUM_DATA_DIR to a folder"):
        database.embedded_url(settings)


def test_a_schema_that_is_behind_is_refused_and_one_that_is_ahead_is_not() -> None:
    database.check("9999")
    with pytest.raises(CliError, match=rf"stands at revision 0001 and this version needs {schema_revision.NEEDED}: "):
        database.check("0001")


def test_the_dead_no_longer_use_the_embedded_database(tmp_path: Path) -> None:
    users = tmp_path / ".handle_pids.json"
    users.write_text(json.dumps([1, os.getpid(), 2**22 + 1]), encoding="utf-8")

    database.remove_stale_socket(tmp_path)
    database.remove_stale_socket(tmp_path / "missing")

    assert json.loads(users.read_text(encoding="utf-8")) == [1, os.getpid()]
