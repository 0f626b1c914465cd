"""Detects proxy and certificate variables in the environment that our HTTP clients cannot use."""

from pathlib import Path

import httpx
import pytest

from core.config import Config, ConfigError
from core.environment_checks import faults, is_loopback

REAL = {
    "DISCORD_TOKEN": "t0ken",
    "DISCORD_PUBLIC_KEY": "ab" * 32,
    "DISCORD_APPLICATION_ID": "1234567890123456789",
}
HTTP_PROXY = "must be the address of an HTTP proxy, such as http://proxy.example:3128"


@pytest.mark.parametrize(
    ("environ", "fault"),
    [
        ({"ALL_PROXY": "socks5://127.0.0.1:1080"}, "ALL_PROXY names a SOCKS proxy (socks5://), which cannot be used"),
        ({"all_proxy": "socks5h://127.0.0.1:1080"}, "all_proxy names a SOCKS proxy (socks5h://), which cannot be used"),
        ({"ALL_PROXY": "socks://127.0.0.1:7890/"}, "ALL_PROXY names a SOCKS proxy (socks://), which cannot be used"),
        ({"HTTPS_PROXY": "SOCKS4://me:s3crt@here"}, "HTTPS_PROXY names a SOCKS proxy (socks4://), which cannot be"),
        ({"wss_proxy": "socks5://127.0.0.1:1080"}, "wss_proxy names a SOCKS proxy (socks5://), which cannot be used"),
        ({"HTTPS_PROXY": "http://proxy:port"}, f"HTTPS_PROXY {HTTP_PROXY}"),
        ({"HTTPS_PROXY": "http://[::1"}, f"HTTPS_PROXY {HTTP_PROXY}"),
        ({"http_proxy": "http://"}, f"http_proxy {HTTP_PROXY}"),
        ({"http_proxy": "ftp://proxy:21"}, f"http_proxy {HTTP_PROXY}"),
        ({"http_proxy": "proxy:s3crt@here:1:2"}, f"http_proxy {HTTP_PROXY}"),
        ({"SSL_CERT_FILE": "/nowhere/ca.pem"}, "SSL_CERT_FILE names a file that is not there"),
    ],
)
def test_what_cannot_be_used_is_a_setting_that_does_not_work(environ: dict[str, str], fault: str) -> None:
    with pytest.raises(ConfigError) as refusal:
        Config.from_env({**REAL, **environ})

    assert str(refusal.value).startswith(f"The settings do not work yet: {fault}")
    assert "s3crt" not in str(refusal.value)


@pytest.mark.parametrize(
    "environ",
    [
        {},
        {"HTTPS_PROXY": ""},
        {"HTTPS_PROXY": "http://me:s3crt@proxy.example:3128"},
        {"https_proxy": "proxy.example:3128"},
        {"ALL_PROXY": "https://proxy.example"},
        {"all_proxy": "http://proxy.example:3128", "ALL_PROXY": "socks5://127.0.0.1:1080"},
        {"ALL_PROXY": "socks5://127.0.0.1:1080", "NO_PROXY": "*"},
    ],
)
def test_what_the_http_client_takes_is_no_fault(environ: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)
    for name, value in environ.items():
        monkeypatch.setenv(name, value)

    assert faults(environ) == []
    httpx.Client().close()  # does not raise


def test_a_house_that_is_all_on_this_machine_needs_no_proxy(tmp_path: Path) -> None:
    environ = {"LYCEUM_DATA_DIR": str(tmp_path), "ALL_PROXY": "socks5://127.0.0.1:1080"}

    assert Config.from_env(environ).is_all_here
    assert not Config.from_env(REAL).is_all_here


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("http://127.0.0.1:8001/api/v10", True),
        ("http://[::1]:8001", True),
        ("ws://localhost:8001/gateway", True),
        ("http://127.8.9.1", True),
        ("https://discord.com/api/v10", False),
        ("http://10.0.0.1", False),
        ("http://[::1", False),
        ("", False),
    ],
)
def test_loopback_is_this_machine(url: str, expected: bool) -> None:  # noqa: FBT001 - a table
    assert is_loopback(url) is expected
