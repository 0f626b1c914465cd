"""Checks that a bot on hikari's RESTBot (from PyPI) works with the local Discord (`python -m bench.foreign`)."""

import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import httpx
from rich.console import Console
from rich.table import Table

from bench.servers import ROOT, environment, free_port

T = TypeVar("T")
PATIENCE_S = 60.0


def main() -> None:
    """Start both, use the command, its autocomplete and its button, and print each response."""
    python = environment("hikari", "hikari[server,speedups]")
    playground_port, bot_port = free_port(), free_port()
    url = f"http://127.0.0.1:{playground_port}"
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder) / "playground.out"
        lyceum = [sys.executable, "-m", "cli", "playground", "--endpoint", f"http://127.0.0.1:{bot_port}/"]
        with log.open("wb") as out, httpx.Client(base_url=url, timeout=20, trust_env=False) as http:
            playground = subprocess.Popen(
                [*lyceum, "--port", str(playground_port)],
                cwd=folder,
                env=_without_discord() | {"LYCEUM_DATA_DIR": folder, "PYTHONPATH": str(ROOT)},
                stdout=out,
                stderr=subprocess.STDOUT,
            )
            bot = None
            try:
                state = _until(lambda: http.get("/playground/state").raise_for_status().json(), playground)
                told = log.read_text()
                bot = subprocess.Popen(
                    [python, ROOT / "bench" / "peers" / "hikari_greeter.py"],
                    env=os.environ
                    | {
                        "DISCORD_TOKEN": re.findall(r"Token +(\S+)", told)[0],
                        "DISCORD_PUBLIC_KEY": state["public_key"],
                        "DISCORD_API_URL": f"{url}/api/v10",
                        "PORT": str(bot_port),
                    },
                    stdout=subprocess.DEVNULL,
                    stderr=subprocess.DEVNULL,
                )
                _until(lambda: re.findall("✓ The app at", log.read_text())[0], bot)
                _until(lambda: http.get("/playground/state").json()["commands"][0], bot)
                _use(http)
                print(log.read_text())
            finally:
                for process in filter(None, (bot, playground)):
                    process.terminate()
                    process.wait(20)


def _use(http: httpx.Client) -> None:
    table = Table("what a person does", "what they get", "ms")

    def do(**body: Any) -> dict[str, Any]:
        reply = http.post("/playground/interactions", json=body).raise_for_status().json()
        assert reply["problems"] == [], reply["problems"]
        shown = reply.get("choices") or reply["message"]["content"] or reply["message"]["embeds"][0]["title"]
        table.add_row(str(body), str(shown), str(reply["response"]["ms"]))
        return reply

    completed = do(autocomplete="/greet language:한")
    greeted = do(text="/greet language:한국어", **{"as": "mina"})
    pressed = do(press="Again", **{"as": "ada"})
    assert completed["choices"] == [{"name": "한국어", "value": "한국어"}]
    assert greeted["message"]["embeds"][0]["title"] == "안녕하세요, 김민아!"
    assert pressed["message"]["content"] == "안녕하세요! 안녕하세요!"
    Console(width=120).print(table)


def _until(look: Callable[[], T], process: "subprocess.Popen[bytes]") -> T:
    """Result of `look`, retried until it succeeds."""
    until = time.monotonic() + PATIENCE_S
    while True:
        try:
            return look()
        except (httpx.HTTPError, IndexError):
            assert process.poll() is None, "a process has ended"
            assert time.monotonic() < until, "no answer in time"
            time.sleep(0.1)


def _without_discord() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith("DISCORD_")}


if __name__ == "__main__":
    main()
