import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import httpx
import pytest

from app.commands.sync import RETIRED, SyncRefused, commands_json, compute_plan, sync
from core.ids import GuildId
from handlers import FEATURES
from handlers.feature import Feature
from playground.validation.openapi import COMMANDS
from tests.discords_file import refusals
from tests.fake_discord import APPLICATION
from tests.local_discord import LocalDiscord, local_discord
from tests.paths import ROOT
from tests.wire.discord_server import failed, ok, serve
from wire.commands import command, string, user_menu
from wire.payloads import SLASH
from wire.rest import Rest

GOLDEN = ROOT / "tests" / "payloads" / "commands.json"
SMALL = Feature(
    name="small",
    commands=(
        command("help", "What Lyceum can do, and how", string("command", "One command in detail")),
        user_menu("Look"),
    ),
)


class Scope:
    """A fake of Discord's command list, with a REST client for it."""

    def __init__(self, commands: list[dict[str, Any]]) -> None:
        self.commands = commands
        self.calls: list[tuple[str, str]] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.calls.append((request.method, request.url.path.removeprefix("/api/v10")))
        if request.method == "PUT":
            self.commands = json.loads(request.content)
        return httpx.Response(200, json=[_as_listed(each) for each in self.commands])


def test_the_list_is_the_golden_one() -> None:
    listed = json.dumps(commands_json(FEATURES), ensure_ascii=False, indent=2) + "\n"
    if not GOLDEN.exists():
        GOLDEN.write_text(listed, encoding="utf-8")

    golden = GOLDEN.read_text(encoding="utf-8")
    gone = _identities(json.loads(golden)) - _identities(json.loads(listed)) - RETIRED
    assert not gone, f"Name {gone} in RETIRED of app/commands/sync.py, so that a sync takes them off Discord's list."
    assert listed == golden, f"Read the difference, then delete {GOLDEN.name} and run again."


def test_what_is_registered_now_is_not_retired() -> None:
    assert not RETIRED & _identities(commands_json(FEATURES))


def test_discords_own_file_accepts_the_list() -> None:
    assert refusals(COMMANDS, commands_json(FEATURES)) == []


async def test_a_first_sync_sends_all_and_a_second_nothing() -> None:
    scope = Scope([])

    first = await _sync(scope)
    second = await _sync(scope)

    assert str(first) == "+ /help\n+ person menu: Look"
    assert str(second) == "Discord's list is up to date."
    path = f"/applications/{APPLICATION}/commands"
    assert scope.calls == [("GET", path), ("PUT", path), ("GET", path)]


async def test_a_dry_run_sends_nothing() -> None:
    scope = Scope([])

    found = await _sync(scope, dry_run=True)

    assert found.lines
    assert [method for method, _ in scope.calls] == ["GET"]


async def test_a_guild_has_a_list_of_its_own() -> None:
    scope = Scope([])

    await _sync(scope, guild=GuildId(41771983423143937))

    assert {path for _, path in scope.calls} == {f"/applications/{APPLICATION}/guilds/41771983423143937/commands"}
    assert "contexts" not in scope.commands[0]


def test_a_plan_names_each_difference() -> None:
    wanted = commands_json([SMALL])
    [menu, old] = [json.loads(json.dumps(each)) for each in reversed(wanted)]
    old["description"] = "Old"
    old["options"][0]["name"] = "topic"
    gone = {"type": 1, "name": "gone", "description": "x"}

    found = compute_plan(wanted, [_as_listed(each) for each in (old, gone, menu)], retired=frozenset({(SLASH, "gone")}))

    assert (found.differing, found.deleted, found.kept) == (1, 1, ())
    assert str(found).splitlines() == [
        "~ /help",
        '    description: "Old" → "What Lyceum can do, and how"',
        "    options.topic: … → none",
        "    options.command: none → …",
        "- /gone",
    ]


def test_another_order_of_options_is_a_difference() -> None:
    two = (string("a", "One command in detail"), string("b", "One command in detail"))
    [now] = commands_json([Feature(name="x", commands=(command("help", "Help", *two),))])
    [before] = commands_json([Feature(name="x", commands=(command("help", "Help", *reversed(two)),))])

    assert str(compute_plan([now], [before])) == "~ /help\n    options: in another order"


LAUNCH = {
    "id": "1200000000000000009",
    "application_id": "1100000000000000001",
    "version": "1",
    "type": 4,
    "name": "launch",
    "name_localizations": None,
    "description": "",
    "description_localizations": None,
    "handler": 2,
    "integration_types": [0, 1],
    "contexts": [0, 1, 2],
    "default_member_permissions": None,
    "nsfw": False,
}
OTHERS = {
    "type": 1,
    "name": "dice",
    "description": "Roll dice",
    "options": [{"type": 4, "name": "n", "description": "N"}],
}


def test_a_plan_keeps_what_others_registered_as_it_is() -> None:
    wanted = commands_json([SMALL])

    found = compute_plan(wanted, [LAUNCH, _as_listed(OTHERS), *map(_as_listed, wanted)])

    assert (found.lines, found.kept_titles) == ((), ("Entry Point: launch", "/dice"))
    [entry, dice] = found.sent[len(wanted) :]
    assert entry == {key: value for key, value in LAUNCH.items() if key not in {"application_id", "version"}}
    assert (dice["options"], dice["id"]) == (OTHERS["options"], "1")
    assert refusals(COMMANDS, list(found.sent)) == []


def test_foreign_commands_are_deleted_on_request_and_an_entry_point_never() -> None:
    wanted = commands_json([SMALL])

    found = compute_plan(wanted, [LAUNCH, _as_listed(OTHERS), *map(_as_listed, wanted)], deletes_foreign=True)

    assert (found.lines, found.deleted, found.kept_titles) == (("- /dice",), 1, ("Entry Point: launch",))


async def test_a_sync_leaves_an_entry_point_and_commands_of_others_at_discord(tmp_path: Path) -> None:
    with local_discord(tmp_path) as discord:
        launch = {"type": 4, "name": "launch", "handler": 2, "contexts": [0, 1, 2], "integration_types": [0, 1]}
        theirs = [_register(discord, each) for each in (launch, OTHERS)]
        refused = discord.rest("PUT", f"/applications/{APPLICATION}/commands", json=[])
        async with Rest(discord.api_url, discord.config.token) as rest:
            first = await sync(rest, APPLICATION, [SMALL])
            second = await sync(rest, APPLICATION, [SMALL])
        listed = discord.rest("GET", f"/applications/{APPLICATION}/commands?with_localizations=true").json()

    assert (refused.status_code, refused.json()["code"]) == (400, 50240)
    assert str(first) == "+ /help\n+ person menu: Look"
    assert (second.lines, second.kept_titles) == ((), ("Entry Point: launch", "/dice"))
    assert [each for each in listed if each["name"] in {"launch", "dice"}] == theirs


async def test_a_refused_list_names_the_commands_and_the_reasons() -> None:
    errors = {
        "0": {"options": {"0": {"name": {"_errors": [{"code": "X", "message": "Must be 32 or fewer in length."}]}}}},
        "1": {"_errors": [{"code": "Y", "message": "Application command names must be unique"}]},
    }
    with serve() as discord:
        discord.script = [ok([]), failed(400, 50035, "Invalid Form Body", errors=errors)]
        async with Rest(discord.url, "t") as rest:
            with pytest.raises(SyncRefused) as refused:
                await sync(rest, APPLICATION, [SMALL])

    assert str(refused.value) == (
        "400 50035: Invalid Form Body (/help options.0.name: Must be 32 or fewer in length; "
        "person menu: Look: Application command names must be unique)"
    )


@pytest.mark.parametrize("locale", ["en-US", "en-GB", "ko", "es-ES", "es-419", "zh-TW"])
def test_every_name_and_description_stands_in_every_language(locale: str) -> None:
    def look(shape: Mapping[str, Any]) -> None:
        assert locale in shape["name_localizations"]
        if shape.get("description"):
            assert locale in shape["description_localizations"]
        for inner in (*shape.get("options", ()), *shape.get("choices", ())):
            look(inner)

    for shape in commands_json(FEATURES):
        look(shape)


def _identities(commands: list[dict[str, Any]]) -> set[tuple[int, str]]:
    return {(each["type"], each["name"]) for each in commands}


def _register(discord: LocalDiscord, shape: Mapping[str, Any]) -> dict[str, Any]:
    answer = discord.rest("POST", f"/applications/{APPLICATION}/commands", json=dict(shape))
    assert answer.status_code == 201, answer.text
    return answer.json()


async def _sync(scope: Scope, **how: Any) -> Any:
    async with httpx.AsyncClient(transport=httpx.MockTransport(scope)) as client:
        return await sync(Rest("http://discord.test/api/v10", "t", client=client), APPLICATION, [SMALL], **how)


def _as_listed(shape: Mapping[str, Any]) -> dict[str, Any]:
    """A command as Discord returns it: with the fields that it adds and without those that it omits."""
    listed = {**shape, "id": "1", "application_id": "2", "version": "3", "nsfw": False, "dm_permission": True}
    return {"description": "", "default_member_permissions": None} | listed
