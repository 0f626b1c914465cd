"""Lyceum with one feature that echoes, for the benches."""

from starlette.applications import Starlette

from app.main import create_app
from handlers.feature import Deps, Feature
from wire.commands import command, string
from wire.embeds import Embed
from wire.interaction import SlashCommand
from wire.message import Message


async def echo(invoked: SlashCommand, _: Deps) -> Message:
    """The person's own text in an embed."""
    return Message(embeds=(Embed(title="Echo", description=invoked.options.string("text")),))


FEATURE = Feature(
    name="echo",
    commands=(command("echo", "Say it again", string("text", "What to say", required=True)),),
    slash={"echo": echo},
    uses_database=False,
)


def create() -> Starlette:
    """The app, as uvicorn asks for it."""
    return create_app(features=(FEATURE,))
