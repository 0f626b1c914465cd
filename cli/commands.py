"""`lyceum commands`: Discord's list of our commands beside the one that the features make."""

import asyncio
from typing import TYPE_CHECKING, Annotated

import typer

from cli.environment import read_settings
from cli.problems import AWAY, USAGE, Problem
from cli.screen import out
from core.errors import OutsideTrouble
from core.ids import SNOWFLAKE_MIN, GuildId
from core.settings import Settings

if TYPE_CHECKING:
    from app.sync_commands import Plan
    from wire.errors import DiscordError

app = typer.Typer(help="Keep Discord's list of our commands up to date.", no_args_is_help=True)

Guild = Annotated[int | None, typer.Option(metavar="ID", help="Only for this server, where changes show at once.")]


@app.command()
def diff(*, guild: Guild = None) -> None:
    """Print what a sync would change."""
    plan = _ask_discord(guild, sends=False)
    out().print(str(plan), markup=False, soft_wrap=True)


@app.command()
def sync(*, guild: Guild = None) -> None:
    """Send the list, if it differs from the one that Discord has."""
    plan = _ask_discord(guild, sends=True)
    if not plan.lines:
        out().print(f"Nothing to do: Discord knows all {len(plan.wanted)} commands.")
        return
    out().print("\n".join(plan.lines), markup=False, soft_wrap=True)
    out().print(f"Sent: Discord now knows all {len(plan.wanted)} commands.")


def _ask_discord(guild: int | None, *, sends: bool) -> "Plan":
    """What Discord's list lacks, sent to it when `sends`."""
    if guild is not None and guild < SNOWFLAKE_MIN:
        raise Problem("--guild wants the number that Discord shows under Copy Server ID.", code=USAGE)
    return asyncio.run(_ask(read_settings(), None if guild is None else GuildId(guild), sends=sends))


async def _ask(settings: Settings, guild: GuildId | None, *, sends: bool) -> "Plan":
    from app.sync_commands import sync as ask  # noqa: PLC0415 - loads all features
    from handlers import FEATURES  # noqa: PLC0415 - likewise
    from wire.errors import DiscordError  # noqa: PLC0415 - likewise
    from wire.rest import Rest  # noqa: PLC0415 - likewise

    try:
        async with Rest(settings.api_url, settings.token) as rest:
            return await ask(rest, settings.application_id, FEATURES, guild=guild, dry_run=not sends)
    except OutsideTrouble as trouble:
        hint = "start the local one with `make up`" if settings.is_local else "try again in a minute"
        raise Problem(f"Discord at {settings.api_url} does not answer: {hint}.", code=AWAY) from trouble
    except DiscordError as error:
        raise Problem(f"Discord refuses the list ({error}): {_next_step(error, in_guild=guild is not None)}") from error


def _next_step(error: "DiscordError", *, in_guild: bool) -> str:
    from wire.errors import Denied, SlowDown, TooManyCommands, Unknown  # noqa: PLC0415 - loaded with all features

    where = " and --guild" if in_guild else ""
    match error:
        case Denied():
            return f"check DISCORD_TOKEN and DISCORD_APPLICATION_ID{where}."
        case Unknown():
            return f"check DISCORD_APPLICATION_ID{where}."
        case SlowDown() | TooManyCommands():
            return "try again later; `lyceum commands diff` says what is still to send."
        case _:
            return "our list is at fault, not your settings; please report this line."
