import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import httpx
import pytest

from app.sync_commands import commands_json, plan, sync
from core.ids import GuildId
from handlers import FEATURES
from handlers.feature import Feature
from playground.openapi import COMMANDS
from tests.discords_file import refusals
from tests.fake_discord import APPLICATION
from wire.commands import command, string, user_menu
from wire.rest import Rest

GOLDEN = Path(__file__).parents[1] / "payloads" / "commands.json"
SMALL = Feature(
    name="small",
    commands=(
        command("help", "What Lyceum can do, and how", string("command", "One command in detail")),
        user_menu("Look"),
    ),
)


class Scope:
    """Discord's list of commands, behind a client."""

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

    assert listed == GOLDEN.read_text(encoding="utf-8"), (
        f"Read the difference, then delete {GOLDEN.name} and run again."
    )


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

    found = plan(wanted, [_as_listed(each) for each in (old, gone, menu)])

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

    assert str(plan([now], [before])) == "~ /help\n    options: in another order"


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


async def _sync(scope: Scope, **how: Any) -> Any:
    async with httpx.AsyncClient(transport=httpx.MockTransport(scope)) as client:
        return await sync(Rest("http://discord.test/api/v10", "t", client=client), APPLICATION, [SMALL], **how)


def _as_listed(shape: Mapping[str, Any]) -> dict[str, Any]:
    """A command as Discord gives it back: with what it adds and without what it leaves away."""
    listed = {**shape, "id": "1", "application_id": "2", "version": "3", "nsfw": False, "dm_permission": True}
    return {"description": "", "default_member_permissions": None} | listed
