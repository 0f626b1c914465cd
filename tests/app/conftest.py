"""Fixtures: the web app with small test features and no database."""

import asyncio
from collections.abc import AsyncGenerator, Mapping
from pathlib import Path

import pytest

from core.errors import DomainError, ServiceUnavailable
from handlers.feature import Deps, Feature
from tests.fake_discord import FakeDiscord, fake_discord
from wire.commands import command, string
from wire.custom_id import Action
from wire.interaction import Autocomplete, ButtonClick, SlashCommand
from wire.message import Message
from wire.modals import Label, Modal, TextInput
from wire.reply import AutocompleteResult, Choice, Deferred, EditMessage, ImageReply

AGAIN = Action("echo", "again", int)
SLOWLY = Action("slow", "press", str)


class Tally:
    """Counts how often a handler has run."""

    def __init__(self) -> None:
        self.count = 0


TALLY = Tally()


async def say(interaction: SlashCommand, deps: Deps) -> Message:
    TALLY.count += 1
    return Message(interaction.options.string("text", default="nothing"))


async def fail(interaction: SlashCommand, deps: Deps) -> Message:
    TALLY.count += 1
    match interaction.options.string("how", default="bug"):
        case "refuse":
            raise DomainError("Not today, {name}.", name=interaction.display_name)
        case "outside":
            raise ServiceUnavailable("the database is away")
        case "limits":
            return Message("x" * 2001)
        case "database":
            await deps.conn.execute("SELECT 1")
            return Message("unreachable")
        case "option":
            return Message(str(interaction.options.integer("how")))
        case _:
            raise ZeroDivisionError("secret detail")


async def press(interaction: ButtonClick, deps: Deps) -> EditMessage:
    [number] = AGAIN.unpack(interaction.custom_id)
    return EditMessage(f"pressed {number}")


async def suggest(typing: Autocomplete, deps: Deps) -> AutocompleteResult:
    if typing.focused_value == "slow":
        await asyncio.sleep(2.3)
    if typing.focused_value == "bug":
        raise ZeroDivisionError
    return AutocompleteResult((Choice(typing.focused_value, typing.focused_value),))


async def work() -> Message:
    return Message("worked")


async def broken_work() -> Message:
    raise ZeroDivisionError


async def later(interaction: SlashCommand, deps: Deps) -> Deferred:
    how = interaction.options.string("how", default="")
    return Deferred(private=how == "private", work=broken_work if how == "bug" else work)


async def dawdle(interaction: SlashCommand, deps: Deps) -> Message | Modal:
    await asyncio.sleep(2.3)
    match interaction.options.string("how", default=""):
        case "bug":
            raise ZeroDivisionError
        case "form":
            return Modal("Form", "v1:slow:form", (Label("Text", TextInput(custom_id="text")),))
        case _:
            return Message("at last")


async def press_slowly(interaction: ButtonClick, deps: Deps) -> Message:
    await asyncio.sleep(2.3)
    [how] = SLOWLY.unpack(interaction.custom_id)
    return EditMessage("changed") if how == "edit" else Message("something new")


async def draw(interaction: SlashCommand, deps: Deps) -> ImageReply:
    paths = tuple(interaction.options.string("faces", default="").split())

    def paint(faces: Mapping[str, bytes]) -> bytes:
        if interaction.options.string("how", default="") == "bug":
            raise ZeroDivisionError
        return b"PNG " + b" ".join(faces[path] for path in paths if path in faces)

    return ImageReply(Message("Look"), draw=paint, filename="card.png", alt="A card", avatars=paths)


ECHO = Feature(
    name="echo",
    commands=(command("echo", "Say it again", string("text", "What", autocomplete=True)),),
    slash={"echo": say, "fail": fail, "later": later, "draw": draw},
    autocomplete={"echo": suggest},
    buttons={AGAIN: press},
    uses_database=False,
)
SLOW = Feature(name="slow", slash={"slow": dawdle}, buttons={SLOWLY: press_slowly}, uses_database=False)


@pytest.fixture
def tally() -> Tally:
    TALLY.count = 0
    return TALLY


@pytest.fixture
async def discord(tmp_path: Path) -> AsyncGenerator[FakeDiscord]:
    async with fake_discord(tmp_path, features=[ECHO, SLOW]) as fake:
        yield fake
