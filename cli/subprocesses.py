"""Starts another `lyceum` command as a subprocess, and extracts errors from its output."""

import contextlib
import json
import os
import re
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from cli.errors import MARK, CliError

_LOGGED: Final = re.compile(r"\d{4}-\S+ \[\w+ *\] (.*?)(?:\s+[a-z_]+=.*)?$")  # our text log format; captures the event
_TROUBLE: Final = re.compile(r"\d{4}-\S+ \[(?:warning|error) *\] ")
_WHY: Final = re.compile(r"\swhy=(?:'([^']*)'|\"([^\"]*)\"|(\S+))")
ROOT: Final = Path(__file__).resolve().parent.parent


def command(*arguments: str) -> list[str]:
    """The argument list of a `lyceum` command for this interpreter and code, independent of the working directory."""
    return [sys.executable, "-P", "-m", "cli", *arguments]


def child_environment(environ: Mapping[str, str]) -> dict[str, str]:
    """`environ` for a child process, with our code on its path even if it is not installed."""
    path = os.pathsep.join(filter(None, [str(ROOT), environ.get("PYTHONPATH", "")]))
    # unbuffered UTF-8, because the parent reads its output
    return {**environ, "PYTHONPATH": path, "PYTHONUNBUFFERED": "1", "PYTHONIOENCODING": "utf-8"}


def last_error_line(lines: Sequence[str]) -> str:
    """The error message of a process that ended, from its last output or log lines."""
    said = next((line.strip() for line in reversed(lines) if line.strip()), "it said nothing")
    if logged := _LOGGED.match(said):
        return logged[1]
    if said.startswith("{"):
        with contextlib.suppress(ValueError, KeyError):
            return str(json.loads(said)["event"])
    return said.removeprefix(MARK).strip()


def trouble_in(line: str) -> str:
    """The warning or error in a line of our log, with its reason; empty for other lines."""
    if line.startswith("{"):
        with contextlib.suppress(ValueError):
            facts: dict[str, object] = json.loads(line)
            if facts.get("level") in {"warning", "error"}:
                return _with_reason(str(facts.get("event", "")), str(facts.get("why", "")))
    elif _TROUBLE.match(line) and (logged := _LOGGED.match(line)):
        why = _WHY.search(line)
        return _with_reason(logged[1], next(filter(None, why.groups()), "") if why else "")
    return ""


def _with_reason(event: str, why: str) -> str:
    return f"{event.removesuffix('.')} ({why.removesuffix('.')})" if why else event


def run(*arguments: str, environ: Mapping[str, str]) -> None:
    """Run a command in a subprocess and wait for its end; its memory is freed with it.

    Raises:
        CliError: it failed; message and exit code are those of the command.
    """
    done = subprocess.run(  # noqa: S603 - our own code
        command(*arguments),
        env=child_environment(environ),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        check=False,
    )
    if done.returncode:
        raise CliError(last_error_line(done.stderr.decode(errors="replace").splitlines()), code=done.returncode)
