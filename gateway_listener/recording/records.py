"""Items of the queue between gateway connection and recorder: events, session starts, gaps, and their positions."""

from datetime import datetime

from msgspec import Struct

from core.ids import GuildId
from services.voice.gateway_events import Event, GuildSnapshot


class SessionKey(Struct, frozen=True, gc=False):
    """Id of a gateway session, and the URL at which it can be resumed."""

    id: str
    resume_url: str | None = None  # None: the default gateway URL


class Cursor(Struct, frozen=True, gc=False):
    """Position in a gateway session: last sequence number and time of receipt."""

    session: SessionKey | None
    seq: int | None
    at: datetime
    since: datetime | None = None  # set: read from a replay, so the time after this is not verified yet

    @property
    def known_until(self) -> datetime:
        """The time up to which the data is complete once this record is committed."""
        return self.since or self.at


class SessionStart(Struct, frozen=True, gc=False):
    """A new gateway session: events before it are lost, and READY lists all guilds of the shard."""

    guilds: frozenset[GuildId] | None  # None: not sent
    lost_since: datetime | None = None  # end of the time with received events; None: the shard was never connected


class Gap(Struct, frozen=True, gc=False):
    """A time span without a live connection, whose events have all been replayed."""

    since: datetime
    until: datetime


class Record(Struct, frozen=True, gc=False):
    """One queue item: what to write, and the position after it."""

    cursor: Cursor
    event: Event | None = None
    session_start: SessionStart | None = None
    gap: Gap | None = None

    @property
    def rows(self) -> int:
        """Approximate number of database rows to write."""
        if self.session_start:
            return 1 + len(self.session_start.guilds or ())
        if isinstance(self.event, GuildSnapshot):
            return 1 + len(self.event.states) + len(self.event.channels)
        return 1
