import os
import pwd
import subprocess
import sys
import warnings
from collections.abc import Iterator
from pathlib import Path
from shutil import rmtree

import psycopg
import pytest

from core.errors import OutsideTrouble
from db import embedded
from tests.conftest import server_folder

ASK = """
import sys
from pathlib import Path
import psycopg
from db import embedded
url = embedded.database_url(Path(sys.argv[1]))
print(psycopg.connect(url).execute(sys.argv[2]).fetchone()[0], url)
"""


@pytest.fixture
def data_dir() -> Iterator[Path]:
    folder = server_folder()
    yield folder
    rmtree(folder, ignore_errors=True)


def ask(data_dir: Path, question: str) -> list[str]:
    environment = {name: value for name, value in os.environ.items() if name != "XDG_RUNTIME_DIR"}
    done = subprocess.run(
        [sys.executable, "-W", "error::RuntimeWarning", "-c", ASK, str(data_dir), question],
        capture_output=True,
        text=True,
        check=True,
        env=environment,
    )
    assert done.stderr == ""
    return done.stdout.split()


def test_processes_share_one_server_and_the_last_one_stops_it(data_dir: Path) -> None:
    url = embedded.database_url(data_dir)
    with psycopg.connect(url, autocommit=True) as conn:
        conn.execute("CREATE TABLE kept AS SELECT 42 AS answer")

    assert ask(data_dir, "SELECT answer FROM kept") == ["42", url]
    with psycopg.connect(url) as conn:
        assert conn.execute("SELECT answer FROM kept").fetchone() == (42,)

    embedded.start(data_dir / "postgres").cleanup()
    assert not (data_dir / "postgres" / "postmaster.pid").exists()
    assert ask(data_dir, "SELECT answer FROM kept")[0] == "42"
    assert not (data_dir / "postgres" / "postmaster.pid").exists()


def test_a_server_that_cannot_start_is_outside_trouble(data_dir: Path) -> None:
    (data_dir / "postgres").mkdir(parents=True)
    (data_dir / "postgres" / "PG_VERSION").write_text("9", encoding="utf-8")

    with pytest.raises(OutsideTrouble, match="log"):
        embedded.database_url(data_dir)


@pytest.mark.skipif(os.name != "posix" or os.geteuid() != 0, reason="only root's server has an account of its own")
def test_two_processes_may_make_the_servers_account_at_once(data_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    server = embedded.start(data_dir / "postgres", keep=False)
    real = pwd.getpwnam
    asked: list[str] = []

    def not_yet(name: str) -> pwd.struct_passwd:
        asked.append(name)
        if len(asked) == 1:
            raise KeyError(name)  # the other process makes it after this look, so that useradd fails
        return real(name)

    monkeypatch.setattr(pwd, "getpwnam", not_yet)
    second = embedded.start(data_dir / "second", keep=False)

    assert asked[0] == "pgserver"
    second.cleanup()
    server.cleanup()


def test_starting_does_not_warn(data_dir: Path) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        embedded.start(data_dir / "postgres", keep=False).cleanup()

    assert not (data_dir / "postgres").exists()


def test_each_account_has_a_lock_of_its_own(data_dir: Path, tmp_path: Path) -> None:
    (tmp_path / ".lockfile").mkdir()  # somebody else's: it cannot be opened
    environment = {name: value for name, value in os.environ.items() if name != "XDG_RUNTIME_DIR"}
    environment["TMPDIR"] = str(tmp_path)

    done = subprocess.run(
        [sys.executable, "-c", ASK, str(data_dir), "SELECT 42"],
        capture_output=True,
        text=True,
        check=False,
        env=environment,
    )

    assert (done.stderr, done.stdout.split()[:1]) == ("", ["42"])
