import os
from itertools import pairwise
from pathlib import Path

import pytest

from cli.environment import environment, read_env
from core.config import Config, ConfigError
from tests.paths import ROOT


@pytest.mark.parametrize(
    ("line", "value"),
    [
        ("KEY=plain", "plain"),
        ("  export KEY = spaced  ", "spaced"),
        ("KEY=", ""),
        ("KEY=a b # a comment", "a b"),
        ("KEY=a#b", "a#b"),
        ("KEY=#nothing", ""),
        ("KEY='single # kept' # gone", "single # kept"),
        ('KEY="double \\"quoted\\"\\n\\x" # gone', 'double "quoted"\n\\x'),
        ("KEY=postgresql://u:p=w@h/db?x=1", "postgresql://u:p=w@h/db?x=1"),
        ("KEY='never closed", "'never closed"),
    ],
)
def test_env_line_gives_its_value(line: str, value: str) -> None:
    assert read_env(line) == {"KEY": value}


@pytest.mark.parametrize("line", ["# KEY=value", "", "no variable", "2KEY=value", "=value"])
def test_env_passes_over_what_is_no_variable(line: str) -> None:
    assert read_env(line) == {}


def test_environment_wins_over_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / ".env").write_text("API_PORT=1\nAPI_HOST=file", encoding="utf-8")
    monkeypatch.setenv("API_PORT", "2")
    monkeypatch.delenv("API_HOST", raising=False)

    found = environment(tmp_path)

    assert (found["API_PORT"], found["API_HOST"]) == ("2", "file")


def test_environment_without_a_file_is_the_environment(tmp_path: Path) -> None:
    assert environment(tmp_path) == dict(os.environ)


def test_environment_takes_a_file_as_editors_on_windows_write_it(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("SENTRY_DSN=x", encoding="utf-8-sig")

    assert environment(tmp_path)["SENTRY_DSN"] == "x"


@pytest.mark.parametrize("trouble", ["a folder", "not UTF-8"])
def test_environment_does_not_go_on_without_a_file_that_is_there(trouble: str, tmp_path: Path) -> None:
    if trouble == "a folder":
        (tmp_path / ".env").mkdir()
    else:
        (tmp_path / ".env").write_bytes(b"KEY=\xff")

    with pytest.raises(ConfigError, match=r"\.env cannot be read"):
        environment(tmp_path)


class Noted(dict[str, str]):
    """A mapping that records which variables were read."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: set[str] = set()

    def get(self, key: str, default: str | None = None) -> str | None:  # pyright: ignore[reportIncompatibleMethodOverride]
        self.asked.add(key)
        return super().get(key, default)


def test_env_example_explains_every_variable(tmp_path: Path) -> None:
    noted = Noted()
    noted["LYCEUM_DATA_DIR"] = str(tmp_path)
    Config.from_env(noted)
    theirs = {"XDG_DATA_HOME", "HOME"}  # standard variables of the operating system
    lines = (ROOT / ".env.example").read_text(encoding="utf-8").splitlines()
    explained = {
        line.partition("=")[0]
        for before, line in pairwise(lines)
        if "=" in line and not line.startswith("#") and before.startswith("# ")
    }

    assert explained == noted.asked - theirs


def test_env_example_changes_nothing_when_copied(tmp_path: Path) -> None:
    example = read_env((ROOT / ".env.example").read_text(encoding="utf-8"))
    here = {"LYCEUM_DATA_DIR": str(tmp_path)}

    assert Config.from_env({**example, **here}) == Config.from_env(here)
