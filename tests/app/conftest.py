"""The app with small features of its own, without a database."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from handlers.feature import Deps, Feature
from tests.fake_discord import FakeDiscord, fake_discord
from wire.commands import command, string
from wire.interaction import SlashCommand
from wire.reply import Message


async def say(interaction: SlashCommand, deps: Deps) -> Message:
    return Message(interaction.options.string("text", default="nothing"))


ECHO = Feature(
    name="echo",
    commands=(command("echo", "Say it again", string("text", "What")),),
    slash={"echo": say},
    uses_database=False,
)


@pytest.fixture
async def discord(tmp_path: Path) -> AsyncIterator[FakeDiscord]:
    async with fake_discord(tmp_path, features=[ECHO]) as fake:
        yield fake
