"""REST calls to this machine use no proxy, even when the environment names an unusable one (real socket)."""

import pytest

from tests.wire.discord_server import ok, serve
from wire.rest import Rest


@pytest.mark.parametrize(
    "environ",
    [
        {"ALL_PROXY": "socks5://127.0.0.1:1080"},
        {"all_proxy": "socks5h://127.0.0.1:1080"},
        {"ALL_PROXY": "socks://127.0.0.1:7890/"},
        {"HTTP_PROXY": "http://127.0.0.1:port"},
        {"HTTP_PROXY": "http://127.0.0.1:1"},
        {"SSL_CERT_FILE": "/nowhere/ca.pem"},
        {"HTTPS_PROXY": "http://127.0.0.1:1", "NO_PROXY": "somewhere:port"},
    ],
)
async def test_this_machine_is_called_without_a_proxy(environ: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in environ.items():
        monkeypatch.setenv(name, value)

    with serve() as discord:
        discord.script = [ok({"id": "1000000000000000001", "name": "Lyceum"})]
        async with Rest(discord.url, "t0ken") as rest:
            assert (await rest.get_current_application()).name == "Lyceum"
