"""The door of the `lyceum` command: how it begins, and how it says that something did not work."""

import secrets
import sys
from datetime import UTC, datetime
from pathlib import Path

from cli import terminal
from cli.errors import AWAY, FAILED, MARK, USAGE, CliError
from core.config import ConfigError
from core.tracebacks import traceback_of


def main() -> None:
    """Run the command line; every failure is one sentence with the next step."""
    try:
        terminal.adapt()
        _run(sys.argv[1:])
    except CliError as problem:
        _say(str(problem))
        raise SystemExit(problem.code) from None
    except ConfigError as error:
        _say(str(error))
        raise SystemExit(USAGE) from None
    except Exception as error:  # noqa: BLE001 - the one door of this process
        if outside := _outside(error):
            _say(outside)
            raise SystemExit(AWAY) from None
        _say(_unexpected(error))
        raise SystemExit(FAILED) from None


def _run(arguments: list[str]) -> None:
    if arguments == ["web"]:  # answers its first ping a fifth sooner without a command line to take apart
        from cli import serve  # noqa: PLC0415 - each command loads only what it needs

        serve.web(supervised=False)
        return
    from cli import usage  # noqa: PLC0415 - likewise
    from cli.command_line import build  # noqa: PLC0415 - likewise
    from core import log  # noqa: PLC0415 - likewise

    log.configure("warning", "text")  # a command answers on stdout; the processes set up their own
    usage.run(build(whole="--supervised" not in arguments), arguments)


def _say(sentence: str) -> None:
    from cli.console import err  # noqa: PLC0415 - Rich, when there is something to say

    err().print(f"[bad]{MARK}[/] ", end="")
    err().print(sentence, markup=False, soft_wrap=True)


def _outside(error: Exception) -> str | None:
    """What is so and what to do, where the database is what failed; None: the error is ours."""
    from core.errors import DatabaseTrouble, ServiceUnavailable  # noqa: PLC0415 - when something has failed

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
    """Note an error of ours where it can be found; answers the sentence for the person."""
    reference = secrets.token_hex(3)
    written = f"{datetime.now(UTC).isoformat()} ref={reference} {' '.join(sys.argv[1:])}\n"
    written += f"{traceback_of(error)}\n"
    for folder, name in ((_data_dir, "errors.log"), (Path.cwd, "lyceum-errors.log")):
        try:
            path = folder() / name
            path.parent.mkdir(parents=True, exist_ok=True)
            with path.open("a", encoding="utf-8") as file:
                file.write(written)
        except Exception:  # noqa: BLE001, S112 - reading the settings may be what broke, and this is the last door
            continue
        return f"That broke on our side (ref {reference}): {path} says how; please report it with that part."
    last = written.rstrip().rpartition("\n")[2].removesuffix(".")
    return f"That broke on our side (ref {reference}): {last}; please report that."


def _data_dir() -> Path:
    from cli.environment import read_settings  # noqa: PLC0415 - the folder may be what is wrong

    return read_settings().data_dir
