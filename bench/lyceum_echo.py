"""Lyceum with a single echo feature, as the server under test in the benchmarks."""

from starlette.applications import Starlette

from app.main import create_app
from handlers.feature import Deps, Feature
from wire.commands import command, string
from wire.embeds import Embed
from wire.interaction import SlashCommand
from wire.message import Message


async def echo(invoked: SlashCommand, _: Deps) -> Message:
    """Reply with the user's text in an embed."""
    return Message(embeds=(Embed(title="Echo", description=invoked.options.string("text")),))


FEATURE = Feature(
    name="echo",
    commands=(command("echo", "Say it again", string("text", "What to say", required=True)),),
    slash={"echo": echo},
    uses_database=False,
)


def create() -> Starlette:
    """App factory for uvicorn."""
    return create_app(features=(FEATURE,))
