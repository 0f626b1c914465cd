"""Checks of `lyceum doctor` against Discord: token, public key, registered commands, clock difference."""

import time
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Final

from cli.findings import Finding, bad, good, note
from cli.rate_limit_text import waiting
from core.config import Config, is_public_key, is_url

if TYPE_CHECKING:
    from wire.rest import Application, Rest

NOTABLE_S: Final = 2.0  # tolerated clock difference; the HTTP Date header has whole seconds
TOO_FAR_S: Final = 60.0  # requests five minutes off are refused; warn well before
PRIVILEGED: Final = {  # bits of an application's flags: each intent for verified and for unverified bots
    "presence": 1 << 12 | 1 << 13,
    "server members": 1 << 14 | 1 << 15,
    "message content": 1 << 18 | 1 << 19,
}


async def application(settings: Config, rest: "Rest") -> list[Finding]:
    """Findings about token, application, key and intents, from the application object at Discord."""
    from wire.errors import (  # noqa: PLC0415 - only when a check runs
        DiscordError,
        DiscordUnavailable,
        RateLimited,
        Unauthorized,
    )

    try:
        ours = await rest.get_current_application()
    except Unauthorized:
        return [bad("token", "Discord does not know DISCORD_TOKEN.", "Make a new one in the portal under Bot.")]
    except RateLimited as limit:
        return [note("token", waiting(limit), "Ask again then.")]
    except DiscordError as error:
        return [bad("token", f"Discord refuses to show the application: {error}", "Check DISCORD_API_URL.")]
    except DiscordUnavailable as error:
        if settings.is_local:
            found = f"The local Discord at {settings.api_url} does not answer."
            return [note("token", found, "Start it with `lyceum up`, or `lyceum playground` alone.")]
        advice = "Look at DISCORD_API_URL, the network and https://discordstatus.com, then ask again."
        return [bad("token", f"Discord does not answer: {error}", advice)]
    return [*_identity(settings, ours), _intents(ours)]


def _identity(settings: Config, ours: "Application") -> list[Finding]:
    if ours.id != settings.application_id:
        found = f"The token belongs to application {ours.id}, not {settings.application_id}."
        return [bad("token", found, "Copy DISCORD_TOKEN and DISCORD_APPLICATION_ID from the same application.")]
    found = [good("token", f"Discord knows us as {ours.name or ours.id}.")]
    found += [_public_key(settings, ours.verify_key), _endpoint(ours.interactions_endpoint_url)]
    return found


def _public_key(settings: Config, told: str) -> Finding:
    if told.lower() in settings.public_keys:
        return good("public key", "Discord signs with the key that we verify with.")
    if not is_public_key(told):  # another server with Discord's REST API may return anything
        advice = "Compare DISCORD_PUBLIC_KEY with the developer portal, under General Information."
        return note("public key", f"{settings.api_url} does not tell the public key of the application.", advice)
    advice = f"Set DISCORD_PUBLIC_KEY={told.lower()}"
    return bad("public key", "Discord signs with another key than DISCORD_PUBLIC_KEY.", advice)


def _endpoint(told: str | None) -> Finding:
    if told and is_url(told, ("https", "http")):
        return good("endpoint", f"Discord sends interactions to {told}.")
    advice = "Give https://your.host/interactions to the portal as Interactions Endpoint URL."
    return note("endpoint", "Discord does not know where to send interactions.", advice)


def _intents(ours: "Application") -> Finding:
    on = [name for name, bits in PRIVILEGED.items() if ours.flags & bits]
    if on:
        return note(
            "intents",
            f"Privileged intents are switched on and not used: {', '.join(on)}.",
            "Switch them off in the portal under Bot; Lyceum needs none.",
        )
    return good("intents", "Guilds and voice states alone; nothing privileged.")


async def commands(settings: Config, rest: "Rest") -> list[Finding]:
    """Whether the registered commands equal those that the features declare."""
    from app.commands.sync import sync  # noqa: PLC0415 - loads all features
    from handlers import FEATURES  # noqa: PLC0415 - likewise
    from wire.errors import DiscordError, DiscordUnavailable, RateLimited, Unauthorized  # noqa: PLC0415 - likewise

    try:
        plan = await sync(rest, settings.application_id, FEATURES, dry_run=True)
    except RateLimited as limit:
        return [note("commands", waiting(limit), "Ask again then.")]
    except (Unauthorized, DiscordUnavailable):  # the finding about the token says what to do
        return [note("commands", "Discord does not tell which commands it knows.", "Mend the token first.")]
    except DiscordError as error:
        advice = "Check that the token belongs to DISCORD_APPLICATION_ID."
        return [bad("commands", f"Discord refuses to show its list of commands: {error}", advice)]
    kept = f" Others registered {', '.join(plan.kept_titles)}; a sync keeps them." if plan.kept else ""
    if not plan.lines:
        return [good("commands", f"Discord knows all {len(plan.wanted)} commands as they are.{kept}")]
    parts: list[str] = []
    if plan.differing:
        parts.append(f"Discord's list lacks or has differently {plan.differing} of our {len(plan.wanted)} commands.")
    if plan.deleted:
        parts.append(f"Discord's list still has {plan.deleted} of an earlier version.")
    found = " ".join(parts) + kept
    return [bad("commands", found, "See `lyceum commands diff`, then `lyceum commands sync`.")]


async def clock(settings: Config, rest: "Rest") -> list[Finding]:
    """Finding about the difference between this machine's clock and Discord's."""
    import httpx  # noqa: PLC0415 - only when a check runs

    before = time.time()
    try:
        answer = await rest.client.get(f"{settings.api_url}/gateway")
    except httpx.HTTPError:
        return [note("clock", "Discord could not be asked for the time.", "See the token above.")]
    ours = (before + time.time()) / 2
    if not (told := answer.headers.get("date")):
        return [note("clock", "Discord did not say what time it is.", "Compare this machine's clock by hand.")]
    theirs = parsedate_to_datetime(told).astimezone(UTC).timestamp() + 0.5  # the header has no fraction of a second
    return [compared("Discord's", ours - theirs, allowed_s=NOTABLE_S)]


def compared(whose: str, off_s: float, *, allowed_s: float) -> Finding:
    """Finding for a difference of `off_s` seconds between this machine's clock and another."""
    side = "ahead of" if off_s > 0 else "behind"
    if abs(off_s) <= allowed_s:
        now = datetime.now(UTC).strftime("%H:%M:%S UTC")
        return good("clock", f"This machine's clock agrees with {whose} ({now}).")
    found = f"This machine's clock is {abs(off_s):.1f} s {side} {whose}."
    if abs(off_s) >= TOO_FAR_S:
        return bad("clock", found, "Let it follow a time server (timedatectl set-ntp true): requests would be refused.")
    return note("clock", found, "Let it follow a time server (timedatectl set-ntp true).")
