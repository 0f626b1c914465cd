"""`lyceum commands`: Discord's list of our commands beside the one that the features make."""

import asyncio
from typing import TYPE_CHECKING, Annotated

import typer

from cli.environment import read_settings
from cli.problems import USAGE, Problem
from cli.screen import out
from core.errors import OutsideTrouble
from core.ids import SNOWFLAKE_MIN, GuildId
from core.settings import Settings

if TYPE_CHECKING:
    from app.sync_commands import Plan

app = typer.Typer(help="Keep Discord's list of our commands up to date.", no_args_is_help=True)

Guild = Annotated[int | None, typer.Option(metavar="ID", help="Only for this server, where changes show at once.")]


@app.command()
def diff(*, guild: Guild = None) -> None:
    """Print what a sync would change."""
    plan = _compare(guild, dry_run=True)
    out().print(str(plan), markup=False, soft_wrap=True)


@app.command()
def sync(*, guild: Guild = None) -> None:
    """Send the list, if it differs from the one that Discord has."""
    plan = _compare(guild, dry_run=False)
    if not plan.lines:
        out().print(f"Nothing to do: Discord knows all {len(plan.wanted)} commands.")
        return
    out().print("\n".join(plan.lines), markup=False, soft_wrap=True)
    out().print(f"Sent: Discord now knows all {len(plan.wanted)} commands.")


def _compare(guild: int | None, *, dry_run: bool) -> "Plan":
    if guild is not None and guild < SNOWFLAKE_MIN:
        raise Problem("--guild wants the number that Discord shows under Copy Server ID.", code=USAGE)
    return asyncio.run(_ask(read_settings(), None if guild is None else GuildId(guild), dry_run=dry_run))


async def _ask(settings: Settings, guild: GuildId | None, *, dry_run: bool) -> "Plan":
    from app.sync_commands import sync as compare  # noqa: PLC0415 - loads all features
    from handlers import FEATURES  # noqa: PLC0415 - likewise
    from wire.errors import DiscordError  # noqa: PLC0415 - likewise
    from wire.rest import Rest  # noqa: PLC0415 - likewise

    try:
        async with Rest(settings.api_url, settings.token) as rest:
            return await compare(rest, settings.application_id, FEATURES, guild=guild, dry_run=dry_run)
    except OutsideTrouble as trouble:
        hint = "start the local one with `make up`" if settings.is_local else "try again in a minute"
        raise Problem(f"Discord at {settings.api_url} does not answer: {hint}.") from trouble
    except DiscordError as error:
        raise Problem(
            f"Discord refuses the list ({error}): check DISCORD_TOKEN and DISCORD_APPLICATION_ID"
            f"{' and --guild' if guild else ''}."
        ) from error
