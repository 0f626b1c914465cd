"""Every command reports environment faults (database URL, proxies, read-only database) by name, not as our errors."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest
from psycopg import sql

from cli.errors import AWAY, USAGE
from tests.cli.conftest import House
from tests.wire.discord_server import ok, serve

REAL = {
    "DISCORD_TOKEN": "t0ken",
    "DISCORD_PUBLIC_KEY": "ab" * 32,
    "DISCORD_APPLICATION_ID": "1000000000000000001",
}
PARAMETER = "DATABASE_URL has a parameter that PostgreSQL does not know (pgbouncer): take it out"
POOLED = "postgresql://postgres:s3crt@db.example:6543/postgres?pgbouncer=true"
SOCKS = "ALL_PROXY names a SOCKS proxy (socks5://), which cannot be used: name an HTTP proxy, or take it out"


@pytest.mark.parametrize(
    "command",
    [("db", "upgrade"), ("worker",), ("outbox", "list"), ("up",)],
    ids=" ".join,
)
def test_a_parameter_of_another_driver_is_named_by_every_command(house: House, command: tuple[str, ...]) -> None:
    refused = house.run(*command, DATABASE_URL=POOLED)

    assert (refused.returncode, refused.stdout) == (USAGE, "")
    assert refused.stderr.startswith(f"✗ The settings do not work yet: {PARAMETER}. ")
    assert "s3crt" not in refused.stderr


def test_a_parameter_of_another_driver_is_named_by_doctor(house: House) -> None:
    told = house.run("doctor", DATABASE_URL=POOLED)

    assert told.returncode == 1
    assert PARAMETER in told.stdout
    assert "s3crt" not in told.stdout


@pytest.mark.parametrize("command", [("commands", "diff"), ("web",), ("listener",)], ids=" ".join)
def test_a_proxy_that_cannot_be_used_is_named_before_anything_is_called(house: House, command: tuple[str, ...]) -> None:
    proxy = {"ALL_PROXY": "socks5://me:s3crt@127.0.0.1:1080"}

    refused = house.run(*command, DATABASE_URL="postgresql://127.0.0.1:1/nothing", **REAL, **proxy)

    assert (refused.returncode, refused.stdout) == (USAGE, "")
    assert refused.stderr.startswith(f"✗ The settings do not work yet: {SOCKS}. ")
    assert "s3crt" not in refused.stderr


def test_a_proxy_that_cannot_be_used_is_named_by_doctor(house: House, database_url: str) -> None:
    far = house.run("doctor", ALL_PROXY="socks5://127.0.0.1:1080", DATABASE_URL=database_url, **REAL)
    here = house.run("doctor", ALL_PROXY="socks5://127.0.0.1:1080", DATABASE_URL=database_url)

    assert SOCKS in far.stdout
    assert SOCKS in here.stdout
    assert "The check itself broke" not in here.stdout


def test_the_local_discord_is_called_without_a_proxy(house: House) -> None:
    with house.start("playground") as local:
        local.wait_for("127.0.0.1")
        told = house.run("commands", "diff", ALL_PROXY="socks5://127.0.0.1:1080")

    assert told.returncode == 0, told.stderr
    assert "/profile" in told.stdout


@pytest.mark.skipif(sys.platform != "linux" or os.geteuid() != 0, reason="only root may become an unknown account")
def test_an_account_without_a_home_needs_no_data_folder(house: House, database_url: str) -> None:
    setpriv = shutil.which("setpriv")
    if setpriv is None:
        pytest.skip("setpriv is not installed")
    environ = {name: value for name, value in house.environ.items() if name not in {"HOME", "LYCEUM_DATA_DIR"}}

    def run(*command: str, **more: str) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            [setpriv, "--reuid", "12345", "--clear-groups", sys.executable, "-P", "-m", "cli", *command],
            env={**environ, **more},
            cwd=Path("/"),
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    with serve() as discord:
        discord.script = [ok([])]
        told = run("commands", "diff", DATABASE_URL=database_url, DISCORD_API_URL=discord.url, **REAL)
    refused = run("commands", "diff")
    homeless = run("db", "current", LYCEUM_DATA_DIR="~nosuchuser/lyceum")

    assert (told.returncode, "/profile" in told.stdout) == (0, True), told.stderr
    assert (refused.returncode, refused.stderr.partition(";")[0].rstrip()) == (
        USAGE,
        (
            "✗ The settings do not work yet: LYCEUM_DATA_DIR is missing, and this account has no home: set it to a "
            "folder that this account may write to. Each variable is explained in .env.example."
        ),
    )
    assert homeless.returncode == USAGE
    assert "LYCEUM_DATA_DIR begins with ~, and that account has no home here: write the whole path" in homeless.stderr


def test_a_database_that_cannot_write_is_not_our_mistake(house: House, database_url: str) -> None:
    with psycopg.connect(database_url, autocommit=True) as conn:
        name = sql.Identifier(conn.info.dbname)
        conn.execute(sql.SQL("ALTER DATABASE {} SET default_transaction_read_only = on").format(name))
    members = house.run("db", "seed", DATABASE_URL=database_url)
    crowd = house.run("db", "seed", "--members", "20", DATABASE_URL=database_url)
    back = house.run("db", "downgrade", "--yes", DATABASE_URL=database_url)

    for told in (members, crowd, back):
        assert told.returncode == AWAY
        assert told.stderr.startswith(
            "✗ The database is read-only: it cannot write. Let DATABASE_URL lead to the primary"
        )
