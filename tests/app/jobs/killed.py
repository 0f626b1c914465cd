"""Script that forks a child process per input line and kills it (SIGKILL) at its n-th await.

A child is a web process that serves one interaction, or a worker that delivers the outbox, with the real app, the real
database and the real local Discord. The kernel still delivers what a child had sent before it died.
"""

import asyncio
import os
import signal
import socket
import sys
from collections.abc import Coroutine, Generator
from typing import Any

import msgspec
import psycopg
import uvicorn
from starlette.types import ASGIApp, Receive, Scope, Send
from starlette.types import Message as Sent

from app.jobs.outbox import Outbox
from app.main import create_app
from core import log
from core.clock import Clock
from core.config import Config
from core.ids import ChannelId, GuildId, RoleId, UserId
from db.connection import Pool
from handlers.feature import Deps, Feature, FilesWanted
from services.jobs.outbox import Rules
from wire.commands import attachment, command, integer
from wire.effects import AddRole, DirectMessage, SendMessage
from wire.interaction import SlashCommand
from wire.message import Message
from wire.reply import Deferred
from wire.rest import Rest

NOTES = b"what was learnt"
RULES = Rules(attempts_max=10_000)
SERVES_MAX_S = 60.0  # enough for a busy machine


class Plan(msgspec.Struct):
    """Parameters of the child processes."""

    environ: dict[str, str]
    channel: ChannelId
    user: UserId
    role: RoleId


class Mortal:
    """Awaitable wrapper that counts suspensions across all tasks and kills the process at the given one."""

    is_counting = False
    left = 0

    def __init__(self, inner: Coroutine[Any, Any, Any]) -> None:
        self._inner = inner

    def __await__(self) -> Generator[Any, Any, Any]:
        steps = self._inner.__await__()
        step: Any = steps.send
        value: Any = None
        while True:
            try:
                given = step(value)
            except StopIteration as end:
                return end.value
            Mortal.left -= Mortal.is_counting
            if Mortal.is_counting and Mortal.left == 0:
                os.kill(os.getpid(), signal.SIGKILL)
            try:
                value = yield given
            except BaseException as error:  # noqa: BLE001 - handed on as it is
                step, value = steps.throw, error
            else:
                step = steps.send


def _task(loop: asyncio.AbstractEventLoop, inner: Any, **more: Any) -> "asyncio.Task[Any]":
    async def mortal() -> Any:
        return await Mortal(inner)

    return asyncio.Task(mortal(), loop=loop, **more)


def features(plan: Plan) -> list[Feature]:
    """Test features: a decision with three effects, a deferred reply, two auto-deferred ones, and a file upload."""

    async def decide(interaction: SlashCommand, _: Deps) -> Message:
        number = interaction.options.integer("number")
        message = Message(f"effect {number}")
        effects = (
            SendMessage(channel=plan.channel, message=message),
            DirectMessage(user=plan.user, message=message),
            AddRole(guild=interaction.guild_id or GuildId(0), user=plan.user, role=plan.role),
        )
        return Message(f"answer {number}", effects=effects)

    async def promise(interaction: SlashCommand, _: Deps) -> Deferred:
        number = interaction.options.integer("number")

        async def work() -> Message:
            await asyncio.sleep(0.02)
            return Message(f"answer {number}")

        return Deferred(private=False, work=work)

    async def dawdle(interaction: SlashCommand, _: Deps) -> Message:
        await asyncio.sleep(1.6)
        return Message(f"answer {interaction.options.integer('number')}")

    async def secret(interaction: SlashCommand, _: Deps) -> Message:
        await asyncio.sleep(1.6)
        return Message(f"answer {interaction.options.integer('number')}", private=True)

    async def read(interaction: SlashCommand, _: Deps) -> FilesWanted:
        number = interaction.options.integer("number")
        file = interaction.options.attachment("file")

        async def use(contents: tuple[bytes, ...], _: Deps) -> Message:
            assert contents == (NOTES,)
            effect = SendMessage(channel=plan.channel, message=Message(f"effect {number}"))
            return Message(f"answer {number}", effects=(effect,))

        assert file is not None
        return FilesWanted(files=(file,), use=use, file_types=(".txt",), size_max=100, private=False)

    number = integer("number", "Which", required=True)
    slow = {"decide": decide, "promise": promise, "dawdle": dawdle, "secret": secret}
    commands = [command(name, "For tests", number) for name in slow]
    commands.append(command("read", "For tests", number, attachment("file", "A file", required=True)))
    return [Feature(name="mortal", commands=tuple(commands), slash={**slow, "read": read}, public=frozenset(slow))]


async def web(plan: Plan, sock: socket.socket, *, requests: int) -> None:
    """Serve the given number of requests on `sock`; awaits are counted from the first request."""
    left = requests
    inner = create_app(Config.from_env(plan.environ), features=features(plan))

    async def once(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await inner(scope, receive, send)
            return
        nonlocal left
        Mortal.is_counting = True
        await inner(scope, receive, _closing(send))
        left -= 1
        server.should_exit = left == 0

    app: ASGIApp = once
    server = uvicorn.Server(uvicorn.Config(app, log_config=None, access_log=False, lifespan="off", ws="none"))
    async with asyncio.timeout(SERVES_MAX_S):
        await server.serve(sockets=[sock])


def _closing(send: Send) -> Send:
    async def closing(sent: Sent) -> None:
        if sent["type"] == "http.response.start":
            sent["headers"] = [*sent["headers"], (b"connection", b"close")]
        await send(sent)

    return closing


async def worker(plan: Plan) -> None:
    """Deliver the outbox until it is empty; awaits are counted from the start."""
    settings = Config.from_env(plan.environ)
    Mortal.is_counting = True
    async with Pool(settings.database_url or "") as pool, Rest(settings.api_url, settings.token) as rest:

        async def opened() -> Pool:
            return pool

        await Outbox(pool=opened, rest=lambda: rest, clock=Clock(), rules=RULES).drain()


def main() -> None:
    """Arguments: the plan as JSON, and the file descriptor of a listening socket.

    Each input line names a role and the await at which to die, such as `web 7` or `worker 3`. At await 0 the process
    lives on.
    """
    log.configure("warning", "text")
    plan = msgspec.json.decode(sys.argv[1], type=Plan)
    sock = socket.socket(fileno=int(sys.argv[2]))
    for line in sys.stdin:
        role, number = line.split()
        with psycopg.connect(plan.environ["DATABASE_URL"], autocommit=True) as conn:
            conn.execute("UPDATE outbox SET held_until = now()")  # as if the leases of killed processes had expired
        if pid := os.fork():
            print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), flush=True)  # noqa: T201 - read by the test
            continue
        Mortal.left = int(number)
        with asyncio.Runner() as runner:
            runner.get_loop().set_task_factory(_task)
            runner.run(worker(plan) if role == "worker" else web(plan, sock, requests=1 if role == "web" else 2))
        os._exit(0)


if __name__ == "__main__":
    main()
