"""Supervises child processes: starts and stops them in order, restarts them after a crash, leaves no orphans.

Every child's standard input is a pipe that only this process holds open. When this process ends, however it ends, the
pipes close and the children stop (see `cli.process.stop_with_parent`). Needs POSIX: each child leads a
process group, which is killed as a whole.
"""

import asyncio
import contextlib
import os
import signal
import time
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections import deque
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Final

from cli.errors import CliError
from cli.subprocesses import child_environment, command, last_error_line, trouble_in
from gateway_listener.protocol.close_codes import REFUSED

BACKOFF_S: Final = (0.5, 1, 2, 4, 8, 16, 30)
STEADY_S: Final = 60.0  # after this uptime, the next restart uses the shortest backoff
REMEMBERED_LINES: Final = 30
_LOOK_S: Final = 0.05
_TRYING_LOOK_S: Final = 0.5  # for a part that keeps retrying, perhaps for hours
_LINE_BYTES: Final = 1 << 20  # a longer log line is split

Say = Callable[[str, str], None]  # name of the part, line


async def _nothing() -> None:
    return


@dataclass(frozen=True, slots=True)
class Part:
    """One child process."""

    name: str
    arguments: tuple[str, ...]  # of `lyceum`
    answers: Callable[[], Awaitable[bool]]  # readiness probe; repeated until it succeeds
    before: Callable[[], Awaitable[None]] = _nothing  # runs before each start
    then: Callable[[], Awaitable[None]] = _nothing  # runs after each start, once the part is ready
    must_answer: bool = True  # False: it may keep retrying, such as to reach the real Discord
    waits_for: str = ""  # what it tries to reach meanwhile, for messages
    start_s: float = 40.0  # time limit for readiness
    stop_s: float = 15.0  # time limit for stopping


class Child:
    """The process of one part: start, restart, stop."""

    def __init__(self, part: Part, environ: Mapping[str, str], *, hear: Say, note: Say) -> None:
        self.part = part
        self.is_answering = False  # ready by the end of start()
        self._environ = child_environment(environ)
        self._hear = hear
        self._note = note
        self._process: Process | None = None
        self._reader: asyncio.Task[None] | None = None
        self._keeper: asyncio.Task[None] | None = None
        self._watcher: asyncio.Task[None] | None = None  # waits for a part that keeps retrying
        self._last_lines: deque[str] = deque(maxlen=REMEMBERED_LINES)

    @property
    def pid(self) -> int | None:
        """The process id; None if no process runs."""
        return self._process.pid if self._process and self._process.returncode is None else None

    @property
    def last_lines(self) -> tuple[str, ...]:
        """The last lines of its output."""
        return tuple(self._last_lines)

    async def start(self) -> None:
        """Start the process, wait until it is ready, and restart it after each crash from then on.

        A part with `must_answer` false keeps running until it is ready (`is_answering`); a note is printed then.

        Raises:
            CliError: it ended or was not ready in time; the message carries its last output.
        """
        process = await self._launch()
        self.is_answering = await self._wait_until_answering(process)
        if self.is_answering:
            await self.part.then()
        elif process.returncode is None and not self.part.must_answer:
            self._keep_looking(process)
        else:
            ended = process.returncode is not None
            await self._end(process)
            what = "ended at once" if ended else f"did not answer within {self.part.start_s:.0f} s"
            raise CliError(f"The {self.part.name} {what}: {last_error_line(self.last_lines)}")
        self._keeper = asyncio.create_task(self._keep(process))

    def still_waiting(self) -> str:
        """Why a part is not ready yet: its last warning, else what it waits for."""
        said = next((told for line in reversed(self._last_lines) if (told := trouble_in(line))), "")
        reason = said.removesuffix(".") or f"it waits for {self.part.waits_for or 'its answer'}"
        return f"not connected after {self.part.start_s:.0f} s, goes on trying: {reason}"

    def _keep_looking(self, process: Process) -> None:
        """Print a note when a part that keeps retrying becomes ready."""

        async def look() -> None:
            while process.returncode is None and not await self.part.answers():  # noqa: ASYNC110 - there is no event for it
                await asyncio.sleep(_TRYING_LOOK_S)
            if process.returncode is None:
                await self.part.then()
                self._note(self.part.name, "is connected now")

        if self._watcher:
            self._watcher.cancel()
        self._watcher = asyncio.create_task(look())

    async def stop(self) -> None:
        """Terminate the process, and kill it after the time limit."""
        for task in filter(None, (self._keeper, self._watcher)):
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError, CliError):
                await task
        if self._process:
            await self._end(self._process)

    def kill(self) -> None:
        """Kill the process."""
        if self._process:
            _signal_group(self._process, signal.SIGKILL)

    async def _keep(self, process: Process) -> None:
        failures = 0
        while True:
            started = time.monotonic()
            code = await _end_of(process)
            _signal_group(process, signal.SIGKILL)  # its own children, if any are left
            if code == REFUSED:
                await self._drain_output(process)
                self._note(self.part.name, f"is not started again: {last_error_line(self.last_lines)}")
                return
            failures = 0 if time.monotonic() - started > STEADY_S else failures
            pause = BACKOFF_S[min(failures, len(BACKOFF_S) - 1)]
            failures += 1
            self._note(self.part.name, f"{_ending(code)}; it starts again in {pause:g} s")
            await asyncio.sleep(pause)
            try:
                process = await self._launch()
            except OSError as error:
                self._note(self.part.name, f"cannot start now: {error.strerror}")
                continue
            if await self._wait_until_answering(process):
                try:
                    await self.part.then()
                except CliError as problem:
                    self._note(self.part.name, f"runs again, but: {problem}")
                else:
                    self._note(self.part.name, "runs again")
            elif process.returncode is None and self.part.must_answer:
                _signal_group(process, signal.SIGKILL)
            elif process.returncode is None:
                self._note(self.part.name, f"runs again, {self.still_waiting()}")
                self._keep_looking(process)

    async def _launch(self) -> Process:
        self._last_lines.clear()
        await self.part.before()
        # Its own process group: Ctrl-C at the terminal reaches only the supervisor, which stops the parts in order.
        process = await asyncio.create_subprocess_exec(
            *command(*self.part.arguments),
            stdin=PIPE,
            stdout=PIPE,
            stderr=asyncio.subprocess.STDOUT,
            env=self._environ,
            start_new_session=True,
            limit=_LINE_BYTES,
        )
        self._process = process
        self._reader = asyncio.create_task(self._read(process))
        return process

    async def _read(self, process: Process) -> None:
        assert process.stdout  # noqa: S101 - asked for with PIPE
        while True:
            try:
                line = await process.stdout.readline()
            except ValueError:  # longer than the limit; asyncio has dropped the line
                continue
            if not line:
                return
            text = line.decode(errors="replace").rstrip("\n")
            self._last_lines.append(text)
            self._hear(self.part.name, text)

    async def _wait_until_answering(self, process: Process) -> bool:
        until = time.monotonic() + self.part.start_s
        while time.monotonic() < until:
            if process.returncode is not None:
                await self._drain_output(process)
                return False
            if await self.part.answers():
                return True
            await asyncio.sleep(0.05)
        return False

    async def _end(self, process: Process) -> None:
        if process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                process.terminate()
            try:
                await asyncio.wait_for(_end_of(process), self.part.stop_s)
            except TimeoutError:
                self._note(self.part.name, f"did not stop within {self.part.stop_s:.0f} s and was killed")
        await self._drain_output(process)
        await process.wait()

    async def _drain_output(self, process: Process) -> None:
        """Read the rest of its output after its end."""
        _signal_group(process, signal.SIGKILL)
        if self._reader:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._reader, 1)


async def run_once(*arguments: str, environ: Mapping[str, str]) -> str:
    """Run one `lyceum` command to its end and return its output.

    Raises:
        CliError: it failed; the message is that of the command.
    """
    process = await asyncio.create_subprocess_exec(
        *command(*arguments),
        stdin=DEVNULL,
        stdout=PIPE,
        stderr=PIPE,
        env=child_environment(environ),
        start_new_session=True,
    )
    try:
        printed, said = await process.communicate()
    except asyncio.CancelledError:
        _signal_group(process, signal.SIGTERM)
        raise
    if process.returncode:
        raise CliError(last_error_line(said.decode(errors="replace").splitlines()), code=process.returncode)
    return printed.decode(errors="replace")


async def _end_of(process: Process) -> int:
    """The exit code once the process has ended; `Process.wait` would also wait for children that hold the pipe open."""
    while process.returncode is None:  # noqa: ASYNC110 - asyncio has no event for it
        await asyncio.sleep(_LOOK_S)
    return process.returncode


def _signal_group(process: Process, number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, number)


def _ending(code: int) -> str:
    if code < 0:
        return f"was ended by {signal.Signals(-code).name}"
    return f"ended with exit code {code}"
