"""`lyceum doctor`: runs all checks and prints the findings with advice."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable, Mapping
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Final

import typer

from cli.console import json_text, out
from cli.environment import environment, read_settings
from cli.errors import FAILED
from cli.findings import SIGNS, Finding, State, bad, good
from core.config import Config, ConfigError
from core.tracebacks import text_of

if TYPE_CHECKING:
    from wire.rest import Rest

PATIENCE_S: Final = 20.0  # for one check
_STYLES: Final = {State.GOOD: "good", State.NOTE: "yellow", State.BAD: "bad"}

Check = Callable[[], Awaitable[Iterable[Finding]]]


def add_to(app: typer.Typer) -> None:
    """Register the command `doctor`."""
    app.command(rich_help_panel="Keep")(doctor)


def doctor(
    *, as_json: Annotated[bool, typer.Option("--json", help="For machines; the same exit codes.")] = False
) -> None:
    """Check settings, key, token, database, commands, fonts and clocks, and say what to do about each."""
    findings = asyncio.run(_examine(environment(), show=None if as_json else _show))
    failed = sum(finding.state is State.BAD for finding in findings)
    if as_json:
        report = json_text({"ok": not failed, "checks": [asdict(finding) for finding in findings]})
        out().print_json(report, ensure_ascii=report.isascii())
    elif failed:
        out().print(f"\n[bad]{failed} of {len(findings)} checks found something that has to be mended.[/]")
    elif noted := sum(finding.state is State.NOTE for finding in findings):
        out().print(f"\n[good]{len(findings) - noted} checks passed[/], {noted} to look at.")
    else:
        out().print(f"\n[good]All {len(findings)} checks passed.[/]")
    if failed:
        raise typer.Exit(FAILED)


def _show(finding: Finding) -> None:
    style = _STYLES[finding.state]
    out().print(f"[{style}]{SIGNS[finding.state]}[/] [bold]{finding.name:<12}[/] ", end="")
    out().print(finding.found, markup=False, soft_wrap=True)
    if finding.advice:
        out().print(f"{'':<15}→ {finding.advice}", markup=False, soft_wrap=True)


async def _examine(environ: Mapping[str, str], *, show: Callable[[Finding], None] | None) -> list[Finding]:
    findings: list[Finding] = []
    async for finding in _findings(environ):
        findings.append(finding)
        if show:
            show(finding)
    return findings


async def _findings(environ: Mapping[str, str]) -> AsyncGenerator[Finding]:
    """All findings, in the order in which an operator would fix them."""
    from cli import (  # noqa: PLC0415 - imports most of the app
        checks_database,
        checks_discord,
        checks_local,
    )

    try:
        settings = read_settings(environ)
    except ConfigError as error:
        yield bad("environment", str(error), "Everything else needs these: mend them and ask again.")
        for finding in await checks_local.fonts():
            yield finding
        return
    yield good("environment", _described(settings))
    rest = _rest(settings)
    checks: list[tuple[str, Check]] = [
        ("proxy", lambda: checks_local.proxies(settings, environ)),
        ("data folder", lambda: checks_local.data_folder(settings)),
        ("fonts", checks_local.fonts),
        ("key", lambda: checks_local.key(settings)),
        ("web", lambda: checks_local.web(settings)),
        ("discord", lambda: checks_discord.application(settings, rest)),
        ("commands", lambda: checks_discord.commands(settings, rest)),
        ("clock", lambda: checks_discord.clock(settings, rest)),
        ("database", lambda: checks_database.everything(settings)),
        ("replica", lambda: checks_database.replica(settings)),
        ("watching", lambda: checks_local.watching(settings)),
    ]
    async with rest:
        for name, check in checks:
            for finding in await _guarded(name, check):
                yield finding


def _rest(settings: Config) -> "Rest":
    from wire.rest import Rest  # noqa: PLC0415 - loads httpx

    return Rest(settings.api_url, settings.token, patience_s=5, backoff_s=0.05)


def _described(settings: Config) -> str:
    discord = "the local Discord stands in" if settings.is_local else f"application {settings.application_id}"
    database = "embedded database" if settings.database_url is None else "database of DATABASE_URL"
    return f"The settings are complete: {discord}, {database}."


async def _guarded(name: str, check: Check) -> Iterable[Finding]:
    try:
        async with asyncio.timeout(PATIENCE_S):
            return await check()
    except TimeoutError:
        return [bad(name, f"No answer within {PATIENCE_S:.0f} s.", "Look at the network and ask again.")]
    except Exception as error:  # noqa: BLE001 - one failing check must not hide the others
        return [
            bad(name, f"The check itself broke: {type(error).__name__}: {text_of(error)}", "Please report this line.")
        ]
