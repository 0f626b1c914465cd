"""The app really served beside a local Discord, in a thread of its own."""

import threading
import time
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import uvicorn

from app.main import create_app
from handlers.feature import Feature
from tests.fake_discord import settings
from tests.local_discord import LocalDiscord, free_port


@contextmanager
def served(
    discord: LocalDiscord, folder: Path, database_url: str, *, features: Sequence[Feature] | None = None, port: int = 0
) -> Generator[str]:
    """The app on a port of its own, or on `port`; its address."""
    port = port or free_port()
    config = replace(
        settings(folder),
        public_keys=(discord.public_key,),
        token=discord.config.token,
        api_url=discord.api_url,
        cdn_url=f"{discord.url}/cdn",
        database_url=database_url,
        port=port,
    )
    server = uvicorn.Server(
        uvicorn.Config(
            create_app(config, features=features),
            port=port,
            access_log=False,
            log_config=None,
            http="httptools",
            ws="none",
        )
    )
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.02)
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        thread.join(timeout=15)
        assert not thread.is_alive()
