import os
import pwd
import signal
import subprocess
import sys
import warnings
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from shutil import rmtree

import psutil
import psycopg
import pytest

from core.errors import ServiceUnavailable
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

    with pytest.raises(ServiceUnavailable, match="log"):
        embedded.database_url(data_dir)


@pytest.mark.skipif(os.name != "posix" or os.geteuid() != 0, reason="only root's server has an account of its own")
def test_two_processes_may_make_the_servers_account_at_once(data_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    server = embedded.start(data_dir / "postgres", keep=False)
    real = pwd.getpwnam
    asked: list[str] = []

    def not_yet(name: str) -> pwd.struct_passwd:
        asked.append(name)
        if len(asked) == 1:
            raise KeyError(name)  # the other process creates the account after this check, so useradd fails
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
    (tmp_path / ".lockfile").mkdir()  # stands for another user's lock file: it cannot be opened
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


def busy(url: str) -> "subprocess.Popen[bytes]":
    """A client whose query keeps its server process busy, so that it does not notice anything else."""
    ask = "import sys, psycopg; psycopg.connect(sys.argv[1], application_name='busy').execute(sys.argv[2])"
    question = "SELECT count(*) FROM generate_series(1, 100000) a, generate_series(1, 10000000) b WHERE a * b < 0"
    client = subprocess.Popen([sys.executable, "-c", ask, url, question], stderr=subprocess.DEVNULL)
    with psycopg.connect(url, autocommit=True) as conn:
        while not conn.execute(
            "SELECT 1 FROM pg_stat_activity WHERE application_name = 'busy' AND state = 'active'"
        ).fetchone():
            assert client.poll() is None
    return client


def is_of(process: psutil.Process, folder: Path) -> bool:
    with suppress(psutil.Error):
        return process.name().startswith("postgres") and Path(process.cwd()) == folder
    return False


@pytest.mark.slow
def test_a_server_that_was_killed_comes_back_and_its_orphans_go(data_dir: Path) -> None:
    folder = data_dir / "postgres"
    url = embedded.database_url(data_dir)
    with psycopg.connect(url, autocommit=True) as conn:
        conn.execute("CREATE TABLE kept AS SELECT 42 AS answer")
    client = busy(url)
    server = embedded.running_process(folder)
    assert server is not None

    os.kill(server, signal.SIGKILL)
    psutil.wait_procs([psutil.Process(server)], timeout=10)
    while_dead = (embedded.running_url(data_dir), embedded.running_process(folder), embedded.is_ended_badly(folder))
    orphans = {process.pid for process in psutil.process_iter() if is_of(process, folder)}
    again = embedded.database_url(data_dir)
    client.kill()
    client.wait()

    assert while_dead == (None, None, True)
    assert orphans
    assert not any(psutil.pid_exists(pid) for pid in orphans)
    assert again == url == embedded.running_url(data_dir)
    with psycopg.connect(again) as conn:
        assert conn.execute("SELECT answer FROM kept").fetchone() == (42,)
    embedded.start(folder).cleanup()
    assert embedded.running_url(data_dir) is None
    assert not embedded.is_ended_badly(folder)


def test_a_number_that_another_program_bears_by_now_is_not_taken_for_the_server(data_dir: Path) -> None:
    folder = data_dir / "postgres"
    embedded.database_url(data_dir)
    embedded.start(folder).cleanup()
    (folder / "postmaster.pid").write_text(f"{os.getpid()}\n{folder}\n1\n5432\n{folder}\n\n  1 1\nready\n")

    assert embedded.running_url(data_dir) is None
    assert ask(data_dir, "SELECT 42")[0] == "42"


def test_looking_starts_nothing(data_dir: Path) -> None:
    assert embedded.running_url(data_dir) is None
    assert not embedded.is_ended_badly(data_dir / "postgres")
    assert not data_dir.exists()


def test_the_log_is_bounded_while_the_server_writes_to_it(data_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(embedded, "LOG_BYTES", 100_000)
    folder = data_dir / "postgres"
    url = embedded.database_url(data_dir)
    with psycopg.connect(url, autocommit=True) as conn:
        conn.execute("DO $$ BEGIN FOR i IN 1..2000 LOOP RAISE LOG 'line % of many that fill it', i; END LOOP; END $$")
        size = (folder / "log").stat().st_size
        embedded.rotate_log(folder)
        conn.execute("DO $$ BEGIN RAISE LOG 'the last line'; END $$")
        embedded.rotate_log(folder)
    last, before = (folder / "log").read_text(), (folder / "log.1").read_text()
    embedded.start(folder).cleanup()

    assert size > 100_000
    assert "the last line" in last
    assert "line 2000 of many" not in last
    assert "\0" not in last  # the server appends to the log, even after it was truncated
    assert "line 2000 of many" in before
    assert len(before) <= 100_000
