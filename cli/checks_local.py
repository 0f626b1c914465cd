"""Checks of `lyceum doctor` on this machine: data folder, fonts, public key, web, error reporting, metrics."""

import secrets
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from cli.addresses import in_url
from cli.findings import Finding, bad, good, note
from core import environment_checks
from core.clock import Clock
from core.config import Config

if TYPE_CHECKING:
    import httpx

_PING: Final = b'{"type":1,"id":"1","application_id":"1","token":"t","version":1}'
_OK: Final = 200
_REFUSED: Final = 401


async def data_folder(settings: Config) -> list[Finding]:
    """Whether the data folder is writable."""
    if settings.known_data_dir is None:
        return [good("data folder", "None is needed: the database is elsewhere, and so is Discord.")]
    probe = settings.data_dir / f".doctor-{secrets.token_hex(4)}"
    try:
        settings.data_dir.mkdir(parents=True, exist_ok=True)
        probe.write_bytes(b"")
        probe.unlink()
    except OSError as error:
        return [
            bad(
                "data folder",
                f"{settings.data_dir} cannot be written: {error.strerror or error}.",
                "Give this account the folder, or set LYCEUM_DATA_DIR to another.",
            )
        ]
    return [good("data folder", f"{settings.data_dir} can be written.")]


async def proxies(settings: Config, environ: Mapping[str, str]) -> list[Finding]:
    """Unusable proxies that nothing needs; an unusable proxy that is needed makes the configuration invalid."""
    if not settings.is_all_here:
        return []
    return [
        note("proxy", f"{fault}.", "Nothing needs it while everything is on this machine; calls go without a proxy.")
        for fault in environment_checks.faults(environ)
    ]


async def fonts() -> list[Finding]:
    """Whether every bundled font loads, and whether complex scripts can be shaped."""
    from render.text.fonts import EMOJI, FOLDER, Face, emoji_font_for, font_for, open_font, shaping_is_complete  # noqa: PLC0415 - loads Pillow

    broken: list[str] = []
    files = sorted(path.name for path in FOLDER.glob("*.?tf"))
    for file in files:
        try:
            open_font(file, 20, shaped=False)
        except OSError:
            broken.append(file)
    missing = [sign for sign in "aм한漢あعनไ" if font_for(sign, Face.STRONG) not in files]
    if EMOJI not in files or emoji_font_for("🌙") != EMOJI:
        missing.append("🌙")
    if broken or missing:
        what = ", ".join([*broken, *(f"the font of {sign}" for sign in missing)])
        return [bad("fonts", f"Not usable: {what}.", "Install Lyceum again; assets/fonts must come with it.")]
    if not shaping_is_complete():
        return [
            note(
                "fonts",
                f"All {len(files)} fonts open, but FriBidi is missing: Indic scripts look plainer.",
                "Install libfribidi (Debian: apt install libfribidi0; see deploy/install-fribidi).",
            )
        ]
    return [good("fonts", f"All {len(files)} fonts open, and every script is shaped.")]


async def key(settings: Config) -> list[Finding]:
    """Whether the public key is valid, and with the local Discord whether it matches the private key."""
    from wire.errors import BadSignature  # noqa: PLC0415 - only for this check
    from wire.signature import Verifier  # noqa: PLC0415 - likewise

    try:
        verifier = Verifier(settings.public_keys)
    except ValueError as error:
        return [bad("key", f"DISCORD_PUBLIC_KEY is no key: {error}", "Copy it from the developer portal again.")]
    if not settings.is_local:
        return [good("key", "DISCORD_PUBLIC_KEY is well formed; Discord says below whether it is the right one.")]
    now = datetime.now(UTC)
    headers = _signed(settings, _PING, now)
    try:
        verifier.verify(
            _PING,
            signature=headers["X-Signature-Ed25519"].encode(),
            timestamp=headers["X-Signature-Timestamp"].encode(),
            now_s=now.timestamp(),
        )
    except BadSignature as error:
        advice = f"Stop Lyceum and delete {settings.data_dir / 'playground.key'}; a new pair is made."
        return [bad("key", f"What the local key signs is refused: {error}.", advice)]
    return [good("key", "What the local key signs is accepted.")]


async def web(settings: Config) -> list[Finding]:
    """Whether web answers, refuses unsigned requests and, with the local Discord's key, answers signed ones."""
    import httpx  # noqa: PLC0415 - only when a check runs

    url = f"http://{in_url(settings.host)}:{settings.port}"
    async with httpx.AsyncClient(timeout=5, trust_env=False) as client:
        try:
            forged = await client.post(f"{url}/interactions", content=_PING)
        except httpx.HTTPError:
            advice = "Start it: `lyceum web`, or `lyceum up` for everything."
            if not settings.is_local:
                advice = f"If web runs on another machine, ask there; otherwise start it: {advice.partition(': ')[2]}"
            return [note("web", f"Nothing answers at {url}.", advice)]
        if forged.status_code != _REFUSED:
            advice = f"Is another program listening on port {settings.port}? Then choose another with API_PORT."
            return [bad("web", f"{url} answers {forged.status_code} to a forged request instead of 401.", advice)]
        if not settings.is_local:
            return [good("web", f"{url} answers, and refuses what Discord has not signed.")]
        return [await _ping(client, url, settings)]


async def _ping(client: "httpx.AsyncClient", url: str, settings: Config) -> Finding:
    headers = _signed(settings, _PING, Clock(settings.clock_file).now())
    answer = await client.post(f"{url}/interactions", content=_PING, headers=headers)
    if (answer.status_code, answer.text) != (_OK, '{"type":1}'):
        return bad(
            "web",
            f"{url} answers {answer.status_code} to a signed ping.",
            "It was started with another data folder or key: stop it and start it again.",
        )
    return good("web", f"{url} answers a signed ping, and refuses a forged one.")


async def watching(settings: Config) -> list[Finding]:
    """Whether error reporting and metrics are configured."""
    if settings.is_local:
        return []
    found = [
        good("errors", "What breaks is reported to SENTRY_DSN.")
        if settings.sentry_dsn
        else note("errors", "What breaks is only logged.", "Set SENTRY_DSN to be told, or watch the log for `ref`.")
    ]
    if settings.metrics_port:
        found.append(good("metrics", f"Every process shows its numbers, from port {settings.metrics_port} up."))
    elif settings.web_processes > 1:
        found.append(
            note("metrics", "Several web processes share one port, so /metrics is closed.", "Set METRICS_PORT.")
        )
    else:
        found.append(good("metrics", f"Web shows its numbers at port {settings.port}, /metrics."))
    return found


def _signed(settings: Config, body: bytes, now: datetime) -> dict[str, str]:
    """The signature headers with which the local Discord would send `body`."""
    from nacl.signing import SigningKey  # noqa: PLC0415 - only for the local Discord

    seed = bytes.fromhex((settings.data_dir / "playground.key").read_text(encoding="ascii"))
    timestamp = str(int(now.timestamp()))
    signature = SigningKey(seed).sign(timestamp.encode() + body).signature.hex()
    return {"X-Signature-Ed25519": signature, "X-Signature-Timestamp": timestamp}
