"""What `lyceum doctor` asks Discord: is the token good, is the key right, are commands in step, what time is it."""

import time
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Final

from cli.findings import Finding, bad, good, note
from core.settings import Settings

if TYPE_CHECKING:
    from wire.rest import Application, Rest

NOTABLE_S: Final = 2.0  # a clock may be off by as much; a header of HTTP says whole seconds
TOO_FAR_S: Final = 60.0  # what is five minutes off is refused; nobody should come near
PRIVILEGED: Final = {  # bits of an application's flags, each intent for large and for small bots
    "presence": 1 << 12 | 1 << 13,
    "server members": 1 << 14 | 1 << 15,
    "message content": 1 << 18 | 1 << 19,
}


async def application(settings: Settings, rest: "Rest") -> list[Finding]:
    """Token, application, key and intents, by the application's own record."""
    from wire.errors import DiscordError, DiscordUnavailable, Unauthorized  # noqa: PLC0415 - when something is asked

    try:
        ours = await rest.get_current_application()
    except Unauthorized:
        return [bad("token", "Discord does not know DISCORD_TOKEN.", "Make a new one in the portal under Bot.")]
    except (DiscordUnavailable, DiscordError) as error:
        if settings.is_local:
            found = f"The local Discord at {settings.api_url} does not answer."
            return [note("token", found, "Start it with `lyceum up`, or `lyceum playground` alone.")]
        advice = "Look at DISCORD_API_URL, the network and https://discordstatus.com, then ask again."
        return [bad("token", f"Discord does not answer: {error}", advice)]
    return [*_identity(settings, ours), _intents(ours)]


def _identity(settings: Settings, ours: "Application") -> list[Finding]:
    if ours.id != settings.application_id:
        found = f"The token belongs to application {ours.id}, not {settings.application_id}."
        return [bad("token", found, "Copy DISCORD_TOKEN and DISCORD_APPLICATION_ID from the same application.")]
    found = [good("token", f"Discord knows us as {ours.name or ours.id}.")]
    if ours.verify_key and ours.verify_key not in settings.public_keys:
        advice = f"Set DISCORD_PUBLIC_KEY={ours.verify_key}"
        found.append(bad("public key", "Discord signs with another key than DISCORD_PUBLIC_KEY.", advice))
    else:
        found.append(good("public key", "Discord signs with the key that we verify with."))
    if ours.interactions_endpoint_url:
        found.append(good("endpoint", f"Discord sends interactions to {ours.interactions_endpoint_url}."))
    else:
        advice = "Give https://your.host/interactions to the portal as Interactions Endpoint URL."
        found.append(note("endpoint", "Discord does not know where to send interactions.", advice))
    return found


def _intents(ours: "Application") -> Finding:
    on = [name for name, bits in PRIVILEGED.items() if ours.flags & bits]
    if on:
        return note(
            "intents",
            f"Privileged intents are switched on and not used: {', '.join(on)}.",
            "Switch them off in the portal under Bot; Lyceum needs none.",
        )
    return good("intents", "Guilds and voice states alone; nothing privileged.")


async def commands(settings: Settings, rest: "Rest") -> list[Finding]:
    """Whether Discord's list of our commands is the one that the features make."""
    from app.sync_commands import sync  # noqa: PLC0415 - loads all features
    from core.errors import OutsideTrouble  # noqa: PLC0415 - likewise
    from handlers import FEATURES  # noqa: PLC0415 - likewise
    from wire.errors import DiscordError  # noqa: PLC0415 - likewise

    try:
        plan = await sync(rest, settings.application_id, FEATURES, dry_run=True)
    except (DiscordError, OutsideTrouble):
        return [note("commands", "Discord does not tell which commands it knows.", "Mend the token first.")]
    if plan.lines:
        changed = sum(not line.startswith(" ") for line in plan.lines)
        found = f"Discord's list differs in {changed} of our {len(plan.wanted)} commands."
        return [bad("commands", found, "See `lyceum commands diff`, then `lyceum commands sync`.")]
    return [good("commands", f"Discord knows all {len(plan.wanted)} commands as they are.")]


async def clock(settings: Settings, rest: "Rest") -> list[Finding]:
    """This machine's clock beside Discord's."""
    import httpx  # noqa: PLC0415 - when something is asked

    before = time.time()
    try:
        answer = await rest.client.get(f"{settings.api_url}/gateway")
    except httpx.HTTPError:
        return [note("clock", "Discord could not be asked for the time.", "See the token above.")]
    ours = (before + time.time()) / 2
    if not (told := answer.headers.get("date")):
        return [note("clock", "Discord did not say what time it is.", "Compare this machine's clock by hand.")]
    theirs = parsedate_to_datetime(told).astimezone(UTC).timestamp() + 0.5  # the header leaves out the fraction
    return [compared("Discord's", ours - theirs, allowed_s=NOTABLE_S)]


def compared(whose: str, off_s: float, *, allowed_s: float) -> Finding:
    """What a difference of `off_s` seconds between this machine's clock and another means."""
    side = "ahead of" if off_s > 0 else "behind"
    if abs(off_s) <= allowed_s:
        now = datetime.now(UTC).strftime("%H:%M:%S UTC")
        return good("clock", f"This machine's clock agrees with {whose} ({now}).")
    found = f"This machine's clock is {abs(off_s):.1f} s {side} {whose}."
    if abs(off_s) >= TOO_FAR_S:
        return bad("clock", found, "Let it follow a time server (timedatectl set-ntp true): requests would be refused.")
    return note("clock", found, "Let it follow a time server (timedatectl set-ntp true).")
