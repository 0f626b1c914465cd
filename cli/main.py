"""Entry point of the `lyceum` command: runs it, and turns exceptions into messages and exit codes."""

import secrets
import sys
from datetime import UTC, datetime
from pathlib import Path

from cli import terminal
from cli.errors import AWAY, FAILED, MARK, USAGE, CliError
from core.config import ConfigError
from core.tracebacks import traceback_of


def main() -> None:
    """Run the command line; every failure prints one message with the next step."""
    try:
        terminal.adapt()
        _run(sys.argv[1:])
    except CliError as problem:
        _say(str(problem))
        raise SystemExit(problem.code) from None
    except ConfigError as error:
        _say(str(error))
        raise SystemExit(USAGE) from None
    except Exception as error:  # noqa: BLE001 - the outermost handler of this process
        if outside := _outside(error):
            _say(outside)
            raise SystemExit(AWAY) from None
        _say(_unexpected(error))
        raise SystemExit(FAILED) from None


def _run(arguments: list[str]) -> None:
    if arguments == ["web"]:  # answers its first ping a fifth sooner without Typer's parser
        from cli import serve  # noqa: PLC0415 - each command loads only what it needs

        serve.web(supervised=False)
        return
    from cli import usage  # noqa: PLC0415 - likewise
    from cli.command_line import build  # noqa: PLC0415 - likewise
    from core import log  # noqa: PLC0415 - likewise

    log.configure("warning", "text")  # commands print results on stdout; the processes configure their own logging
    usage.run(build(whole="--supervised" not in arguments), arguments)


def _say(sentence: str) -> None:
    from cli.console import err  # noqa: PLC0415 - loads Rich, only for errors

    err().print(f"[bad]{MARK}[/] ", end="")
    err().print(sentence, markup=False, soft_wrap=True)


def _outside(error: Exception) -> str | None:
    """The message and advice for a database failure; None for every other error."""
    from core.errors import DatabaseTrouble, ServiceUnavailable  # noqa: PLC0415 - only after an error

    cause: object = getattr(error, "orig", error)  # SQLAlchemy wraps the driver's
    if "psycopg" in sys.modules:
        from psycopg import Error  # noqa: PLC0415 - loaded already

        from db.error_messages import of_statement  # noqa: PLC0415 - likewise

        if isinstance(cause, Error):
            cause = of_statement(cause)
    if isinstance(cause, DatabaseTrouble):
        return f"{cause} {cause.advice}"
    return str(cause) if isinstance(cause, ServiceUnavailable) else None


def _unexpected(error: Exception) -> str:
    """Log an unexpected error with a reference; returns the message for the operator."""
    reference = secrets.token_hex(3)
    written = f"{datetime.now(UTC).isoformat()} ref={reference} {' '.join(sys.argv[1:])}\n"
    written += f"{traceback_of(error)}\n"
    for folder, name in ((_data_dir, "errors.log"), (Path.cwd, "lyceum-errors.log")):
        try:
            path = folder() / name
            path.parent.mkdir(parents=True, exist_ok=True)
            with path.open("a", encoding="utf-8") as file:
                file.write(written)
        except Exception:  # noqa: BLE001, S112 - reading the settings may be what broke, and this is the last handler
            continue
        return f"That broke on our side (ref {reference}): {path} says how; please report it with that part."
    last = written.rstrip().rpartition("\n")[2].removesuffix(".")
    return f"That broke on our side (ref {reference}): {last}; please report that."


def _data_dir() -> Path:
    from cli.environment import read_settings  # noqa: PLC0415 - only after an error

    return read_settings().data_dir
