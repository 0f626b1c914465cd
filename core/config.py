"""Configuration from environment variables, read once per process and passed in."""

import binascii
import contextlib
import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Self
from urllib.parse import urlsplit

from core import database_url as database_address
from core import environment_checks
from core.ids import SNOWFLAKE_MAX, SNOWFLAKE_MIN, ApplicationId

DISCORD_API_URL: Final = "https://discord.com/api/v10"
DISCORD_CDN_URL: Final = "https://cdn.discordapp.com"
LOCAL_APPLICATION_ID: Final = ApplicationId(1_000_000_000_000_000_001)
LOCAL_TOKEN: Final = "playground"  # noqa: S105 - valid only for the local Discord

_NO_DATA_DIR: Final = (
    "LYCEUM_DATA_DIR is missing, and this account has no home: set it to a folder that this account may write to"
)
_DISCORD_KEYS: Final = ("DISCORD_TOKEN", "DISCORD_PUBLIC_KEY", "DISCORD_APPLICATION_ID")
_LEVELS: Final = ("debug", "info", "warning", "error")
_FORMATS: Final = ("json", "text")
_PORT_MAX: Final = 65_535
_PROCESSES_MAX: Final = 999  # an upper bound beyond any real deployment
_KEY_BYTES: Final = 32  # an Ed25519 public key, and the seed of a signing key


class ConfigError(Exception):
    """The environment is not usable; one message names every missing or malformed variable."""


@dataclass(frozen=True, slots=True)
class Config:
    """Configuration of one process. `is_local` means that the local Discord replaces the real one."""

    token: str = field(repr=False)
    public_keys: tuple[str, ...]  # 64 hexadecimal characters each; several during a key rotation
    application_id: ApplicationId
    database_url: str | None = field(repr=False)  # None: the embedded PostgreSQL
    api_url: str  # with the API version, without a trailing slash
    gateway_url: str | None  # None: ask Discord
    cdn_url: str
    host: str
    port: int
    playground_port: int
    known_data_dir: Path | None  # None: not set, and this account has no home directory; see data_dir
    clock_file: Path | None  # None: real time
    log_level: str
    log_format: str
    is_local: bool
    web_processes: int = 1  # processes that share web's port
    metrics_port: int | None = None  # first port for metrics; None: only on web's own port
    sentry_dsn: str | None = field(default=None, repr=False)  # None: errors are only logged
    replica_url: str | None = field(default=None, repr=False)  # a streaming replica of the database; None: none
    given_direct_url: str | None = field(default=None, repr=False)  # the same database without a pooler; see direct_url
    openapi_file: Path | None = None  # Discord's OpenAPI description, for the local Discord; None: not available

    @property
    def data_dir(self) -> Path:
        """Folder for local files; not needed when a token and a database are configured.

        Raises:
            ConfigError: no folder is configured, and this account has no home directory.
        """
        if self.known_data_dir is None:
            raise ConfigError(f"{_NO_DATA_DIR}.")
        return self.known_data_dir

    @property
    def direct_url(self) -> str | None:
        """Database URL for whatever needs its own session: the listener, migrations, bulk loads."""
        return self.given_direct_url or self.database_url

    @classmethod
    def from_env(cls, environ: Mapping[str, str]) -> Self:
        """Configuration from environment variables; empty ones count as unset.

        With none of Discord's three variables set, everything points to the local Discord on this machine.

        Raises:
            ConfigError: variables are missing or malformed.
        """
        reader = _EnvParser(environ)
        given = [key for key in _DISCORD_KEYS if reader.text(key)]
        is_local = not given
        data_dir = reader.folder("LYCEUM_DATA_DIR", _default_data_dir(environ))
        playground_port = reader.port("PLAYGROUND_PORT", 8001)
        here = f"127.0.0.1:{playground_port}"
        for key in _DISCORD_KEYS:
            if given and key not in given:
                reader.problems.append(f"{key} is missing")
        settings = cls(
            token=LOCAL_TOKEN if is_local else reader.text("DISCORD_TOKEN"),
            public_keys=() if is_local else reader.keys("DISCORD_PUBLIC_KEY"),
            application_id=LOCAL_APPLICATION_ID if is_local else reader.application("DISCORD_APPLICATION_ID"),
            database_url=reader.database("DATABASE_URL"),
            replica_url=reader.database("DATABASE_REPLICA_URL"),
            given_direct_url=reader.database("DATABASE_DIRECT_URL"),
            api_url=_with_version(
                reader.url("DISCORD_API_URL", f"http://{here}" if is_local else DISCORD_API_URL, "http", "https")
            ),
            gateway_url=reader.url("DISCORD_GATEWAY_URL", f"ws://{here}/gateway" if is_local else "", "ws", "wss")
            or None,
            cdn_url=reader.url(
                "DISCORD_CDN_URL", f"http://{here}/cdn" if is_local else DISCORD_CDN_URL, "http", "https"
            ),
            host=reader.text("API_HOST") or "127.0.0.1",
            port=reader.port("API_PORT", 8000),
            playground_port=playground_port,
            known_data_dir=data_dir,
            clock_file=data_dir / "clock.json" if is_local and data_dir else None,
            log_level=reader.choice("LOG_LEVEL", "info", _LEVELS),
            log_format=reader.choice("LOG_FORMAT", "text", _FORMATS),
            is_local=is_local,
            web_processes=reader.processes("WEB_CONCURRENCY"),
            metrics_port=reader.port("METRICS_PORT", 0) or None,
            sentry_dsn=reader.url("SENTRY_DSN", "", "http", "https") or None,
            openapi_file=reader.folder("LYCEUM_OPENAPI", None),
        )
        for name, url in (("REPLICA", settings.replica_url), ("DIRECT", settings.given_direct_url)):
            if url and not settings.database_url:
                whose = "whose replica it is" if name == "REPLICA" else "that it leads to past a pooler"
                reader.problems.append(f"DATABASE_{name}_URL needs the DATABASE_URL {whose}")
        if data_dir is None and (is_local or not settings.database_url) and not reader.text("LYCEUM_DATA_DIR"):
            reader.problems.append(_NO_DATA_DIR)
        if not settings.is_all_here:
            reader.problems += environment_checks.faults(environ)
        if reader.problems:
            raise ConfigError(
                f"The settings do not work yet: {'; '.join(reader.problems)}. "
                "Each variable is explained in .env.example."
            )
        if is_local:
            object.__setattr__(settings, "public_keys", (_local_public_key(settings.data_dir),))
        return settings

    @property
    def is_all_here(self) -> bool:
        """Whether every HTTP and websocket URL is on this machine, so that no proxy is needed."""
        called = (self.api_url, self.gateway_url or self.api_url, self.cdn_url, *filter(None, [self.sentry_dsn]))
        return all(environment_checks.is_loopback(url) for url in called)


class _EnvParser:
    """Parses variables and collects all errors, so that an operator can fix them at once."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ = environ
        self.problems: list[str] = []

    def text(self, name: str) -> str:
        return self._environ.get(name, "").strip()

    def port(self, name: str, default: int) -> int:
        text = self.text(name)
        if not text:
            return default
        if not (text.isascii() and text.isdigit() and 0 < int(text) <= _PORT_MAX):
            self.problems.append(f"{name} must be a port from 1 to {_PORT_MAX}")
            return default
        return int(text)

    def processes(self, name: str) -> int:
        text = self.text(name) or "1"
        if not (text.isascii() and text.isdigit() and 0 < int(text) <= _PROCESSES_MAX):
            self.problems.append(f"{name} must be the number of web processes, such as 2")
            return 1
        return int(text)

    def choice(self, name: str, default: str, allowed: tuple[str, ...]) -> str:
        text = self.text(name).lower() or default
        if text not in allowed:
            self.problems.append(f"{name} must be one of {', '.join(allowed)}")
        return text

    def url(self, name: str, default: str, *schemes: str) -> str:
        text = (self.text(name) or default).rstrip("/")
        if text and not is_url(text, schemes):
            self.problems.append(
                f"{name} must be an address that begins with {' or '.join(f'{s}://' for s in schemes)}"
            )
        return text

    def folder(self, name: str, default: Path | None) -> Path | None:
        text = self.text(name)
        try:
            return Path(text).expanduser().absolute() if text else default
        except RuntimeError:  # "~name" of an unknown account, or one without a home directory
            self.problems.append(f"{name} begins with ~, and that account has no home here: write the whole path")
            return None

    def database(self, name: str) -> str | None:
        text = self.text(name)
        if text:
            self.problems += [f"{name} {fault}" for fault in database_address.faults(text, self._environ)]
        return text or None

    def keys(self, name: str) -> tuple[str, ...]:
        texts = [text.strip().lower() for text in self.text(name).split(",")]
        found = tuple(dict.fromkeys(text for text in texts if text))
        if self.text(name) and not (found and all(is_public_key(text) for text in found)):
            self.problems.append(f"{name} must be the {2 * _KEY_BYTES} hexadecimal characters of the developer portal")
        return found

    def application(self, name: str) -> ApplicationId:
        text = self.text(name)
        if text and not (text.isascii() and text.isdigit() and SNOWFLAKE_MIN <= int(text) <= SNOWFLAKE_MAX):
            self.problems.append(f"{name} must be the number of the developer portal")
            return ApplicationId(0)
        return ApplicationId(int(text or 0))


def is_public_key(text: str) -> bool:
    """Whether the text has the format of an Ed25519 public key: 64 hexadecimal characters."""
    try:
        return len(binascii.unhexlify(text)) == _KEY_BYTES
    except ValueError:
        return False


def is_url(text: str, schemes: tuple[str, ...]) -> bool:
    """Whether the text is a URL with a host and one of these schemes."""
    try:
        parts = urlsplit(text)
        return parts.scheme in schemes and bool(parts.hostname) and (parts.port is None or parts.port > 0)
    except ValueError:
        return False


def _with_version(url: str) -> str:
    """Discord's API URL with the version that we use, also when only the host or `/api` was given."""
    path = urlsplit(url).path
    if not path:
        return f"{url}/api/v10"
    return f"{url}/v10" if path == "/api" else url


def _default_data_dir(environ: Mapping[str, str]) -> Path | None:
    """The platform's usual folder for application data; None: this account has no home, as in many containers."""
    try:
        if base := environ.get("XDG_DATA_HOME"):
            return (Path(base).expanduser() / "lyceum").absolute()
        home = Path(environ["HOME"]) if environ.get("HOME") else Path.home()
        return (home.expanduser() / ".local" / "share" / "lyceum").absolute()
    except RuntimeError:
        return None


def _local_public_key(data_dir: Path) -> str:
    """Public key of the local Discord; its key pair is created on first use."""
    from nacl.signing import SigningKey  # noqa: PLC0415 - only the local Discord needs it here

    path = data_dir / "playground.key"
    try:
        if not path.exists():
            data_dir.mkdir(parents=True, exist_ok=True)
            fresh = data_dir / f"playground.key.{os.getpid()}"
            fresh.touch(mode=0o600)
            fresh.write_text(secrets.token_hex(_KEY_BYTES), encoding="ascii")
            with contextlib.suppress(FileExistsError):  # another process created it first: use its key
                os.link(fresh, path)
            fresh.unlink()
        return SigningKey(bytes.fromhex(path.read_text(encoding="ascii"))).verify_key.encode().hex()
    except ValueError as error:
        raise ConfigError(f"{path} does not hold a key; delete the file and a new one is made.") from error
    except OSError as error:
        raise data_dir_error(data_dir, error) from error


def data_dir_error(data_dir: Path, error: OSError) -> ConfigError:
    """The error for a data folder that cannot be written."""
    return ConfigError(
        f"The data folder {data_dir} cannot be used ({error.strerror}): "
        "set LYCEUM_DATA_DIR to a folder that this account may write to."
    )
