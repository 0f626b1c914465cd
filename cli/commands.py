"""`lyceum commands`: compares the commands registered at Discord with those of the features, and syncs them."""

import asyncio
from typing import TYPE_CHECKING, Annotated

import typer

from cli.console import out
from cli.environment import read_settings
from cli.errors import AWAY, USAGE, CliError
from cli.rate_limit_text import waiting
from core.config import Config
from core.errors import ServiceUnavailable
from core.ids import SNOWFLAKE_MAX, SNOWFLAKE_MIN, GuildId

if TYPE_CHECKING:
    from app.commands.sync import CommandPlan
    from wire.errors import DiscordError

_STILL_TO_SEND = "`lyceum commands diff` then says what is still to send."

app = typer.Typer(help="Keep Discord's list of our commands up to date.", no_args_is_help=True)

Guild = Annotated[int | None, typer.Option(metavar="ID", help="Only for this server, where changes show at once.")]
Foreign = Annotated[
    bool, typer.Option("--delete-foreign", help="Also delete commands that this app has and Lyceum never registered.")
]


@app.command()
def diff(*, guild: Guild = None, delete_foreign: Foreign = False) -> None:
    """Print what a sync would change."""
    plan = _ask_discord(guild, sends=False, deletes_foreign=delete_foreign)
    out().print(str(plan), markup=False, soft_wrap=True)
    _tell_kept(plan)


@app.command()
def sync(*, guild: Guild = None, delete_foreign: Foreign = False) -> None:
    """Send the list, if it differs from the one that Discord has; commands of other tools stay."""
    plan = _ask_discord(guild, sends=True, deletes_foreign=delete_foreign)
    if plan.lines:
        out().print("\n".join(plan.lines), markup=False, soft_wrap=True)
        out().print(f"Sent: Discord now knows all {len(plan.wanted)} commands.")
    else:
        out().print(f"Nothing to do: Discord knows all {len(plan.wanted)} commands.")
    _tell_kept(plan)


def _tell_kept(plan: "CommandPlan") -> None:
    if plan.kept:
        told = f"Kept, because Lyceum did not register them: {', '.join(plan.kept_titles)}."
        out().print(told, markup=False, soft_wrap=True)


def _ask_discord(guild: int | None, *, sends: bool, deletes_foreign: bool) -> "CommandPlan":
    """Print the difference to Discord's list of commands, and sync it if `sends`."""
    if guild is not None and not SNOWFLAKE_MIN <= guild <= SNOWFLAKE_MAX:
        raise CliError("--guild wants the number that Discord shows under Copy Server ID.", code=USAGE)
    where = None if guild is None else GuildId(guild)
    return asyncio.run(_ask(read_settings(), where, sends=sends, deletes_foreign=deletes_foreign))


async def _ask(settings: Config, guild: GuildId | None, *, sends: bool, deletes_foreign: bool) -> "CommandPlan":
    from app.commands.sync import SyncRefused  # noqa: PLC0415 - loads all features
    from app.commands.sync import sync as ask  # noqa: PLC0415 - likewise
    from handlers import FEATURES  # noqa: PLC0415 - likewise
    from wire.errors import DiscordError, RateLimited  # noqa: PLC0415 - likewise
    from wire.rest import Rest  # noqa: PLC0415 - likewise

    try:
        async with Rest(settings.api_url, settings.token) as rest:
            return await ask(
                rest,
                settings.application_id,
                FEATURES,
                guild=guild,
                deletes_foreign=deletes_foreign,
                dry_run=not sends,
            )
    except RateLimited as limit:
        raise CliError(f"{waiting(limit)} {_STILL_TO_SEND}", code=AWAY) from limit
    except ServiceUnavailable as trouble:
        hint = "start the local one with `make up`" if settings.is_local else "try again in a minute"
        raise CliError(f"Discord at {settings.api_url} does not answer: {hint}.", code=AWAY) from trouble
    except SyncRefused as refused:
        raise CliError(_refusal(str(refused), refused.error, in_guild=guild is not None)) from refused
    except DiscordError as error:
        raise CliError(_refusal(str(error), error, in_guild=guild is not None)) from error


def _refusal(told: str, error: "DiscordError", *, in_guild: bool) -> str:
    return f"Discord refuses the list ({told}): {_next_step(error, in_guild=in_guild)}"


def _next_step(error: "DiscordError", *, in_guild: bool) -> str:
    from wire.errors import Denied, DiscordError, HiddenRateLimit, TooManyCommands, Unknown  # noqa: PLC0415 - loaded with all features

    where = " and --guild" if in_guild else ""
    match error:
        case Denied():
            return f"check DISCORD_TOKEN and DISCORD_APPLICATION_ID{where}."
        case Unknown():
            return f"check DISCORD_APPLICATION_ID{where}."
        case HiddenRateLimit() | TooManyCommands():
            return "try again later; `lyceum commands diff` says what is still to send."
        case DiscordError(code=50240):  # created between our read and our write
            return "an Entry Point command has just been made; run the same again."
        case _:
            return "our list is at fault, not your settings; please report this line."
