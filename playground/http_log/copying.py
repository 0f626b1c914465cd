"""Converts recorded HTTP exchanges to curl commands and to interaction payload files for tests."""

import base64
import json
import shlex
from collections.abc import Iterable, Mapping
from typing import Final

from playground.http_log.exchange import Exchange
from playground.json_types import Json

TOKEN_VARIABLE: Final = "DISCORD_TOKEN"  # noqa: S105 - name of a variable
FIRST: Final = ("version", "type", "token", "id", "application_id", "locale", "guild_locale", "guild_id", "guild")
LAST: Final = ("message", "data")
_SPOKEN_FOR: Final = frozenset({"Host", "Accept", "Accept-Encoding", "Connection", "Content-Length", "Authorization"})


def signed_curl(exchange: Exchange, signed: Mapping[str, str]) -> str:
    """A curl command for a request of Discord, with new signature headers."""
    return _command(["--include", _quoted(exchange.path), *_headers(signed.items()), *_data(exchange)])


def curl(exchange: Exchange, *, base_url: str) -> str:
    """A curl command for a request of the app; needs DISCORD_TOKEN set and the files in the working directory."""
    words = ["--include", f"--request {exchange.method}", _quoted(base_url + exchange.path)]
    if "Authorization" in exchange.headers:
        words.append(f'--header "Authorization: Bot ${TOKEN_VARIABLE}"')
    told = [(name, value) for name, value in exchange.headers.items() if name not in _SPOKEN_FOR]
    if not exchange.body.size_bytes or exchange.body.files:  # curl writes the boundary itself
        told = [(name, value) for name, value in told if name != "Content-Type"]
    return _command([*words, *_headers(told), *_data(exchange)])


def payload_file(interaction: Json) -> str:
    """An interaction in the format of the repository's payload files: data last, with a token that is not valid."""
    number = str(interaction.get("id", ""))
    token = base64.b64encode(f"interaction:{number}:notarealtoken".encode()).decode()
    middle = [name for name in interaction if name not in (*FIRST, *LAST)]
    names = [name for name in (*FIRST, *middle, *LAST) if name in interaction]
    ordered = {name: interaction[name] for name in names} | {"token": token}
    return json.dumps(ordered, ensure_ascii=False, indent=2) + "\n"


def _headers(headers: Iterable[tuple[str, str]]) -> list[str]:
    return [f"--header {_quoted(f'{name}: {value}')}" for name, value in headers]


def _data(exchange: Exchange) -> list[str]:
    body = exchange.body
    if not body.files:
        return [f"--data-raw {_quoted(body.text)}"] if body.text else []
    words = [f"--form-string {_quoted(f'payload_json={body.text}')}"] if body.text else []
    forms = (f"{file.field}=@{_named(file.filename)};type={file.content_type}" for file in body.files)
    return words + [f"--form {_quoted(form)}" for form in forms]


def _named(filename: str) -> str:
    escaped = filename.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _quoted(text: str) -> str:
    """The text in single quotes, which a shell does not interpret."""
    return shlex.quote(text) if "'" in text else f"'{text}'"


def _command(words: list[str]) -> str:
    return "curl " + " \\\n  ".join(words) + "\n"
