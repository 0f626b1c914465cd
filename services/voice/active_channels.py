"""Lists the tracked voice channels in use now, with the members in them."""

from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

from core.enums import ChannelKind
from core.ids import ChannelId, GuildId
from db.connection import Connection
from db.queries import guilds as guild_queries
from db.queries.voice import active_channels as active_channel_queries
from db.queries.voice.active_channels import PresenceRow
from services.calendar.days import guild_calendar
from services.members.names import person_from_row
from services.members.person import Person


@dataclass(frozen=True, slots=True)
class Occupant:
    """One member in a voice channel."""

    person: Person
    since: datetime  # the start of the session, even if it began in another channel
    flags: int  # SELF_MUTE … SUPPRESS of gateway_events, added up
    today_s: int  # focus seconds credited so far on the guild's day


@dataclass(frozen=True, slots=True)
class ActiveChannel:
    """A voice channel with at least one member."""

    channel: ChannelId
    name: str  # empty: the gateway has not sent it yet
    kind: ChannelKind
    occupants: tuple[Occupant, ...]  # longest session first


async def list_active(conn: Connection, *, guild: GuildId, now: datetime) -> tuple[ActiveChannel, ...]:
    """The voice channels in use, by name; members with private stats are left out."""
    facts = await guild_queries.find_guild(conn, guild=guild)
    if facts is None:
        return ()
    today = guild_calendar(facts.timezone).date_of(now)
    present = await active_channel_queries.list_present(conn, guild=guild, today=today)
    return tuple(
        ActiveChannel(channel, name, kind, tuple(_occupant(one) for one in group))
        for (channel, name, kind), group in groupby(present, key=_active_channel)
    )


def _active_channel(one: PresenceRow) -> tuple[ChannelId, str, ChannelKind]:
    return one.channel_id, one.channel_name, one.kind


def _occupant(one: PresenceRow) -> Occupant:
    return Occupant(person_from_row(one), one.since, one.flags, one.today_s)
