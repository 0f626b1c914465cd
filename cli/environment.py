"""Reads the configuration of a command from the environment and from `.env` in the working directory."""

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from core.config import Config, ConfigError

_LINE: Final = re.compile(r"\s*(?:export\s+)?([A-Za-z_][A-Za-z0-9_]*)\s*=\s*(.*)$")
_QUOTED: Final = re.compile(r"""'([^']*)'|"((?:[^"\\]|\\.)*)\"""")
_COMMENT: Final = re.compile(r"(?:^|\s)#.*$")
_ESCAPES: Final = {"n": "\n", "t": "\t", '"': '"', "\\": "\\", "$": "$"}


def read_env(text: str) -> dict[str, str]:
    """The variables of a `.env` text: KEY=VALUE lines, quotes, `export`, comments; other lines are skipped."""
    return {match[1]: _value(match[2]) for line in text.splitlines() if (match := _LINE.match(line))}


def environment(folder: Path | None = None) -> dict[str, str]:
    """The variables of `.env` in `folder` (default: the working directory), overridden by this process's environment.

    Raises:
        ConfigError: `.env` exists and cannot be read. Without it the token would be missing, and the local Discord
            would be served instead of the real one.
    """
    path = (folder or Path.cwd()) / ".env"
    try:
        stored = read_env(path.read_text(encoding="utf-8-sig"))
    except FileNotFoundError:
        stored = {}
    except OSError as error:
        raise ConfigError(
            f"{path} cannot be read ({error.strerror}): let this account read it, or move it away."
        ) from error
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path} cannot be read: it is not UTF-8. Save it as UTF-8.") from error
    return {**stored, **os.environ}


def read_settings(environ: Mapping[str, str] | None = None) -> Config:
    """The configuration of this process.

    Raises:
        ConfigError: variables are missing or malformed.
    """
    return Config.from_env(environment() if environ is None else environ)


def _value(text: str) -> str:
    if quoted := _QUOTED.match(text):
        if quoted[1] is not None:
            return quoted[1]
        return re.sub(r"\\(.)", lambda escape: _ESCAPES.get(escape[1], escape[0]), quoted[2])
    return _COMMENT.sub("", text).strip()
