"""Keeps one shard connected: reconnects with backoff, and chooses between resume and identify."""

import asyncio
import math
from dataclasses import dataclass
from time import monotonic
from typing import Final

import structlog

from db.queries.gateway.positions import Position
from gateway_listener.protocol.close_codes import Disconnect, NextStep
from gateway_listener.protocol.gateway_url import DISCORD_GATEWAY_URL, GatewayBot, GatewayInfoClient, GatewayUnknown
from gateway_listener.recording.records import SessionKey
from gateway_listener.session.connection import Connection, ConnectionConfig, Session, Unreachable

RESUMES_MAX: Final = 5  # failed resumes in a row before an identify
CONFIRM_S: Final = 3.0
STOOD_S: Final = 10.0  # a connection that lasted this long counts as stable

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Backoff:
    """Exponential backoff with jitter, so that clients disconnected together do not reconnect together."""

    first_s: float = 1.0
    longest_s: float = 60.0

    def wait_s(self, failures: int, chance: float) -> float:
        """Seconds before the next try, 50 to 100 % of the full wait; `failures` is 1 or more, `chance` 0 to 1."""
        full = min(self.first_s * 2.0 ** min(failures - 1, 16), self.longest_s)
        return full * (0.5 + chance / 2)


class Shard:
    """Runs the connections of one shard, one after the other."""

    def __init__(
        self,
        caller: ConnectionConfig,
        directory: GatewayInfoClient,
        *,
        backoff: Backoff | None = None,
        compression: str | None = "auto",
    ) -> None:
        self._caller = caller
        self._directory = directory
        self._backoff = backoff or Backoff()
        self._compression = compression
        self._session = Session()
        self._resumes = 0
        self._skips_resume_url = False
        self._connected_at = math.inf  # not connected yet
        self._log = log.bind(shard=caller.shard[0])

    async def run(self, position: Position | None) -> None:
        """Keep the shard connected, resuming from `position` if possible, until cancelled.

        Raises:
            GatewayRefused: Discord refuses the connection for good.
        """
        self._take_up(position)
        outages = failures = 0  # in a row: server not reachable; connection ended early
        while True:
            self._connected_at = math.inf
            try:
                ending = await self._connect()
            except Unreachable as error:
                ending = Disconnect(NextStep.RESUME, str(error))
            except GatewayUnknown as error:
                ending = Disconnect(NextStep.RESUME, str(error), wait_s=error.retry_after_s)
            if ending.next is NextStep.IDENTIFY:
                self._session.forget()
            has_stood = ending.was_established and monotonic() - self._connected_at >= STOOD_S
            outages = 0 if ending.has_greeted else outages + 1
            failures = 0 if has_stood else failures + ending.has_greeted
            self._log.warning("The gateway connection ended.", why=ending.reason, code=ending.code)
            if ending.was_established:
                await self._caller.recorder.confirm(patience_s=CONFIRM_S)
            # One early end is free after READY or RESUMED, and one more if Discord asked us to reconnect.
            counted = outages + failures - ending.was_established - ending.is_prompt
            if ending.is_prompt and ending.next is NextStep.IDENTIFY:
                counted = 0  # identifies have their own limit, and until then no events arrive
            wait_s = self._backoff.wait_s(counted, self._caller.chance()) if counted > 0 else 0.0
            await asyncio.sleep(max(wait_s, ending.wait_s))

    def _take_up(self, position: Position | None) -> None:
        if position and position.session_id is not None and position.seq is not None:
            self._session.key = SessionKey(position.session_id, position.resume_url)
            self._session.first_seq = self._session.seq = position.seq

    async def _connect(self) -> Disconnect:
        session = self._session
        session.may_identify = False
        if session.key and self._resumes >= RESUMES_MAX:
            self._log.warning("Resuming came to nothing again and again; starting a new session.")
            session.forget()
        if session.key is None:
            self._resumes = 0
            url = (await self._caller.starts.wait(self._caller.shard[0])).url
            session.may_identify = True
        else:
            url = session.key.resume_url
            if url is None or self._skips_resume_url:
                url = await self._ordinary_address()
        try:
            connection = await Connection.open(url, self._caller, session, compression=self._compression)
        except Unreachable:
            self._skips_resume_url = session.key is not None and not self._skips_resume_url
            raise
        self._connected_at = monotonic()
        self._skips_resume_url = False
        self._resumes += session.key is not None
        ending = await connection.run()
        if ending.was_established:
            self._resumes = 0
        return ending

    async def _ordinary_address(self) -> str:
        if self._directory.given_url:
            return self._directory.given_url
        try:
            found: GatewayBot = await self._directory.look_up()
        except GatewayUnknown:
            return DISCORD_GATEWAY_URL
        return found.url
