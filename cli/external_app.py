"""`lyceum playground` with an external app: prints its connection data and registers its endpoint once it verifies."""

import threading
import time
from typing import TYPE_CHECKING, Final

from cli.console import out
from cli.control import Control
from cli.errors import CliError

if TYPE_CHECKING:
    from playground.config import PlaygroundConfig

PAUSE_S: Final = 1.0  # interval of the checks until the app answers


def introduce(config: "PlaygroundConfig", public_key: str, endpoint: str | None) -> None:
    """Print the page's URL and the data that an app needs."""
    rows = [
        ("Page", config.http_url),
        ("Public key", public_key),
        ("Application ID", str(config.application_id)),
        ("Token", config.token),
        ("REST", f"{config.http_url}/api/v10"),
        ("Gateway", config.gateway_url),
    ]
    out().print("The local Discord runs. An app needs to know:\n")
    for label, value in rows:
        out().print(f"  {label:<16}{value}", markup=False, soft_wrap=True)
    if endpoint is None:
        out().print(
            "\nOpen the page and tell it there where your app takes interactions, or start with --endpoint URL."
        )
    out().print("\nCtrl-C stops it.\n", style="quiet")


def follow(port: int, endpoint: str, *, host: str) -> None:
    """Set the local Discord's endpoint as soon as the app there verifies, and print what prevents it until then.

    Args:
        port: of the local Discord on this machine, which serves as soon as this coroutine yields.
        endpoint: the URL at which the app receives interactions.
        host: the address on which the local Discord listens.
    """
    threading.Thread(target=_look, args=(port, endpoint, host), daemon=True).start()


def _look(port: int, endpoint: str, host: str) -> None:
    told = ""
    with Control(port, host=host) as control:
        while True:
            time.sleep(PAUSE_S)
            try:
                control.set_endpoint(endpoint)
            except CliError as problem:
                if str(problem) != told:
                    told = str(problem)
                    out().print(f"[bad]✗[/] {told}", soft_wrap=True)
                continue
            out().print(
                f"[good]✓[/] The app at {endpoint} answers a PING and refuses a wrong signature.", soft_wrap=True
            )
            return
