"""Starts a real PgBouncer in front of a test's PostgreSQL server."""

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from pwd import getpwuid
from urllib.parse import parse_qs, urlsplit

import psycopg
import pytest


@contextmanager
def pgbouncer(folder: Path, database_url: str, *, mode: str = "transaction", size: int = 4) -> Generator[str]:
    """The URL of `database_url` through a pooler in `mode`; skips the test if PgBouncer is not installed."""
    program = shutil.which("pgbouncer", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
    if program is None:
        pytest.skip("PgBouncer is not installed (Debian: the package pgbouncer)")
    parts = urlsplit(database_url)
    database, [host] = parts.path.removeprefix("/"), parse_qs(parts.query)["host"]
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        port: int = sock.getsockname()[1]
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "pgbouncer.ini").write_text(
        f"""[databases]
{database} = host={host} port=5432 dbname={database} user=postgres
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {port}
unix_socket_dir =
auth_type = any
pool_mode = {mode}
default_pool_size = {size}
ignore_startup_parameters = extra_float_digits
""",
        encoding="utf-8",
    )
    owner = Path(host).stat().st_uid  # the only user who may enter the folder of the server's socket
    as_owner = [f"--user={getpwuid(owner).pw_name}"] if os.geteuid() == 0 else []
    folder.chmod(0o755)
    with subprocess.Popen(
        [program, *as_owner, str(folder / "pgbouncer.ini")], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as process:
        url = f"postgresql://postgres@127.0.0.1:{port}/{database}"
        try:
            until = time.monotonic() + 20
            while True:
                try:
                    with psycopg.connect(url, connect_timeout=2, autocommit=True):
                        break
                except psycopg.OperationalError:
                    assert process.poll() is None, "PgBouncer has ended"
                    assert time.monotonic() < until, "PgBouncer does not answer"
                    time.sleep(0.05)
            yield url
        finally:
            process.terminate()
            shutil.rmtree(folder)
