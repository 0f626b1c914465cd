"""The listener as a process: owns a shard, follows it, writes it down, and leaves it so that the next one can go on."""

import asyncio
import signal
from contextlib import suppress

import structlog

from core.clock import Clock
from core.settings import Settings
from db.connection import Pool
from gateway_listener.address import Directory, Starts
from gateway_listener.closing import GatewayRefused
from gateway_listener.connection import Caller
from gateway_listener.recorder import Recorder, Superseded
from gateway_listener.shard import Shard

REFUSED = 78  # the exit code of the family "configuration error": starting again changes nothing
DRAIN_S = 1.2  # to write what was received before a planned end; the rest is replayed to the next process

log = structlog.get_logger()


async def run(settings: Settings, *, shard: tuple[int, int] = (0, 1)) -> None:
    """Listen until SIGTERM or SIGINT; `shard` is (id, count) as Discord counts.

    Raises:
        SystemExit: Discord will never let us listen (code 78).
    """
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        with suppress(NotImplementedError):  # not on Windows
            loop.add_signal_handler(number, stop.set)
    try:
        await listen(settings, stop=stop, shard=shard)
    except GatewayRefused as refusal:
        log.error(str(refusal), shard=shard[0])  # noqa: TRY400 - one clear sentence, not a traceback
        raise SystemExit(REFUSED) from None


async def listen(settings: Settings, *, stop: asyncio.Event, shard: tuple[int, int] = (0, 1)) -> None:
    """Listen until `stop` is set.

    Raises:
        GatewayRefused: Discord will never let us listen.
    """
    if settings.database_url is None:
        raise ValueError("The listener needs the address of a database.")
    clock = Clock(settings.clock_file)
    directory = Directory(settings.api_url, settings.token, settings.gateway_url)
    starts = Starts()
    async with Pool(settings.database_url, application_name="lyceum listener", min_size=1, max_size=1) as pool:
        while not stop.is_set():
            recorder = Recorder(pool, clock, shard=shard)
            caller = Caller(settings.token, recorder, clock, starts, shard)
            try:
                await _follow(Shard(caller, directory), recorder, stop)
            except Superseded:
                log.warning("Another listener has taken over; waiting behind it.", shard=shard[0])


async def _follow(shard: Shard, recorder: Recorder, stop: asyncio.Event) -> None:
    """Follow the shard until `stop`, then write what was received and leave the session resumable."""
    following = asyncio.create_task(_start(shard, recorder))
    writing = asyncio.create_task(recorder.run())
    stopping = asyncio.create_task(stop.wait())
    tasks = (following, writing, stopping)
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        if writing not in done:
            recorder.finish()
            await asyncio.wait([writing], timeout=DRAIN_S)
        for task in done:
            task.result()  # raises what ended it
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _start(shard: Shard, recorder: Recorder) -> None:
    await shard.run(await recorder.start())
