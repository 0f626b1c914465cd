import asyncio
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from app.main import create_app
from app.routes import DuplicateRoute
from core.config import ConfigError
from db.connection import Pool
from handlers.feature import Feature
from tests.app.conftest import ECHO
from tests.fake_discord import KEY, settings
from tests.on_other_days import environ_of_child
from wire.rest import Rest

FIRST_PING = """
import asyncio, sys, time
from nacl.signing import SigningKey
from app.main import create_app

app = create_app()
body = b'{"type":1}'
stamp = str(int(time.time())).encode()
signature = SigningKey(sys.argv[1].encode()).sign(stamp + body).signature.hex().encode()
headers = [(b"x-signature-ed25519", signature), (b"x-signature-timestamp", stamp)]
scope = {"type": "http", "method": "POST", "path": "/interactions", "headers": headers, "root_path": ""}

async def receive():
    return {"type": "http.request", "body": body}

async def send(message):
    print(message.get("body", b"").decode(), end="")

asyncio.run(app(scope, receive, send))
heavy = ["PIL", "psycopg", "httpx", "apscheduler", "babel", "sqlmodel", "alembic", "handlers", "services", "render"]
print([name for name in heavy if name in sys.modules])
"""


def test_a_first_ping_is_answered_without_lifespan_and_without_anything_heavy() -> None:
    environ = {
        "DISCORD_TOKEN": "t",
        "DISCORD_PUBLIC_KEY": KEY.verify_key.encode().hex(),
        "DISCORD_APPLICATION_ID": "1000000000000000001",
        **environ_of_child(),
        "HOME": "/nonexistent",
        "LOG_FORMAT": "json",
    }

    done = subprocess.run(
        [sys.executable, "-c", FIRST_PING, bytes(KEY).decode()],
        env=environ,
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.stdout == '{"type":1}[]\n', done.stderr


def test_a_process_does_not_start_without_its_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DISCORD_TOKEN", "only this")
    monkeypatch.delenv("DISCORD_PUBLIC_KEY", raising=False)

    with pytest.raises(ConfigError, match="DISCORD_PUBLIC_KEY"):
        create_app()


def test_a_process_does_not_start_with_a_route_claimed_twice(tmp_path: Path) -> None:
    with pytest.raises(DuplicateRoute):
        create_app(settings(tmp_path), features=[ECHO, Feature(name="other", slash=ECHO.slash)])


async def test_a_process_warms_up_by_itself_and_closes_what_it_opened(tmp_path: Path, database_url: str) -> None:
    app = create_app(replace(settings(tmp_path), database_url=database_url))

    async with app.router.lifespan_context(app):
        await asyncio.sleep(1.5)
        pool = await app.state.house.pool()
        assert await pool.is_alive()
        routes = app.state.house.routes()

    assert routes is app.state.house.routes()


async def test_what_was_given_stays_open(tmp_path: Path, pool: Pool) -> None:
    async with Rest("http://discord.test/api/v10", "t") as rest:
        app = create_app(settings(tmp_path), pool=pool, rest=rest)
        async with app.router.lifespan_context(app):
            pass

        assert await pool.is_alive()


async def test_trouble_while_warming_up_is_logged_and_nothing_else(tmp_path: Path) -> None:
    class Broken(Pool):
        async def is_alive(self) -> bool:
            raise ZeroDivisionError

    app = create_app(
        settings(tmp_path),
        features=[Feature(name="other", slash=ECHO.slash)],
        pool=Broken("postgresql://nobody@127.0.0.1:1/nowhere"),
    )

    with capture_logs() as lines:
        async with app.router.lifespan_context(app), asyncio.timeout(20):
            while not lines:  # noqa: ASYNC110 - what is waited for is a line in the log
                await asyncio.sleep(0.05)

    assert [line["event"] for line in lines] == ["warm-up failed"]
