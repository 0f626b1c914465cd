"""How one `lyceum` command starts another."""

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

_LOGGED: Final = re.compile(r"\d{4}-\S+ \[\w+ *\] (.*?)(?:\s+[a-z_]+=.*)?$")  # a line of our text logs: the event alone
_TROUBLE: Final = re.compile(r"\d{4}-\S+ \[(?:warning|error) *\] ")
_WHY: Final = re.compile(r"\swhy=(?:'([^']*)'|\"([^\"]*)\"|(\S+))")
ROOT: Final = Path(__file__).resolve().parent.parent


def command(*arguments: str) -> list[str]:
    """A `lyceum` command line for this very interpreter and code, whatever lies in the working directory."""
    return [sys.executable, "-P", "-m", "cli", *arguments]


def child_environment(environ: Mapping[str, str]) -> dict[str, str]:
    """`environ` for a child that has to find our code also when it is not installed."""
    path = os.pathsep.join(filter(None, [str(ROOT), environ.get("PYTHONPATH", "")]))
    return {**environ, "PYTHONPATH": path, "PYTHONUNBUFFERED": "1", "PYTHONIOENCODING": "utf-8"}  # we read its output


def last_error_line(lines: Sequence[str]) -> str:
    """The sentence with which a process of ours ended, out of what it printed or logged last."""
    said = next((line.strip() for line in reversed(lines) if line.strip()), "it said nothing")
    if logged := _LOGGED.match(said):
        return logged[1]
    if said.startswith("{"):
        with contextlib.suppress(ValueError, KeyError):
            return str(json.loads(said)["event"])
    return said.removeprefix(MARK).strip()


def trouble_in(line: str) -> str:
    """What a line of a log of ours says is not as it should be, with the reason; empty: it says no such thing."""
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
    """Run a command to its end in a process of its own, whose memory is given back.

    Raises:
        Problem: it failed; sentence and code are its own.
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
