"""Every GET response of the local Discord matches Discord's OpenAPI schema of that path."""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest

from tests.discords_file import DESCRIPTION, SPEC, must_be_here, refusals
from tests.local_discord import LocalDiscord, local_discord
from tests.playground.small_app import small_app
from tests.playground.state.test_message_content import APP, filled, ids_of, make_everything, rest_paths

Json = dict[str, Any]

NARROWER_THAN_DISCORD = "message_reference.type: 1 is none of 0"  # type 1 of forwards is only in the documentation
SEEN_AT_LEAST = 30  # paths in the file that the local Discord answers


@pytest.fixture(scope="module")
def discord(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalDiscord]:
    with local_discord(tmp_path_factory.mktemp("discord")) as running, small_app(running):
        yield running


def described() -> dict[str, str]:
    """JSON pointers to the response schema of each GET, by path without parameter names."""
    found: dict[str, str] = {}
    for path, methods in json.loads(SPEC.read_text())["paths"].items():
        if "application/json" in methods.get("get", {}).get("responses", {}).get("200", {}).get("content", {}):
            escaped = path.replace("~", "~0").replace("/", "~1")
            pointer = f"/paths/{escaped}/get/responses/200/content/application~1json/schema"
            found[re.sub(r"\{[^}]*\}", "{}", path)] = pointer
    return found


def test_answers_are_what_discords_file_says(discord: LocalDiscord) -> None:
    must_be_here()
    assert DESCRIPTION.is_there
    messages = make_everything(discord)
    ids = ids_of(discord, messages)
    here = f"/channels/{messages[0]['channel_id']}"
    hook = discord.rest("POST", f"{here}/webhooks", json={"name": "Notices"}).json()
    said = discord.rest("POST", f"/webhooks/{hook['id']}/{hook['token']}?wait=true", json={"content": "x"}).json()
    guild = ids["guild_id"][0]
    command = discord.rest("GET", f"/applications/{APP}/commands").json()[0]["id"]
    permissions = f"/applications/{APP}/guilds/{guild}/commands/{command}/permissions"
    person = {"Authorization": "Bearer playground"}
    entry = {"id": guild, "type": 1, "permission": True}
    discord.rest("PUT", permissions, json={"permissions": [entry]}, headers=person).raise_for_status()
    discord.voice("join", "mina", "Library")
    ids["application_id"] += [hook["id"]]
    ids |= {"token": [hook["token"]], "command_id": [command], "message_id": [*ids["message_id"], said["id"]]}

    schemas, seen, wrong = described(), set[str](), list[str]()
    for path in rest_paths(discord.config):
        blank = re.sub(r"\{[^}]*\}", "{}", path).replace("/reactions/{}/@me", "/reactions/{}/{}")
        for one in filled(path, ids):
            response = discord.rest("GET", one)
            if response.status_code == 200 and blank in schemas:
                seen.add(path)
                wrong += [f"{one}: {finding}" for finding in refusals(schemas[blank], response.json())]

    assert [one for one in wrong if not one.endswith(NARROWER_THAN_DISCORD)] == []
    assert len(seen) >= SEEN_AT_LEAST, sorted(seen)
