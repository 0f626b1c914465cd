"""`lyceum up`: supervises database, local Discord, web, listener and worker on this machine."""

import asyncio
import contextlib
import fcntl
import os
import shutil
import signal
import sys
import time
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import IO, Final

from rich.table import Table

from cli import subprocesses
from cli.addresses import in_url
from cli.console import out, spinner
from cli.environment import environment, read_settings
from cli.errors import CliError
from cli.health_probes import DatabaseSign, HealthProbes
from cli.process import listen
from cli.supervisor import Child, Part, run_once
from core.config import Config, data_dir_error

LISTENER_S: Final = 40.0  # time for the real Discord's READY; without it the step stays open
HANDOVER_S: Final = 15.0  # time for the children of a killed `up` to stop
_COLOURS: Final = {
    "web": "cyan",
    "worker": "magenta",
    "listener": "green",
    "playground": "yellow",
    "postgres": "blue",
    "lyceum": "bold",
}


def up() -> None:
    """Run all of Lyceum until Ctrl-C or SIGTERM."""
    environ = environment()
    settings = read_settings(environ)
    if settings.database_url:
        subprocesses.run("db", "current", environ=environ)
    try:
        settings.data_dir.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise data_dir_error(settings.data_dir, error) from error
    with _only_one(settings.data_dir) as was_killed:
        _check_ports(settings, patience_s=HANDOVER_S if was_killed else 0)
        asyncio.run(_Up(settings, environ).run())


class _Up:
    def __init__(self, settings: Config, environ: dict[str, str]) -> None:
        self._settings = settings
        self._environ = environ
        self._is_embedded = settings.database_url is None
        self._signs: HealthProbes | None = None
        self._children: list[Child] = []  # in start order
        self._is_ready = self._shows_logs = False
        self._web_url = f"http://{in_url(settings.host)}:{settings.port}"
        self._playground_url = f"http://127.0.0.1:{settings.playground_port}"

    async def run(self) -> None:
        """Start all parts, wait for a stop signal, stop all parts.

        Raises:
            CliError: a part did not start.
        """
        wish = asyncio.Event()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            loop.add_signal_handler(number, self._wished, wish)
        starting = asyncio.create_task(self._start())
        stopping = asyncio.create_task(wish.wait())
        try:
            await asyncio.wait({starting, stopping}, return_when=asyncio.FIRST_COMPLETED)
            if starting.done():
                starting.result()
                await stopping
            else:
                starting.cancel()
                with contextlib.suppress(asyncio.CancelledError, CliError):
                    await starting
        finally:
            stopping.cancel()
            await self._stop()

    async def _start(self) -> None:
        settings = self._settings
        started = time.monotonic()
        url = settings.database_url
        if url is None:
            with _step("Starting PostgreSQL", "PostgreSQL runs"):
                sign = DatabaseSign(settings.data_dir)
                await self._add(Part("postgres", ("postgres",), sign.answers, start_s=90, stop_s=60))
                url = sign.url
        self._environ["DATABASE_URL"] = url
        if self._is_embedded:
            with _step("Preparing the tables", "The tables are up to date"):
                await run_once("db", "upgrade", environ=self._environ)
        self._signs = signs = HealthProbes(
            url,
            web_url=self._web_url,
            playground_url=self._playground_url,
            is_pooled=settings.given_direct_url is not None,
        )
        if settings.is_local:
            with _step("Starting the local Discord", "The local Discord answers"):
                await self._add(Part("playground", ("playground",), signs.playground, then=self._introduce, stop_s=8))
        with _step("Starting web", "Web answers interactions"):
            await self._add(Part("web", ("web",), signs.web, then=self._tell_endpoint, stop_s=25))
        await self._sync_commands()
        if settings.is_local:
            with _step("Remembering the past weeks", "The community has a past"):
                await run_once("db", "seed", environ=self._environ)
        with _step("Connecting the listener", "The listener follows the voice channels") as step:
            listener = await self._add(
                Part(
                    "listener",
                    ("listener", "--shards", "auto"),
                    signs.listener,
                    before=signs.before_listener,
                    must_answer=settings.is_local,
                    waits_for="Discord's gateway to say READY",
                    start_s=LISTENER_S,
                )
            )
            if not listener.is_answering:
                step.put_off(f"The listener is {listener.still_waiting()}")
        with _step("Starting the worker", "The worker does what is due"):
            await self._add(Part("worker", ("worker",), signs.worker))
        self._greet(time.monotonic() - started, is_listening=listener.is_answering)
        self._is_ready = self._shows_logs = True

    async def _add(self, part: Part) -> Child:
        part = replace(part, arguments=(*part.arguments, "--supervised"))
        child = Child(part, self._environ, hear=self._hear, note=self._note)
        self._children.append(child)
        try:
            await child.start()
        except CliError:
            self._shows_logs = True
            for line in child.last_lines[:-1]:  # the last line is the error message itself
                self._hear(part.name, line)
            raise
        return child

    async def _introduce(self) -> None:
        """Set the endpoints and sync the commands again after a restart of the local Discord, which keeps no state."""
        if any(child.part.name == "web" for child in self._children):
            await self._tell_endpoint()
            await self._sync_commands()

    async def _tell_endpoint(self) -> None:
        if self._settings.is_local:
            await asyncio.to_thread(_tell_endpoint, self._settings.playground_port, self._web_url)

    async def _sync_commands(self) -> None:
        try:
            with _step("Syncing the commands", "Discord knows the commands"):
                await run_once("commands", "sync", environ=self._environ)
        except CliError as problem:
            if self._settings.is_local:
                raise
            self._note("lyceum", f"could not sync the commands: {problem}")

    async def _stop(self) -> None:
        if self._signs:
            await self._signs.aclose()
        if not self._children:
            return
        self._shows_logs = False
        out().print("Stopping …", style="quiet")
        order = {"web": 0, "worker": 1, "listener": 2, "playground": 3, "postgres": 4}
        for child in sorted(self._children, key=lambda child: order[child.part.name]):
            await child.stop()
        told = "Stopped. Voice time is safe; `lyceum up` continues where this ended." if self._is_ready else "Stopped."
        out().print(told, style="quiet")

    def _wished(self, wish: asyncio.Event) -> None:
        if wish.is_set():  # second signal: stop now
            for child in self._children:
                if child.part.name != "postgres":  # a kill would leave the server running; a stop is quick
                    child.kill()
        wish.set()

    def _hear(self, name: str, line: str) -> None:
        if self._shows_logs:
            out().print(f"{name:>10} │ ", style=_COLOURS.get(name, ""), end="")
            out().print(line, markup=False, soft_wrap=True)

    def _note(self, name: str, sentence: str) -> None:
        out().print(f"{name:>10} │ {name} {sentence.removesuffix('.')}.", style="bold", markup=False, soft_wrap=True)

    def _greet(self, took_s: float, *, is_listening: bool) -> None:
        settings = self._settings
        me = _own_name()
        rows = [("Interactions", f"{self._web_url}/interactions"), ("Health", f"{self._web_url}/health")]
        if settings.is_local:
            rows.append(("Local Discord", self._playground_url))
        if self._is_embedded:
            rows.append(("Database", f"embedded, in {settings.data_dir / 'postgres'}"))
        grid = Table.grid(padding=(0, 2))
        for label, value in rows:
            grid.add_row(f"  {label}", f"[address]{value}[/]")
        missing = "" if is_listening else ", but for the listener: voice time is not recorded yet"
        out().print(f"\n[good]Lyceum is ready[/] after {took_s:.1f} s{missing}.")
        out().print(grid)
        if settings.is_local:
            tries = (
                'try "/profile"',
                'try "/streak" --as priya',
                'try "/leaderboard period:all" --as ada --press Next',
                'voice join mina "Deep Work"',
                "voice simulate --members 200 --minutes 60 --speed 60",
            )
            out().print(f"\nOpen [address]{self._playground_url}[/] in a browser, or in another terminal:")
            for each in tries:
                out().print(f"  {me} {each}", style="name", soft_wrap=True)
        else:
            out().print(
                "\nGive Discord the address of Interactions, as the internet sees it, in the developer portal under "
                "General Information."
            )
        out().print("\nCtrl-C stops everything.\n", style="quiet")


class _Step:
    """The outcome of a start step: done, or pending with a message."""

    def __init__(self) -> None:
        self.sentence = ""

    def put_off(self, sentence: str) -> None:
        """Mark the step as not done; the start continues."""
        self.sentence = sentence


@contextmanager
def _step(doing: str, done: str) -> Generator[_Step]:
    started = time.monotonic()
    step = _Step()
    with out().status(f"{doing} …", spinner=spinner()):
        yield step
    if step.sentence:
        out().print("[yellow]![/] ", end="")
        out().print(f"{step.sentence}.", markup=False, soft_wrap=True)
    else:
        out().print(f"[good]✓[/] {done} [quiet]({time.monotonic() - started:.1f} s)[/]")


@contextmanager
def _only_one(data_dir: Path) -> Generator[bool]:
    """Lock the data folder; returns whether the previous `up` was killed.

    Raises:
        CliError: another `up` holds the lock.
    """
    path = data_dir / "up.lock"
    with path.open("a+", encoding="ascii") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise CliError(_held(file)) from None
        file.seek(0)
        was_killed = bool(file.read().strip())
        _write(file, f"{os.getpid()}\n")
        try:
            yield was_killed
        finally:
            _write(file, "")


def _write(file: IO[str], text: str) -> None:
    file.seek(0)
    file.truncate()
    file.write(text)
    file.flush()


def _held(file: IO[str]) -> str:
    file.seek(0)
    pid = file.read().strip()
    return (
        f"Lyceum already runs here as process {pid}: stop it with Ctrl-C in its terminal or `kill {pid}`, "
        "or set LYCEUM_DATA_DIR, API_PORT and PLAYGROUND_PORT for a second one."
    )


def _check_ports(settings: Config, *, patience_s: float) -> None:
    ports = [(settings.host, settings.port, "API_PORT")]
    if settings.is_local:
        ports.append(("127.0.0.1", settings.playground_port, "PLAYGROUND_PORT"))
    until = time.monotonic() + patience_s
    for host, port, port_by in ports:
        while True:
            try:
                listen(host, port, port_by=port_by).close()
                break
            except CliError:
                if time.monotonic() > until:
                    raise
                time.sleep(0.1)


def _tell_endpoint(port: int, web_url: str) -> None:
    from cli.control import Control  # noqa: PLC0415 - loads httpx

    with Control(port) as control:
        control.set_endpoint(f"{web_url}/interactions")
        control.set_events(f"{web_url}/events")


def _own_name() -> str:
    """The `lyceum` command as it must be typed in this working directory."""
    me = Path(sys.argv[0])
    found = shutil.which("lyceum")
    if found and Path(found).resolve() == me.resolve():
        return "lyceum"
    with contextlib.suppress(ValueError):
        return str(me.absolute().relative_to(Path.cwd()))
    return str(me)
