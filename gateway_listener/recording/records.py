"""What was heard, on its way from the socket to the database, and how far it leads."""

from datetime import datetime

from msgspec import Struct

from core.ids import GuildId
from services.voice.gateway_events import Event, GuildSnapshot


class SessionKey(Struct, frozen=True, gc=False):
    """A gateway session, and where it can be resumed."""

    id: str
    resume_url: str | None = None  # None: at the ordinary address


class Cursor(Struct, frozen=True, gc=False):
    """How far a session has been read."""

    session: SessionKey | None
    seq: int | None
    at: datetime
    since: datetime | None = None  # set: it was replayed, and the time after this is not known yet

    @property
    def known_until(self) -> datetime:
        """Up to here all is known once this is written."""
        return self.since or self.at


class SessionStart(Struct, frozen=True, gc=False):
    """A new session: nothing is known about the time before it, and it names all guilds of the shard."""

    guilds: frozenset[GuildId] | None  # None: not told
    lost_since: datetime | None = None  # up to there the shard was heard; None: it never was


class Gap(Struct, frozen=True, gc=False):
    """A span of time that nobody heard, and of which everything has been replayed."""

    since: datetime
    until: datetime


class Record(Struct, frozen=True, gc=False):
    """One thing to write, and the position after it."""

    cursor: Cursor
    event: Event | None = None
    session_start: SessionStart | None = None
    gap: Gap | None = None

    @property
    def rows(self) -> int:
        """About how much there is to write."""
        if self.session_start:
            return 1 + len(self.session_start.guilds or ())
        if isinstance(self.event, GuildSnapshot):
            return 1 + len(self.event.states) + len(self.event.channels)
        return 1
