"""Collects the guild, channel, user and member changes of an event batch, and stores them."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field

from db.connection import Connection
from db.queries import guilds as guild_queries
from db.queries.members import directory as directory_queries
from services.voice.gateway_events import (
    ChannelChange,
    ChannelGone,
    Event,
    GuildChange,
    GuildOutage,
    GuildSnapshot,
    VoiceChannel,
    VoiceState,
)
from services.voice.session import Key
from services.voice.session_tracker import unix_seconds


@dataclass(slots=True)
class DirectoryChanges:
    """All changes of a batch except voice time; the last value for each guild, channel, user and member."""

    guilds: set[int] = field(default_factory=set[int])
    whole_guilds: set[int] = field(default_factory=set[int])  # guilds whose open sessions are all affected
    members: set[Key] = field(default_factory=set[Key])
    earliest: int = 1 << 40  # of all times in the events, in seconds since 1970
    latest: int | None = None  # of all receipt times, likewise; None: there is none
    guild_rows: dict[int, guild_queries.GuildRow] = field(default_factory=dict[int, guild_queries.GuildRow])
    gone_guilds: set[int] = field(default_factory=set[int])
    channel_rows: dict[Key, guild_queries.ChannelRow] = field(default_factory=dict[Key, guild_queries.ChannelRow])
    hidden_guilds: set[int] = field(default_factory=set[int])  # guilds with a channel that the bot may not view
    seen_channels: dict[Key, tuple[str, int | None]] = field(default_factory=dict[Key, tuple[str, int | None]])
    gone_channels: dict[Key, int] = field(default_factory=dict[Key, int])
    complete: dict[int, int] = field(default_factory=dict[int, int])  # guilds with a full channel list, and when
    user_rows: dict[int, directory_queries.UserRow] = field(default_factory=dict[int, directory_queries.UserRow])
    is_cut: bool = False  # sessions are truncated by a gap and may continue in the same batch
    nameless: set[int] = field(default_factory=set[int])  # users of whom at least one event had only the id
    bots: set[int] = field(default_factory=set[int])  # users marked as bots
    member_rows: dict[Key, directory_queries.MemberRow] = field(default_factory=dict[Key, directory_queries.MemberRow])

    @classmethod
    def of(cls, events: Iterable[Event]) -> "DirectoryChanges":
        """The changes in `events`, which are in order."""
        heard = cls()
        for event in events:
            heard.guilds.add(event.guild)
            match event:
                case VoiceState():
                    heard._state(event)
                case GuildSnapshot():
                    heard._guild(event)
                    heard.is_cut |= event.received_until is not None
                    heard._channels(event, unix_seconds(event.at))
                    for state in event.states:
                        if state.channel is not None:
                            heard._state(state)
                case GuildChange():
                    heard._guild(event)
                case ChannelChange():
                    heard._channel(event.guild, event.channel)
                case ChannelGone():
                    heard.channel_rows.pop((event.guild, event.channel), None)
                    heard.gone_channels[event.guild, event.channel] = unix_seconds(event.at)
                    heard._at(unix_seconds(event.at))
                case GuildOutage():
                    heard._at(unix_seconds(event.at))
                    heard._since(unix_seconds(event.since or event.at))
                    heard.whole_guilds.add(event.guild)
                    heard.is_cut = True
                case _:  # GuildGone
                    heard._at(unix_seconds(event.at))
                    heard._since(unix_seconds(event.since or event.at))
                    heard.whole_guilds.add(event.guild)
                    heard.gone_guilds.add(event.guild)
        return heard

    async def write(self, conn: Connection, *, known: Collection[int]) -> None:
        """Upsert guilds, channels and users; `known` guilds have rows already."""
        unknown = [guild for guild in self.guilds if guild not in known and guild not in self.guild_rows]
        if unknown:
            await guild_queries.add_guilds(conn, unknown, at=self.latest)
        if self.guild_rows:
            await guild_queries.set_guilds(conn, list(self.guild_rows.values()), at=self.latest)
        if self.gone_guilds:
            await guild_queries.set_guilds_gone(conn, sorted(self.gone_guilds), at=self.latest)
        if self.complete:
            kept = [channel for guild, channel in self.channel_rows if guild in self.complete]
            await guild_queries.set_other_channels_gone(conn, list(self.complete.items()), kept, at=self.latest)
        if self.gone_channels:
            await guild_queries.set_channels_gone(
                conn, [(*key, at) for key, at in self.gone_channels.items()], at=self.latest
            )
        if self.channel_rows:
            await guild_queries.set_channels(conn, list(self.channel_rows.values()), at=self.latest)
        if self.user_rows:
            await directory_queries.set_users(conn, list(self.user_rows.values()), at=self.latest)
        nameless = sorted(self.nameless - self.user_rows.keys())
        if nameless:
            await directory_queries.add_nameless_users(conn, nameless, at=self.latest)

    async def write_members(self, conn: Connection) -> None:
        """Upsert members; existing ones are locked already."""
        if self.member_rows:
            await directory_queries.set_members(conn, list(self.member_rows.values()), at=self.latest)
        nameless = sorted(self.members - self.member_rows.keys())
        if nameless:
            await directory_queries.add_members(conn, nameless, at=self.latest)

    def _state(self, state: VoiceState) -> None:
        at = int(state.at.timestamp())
        self._at(at)
        self._since(at if state.since is None else min(at, unix_seconds(state.since)))
        person = state.person
        if person is not None:
            self.user_rows[state.user] = (
                state.user,
                person.username,
                person.global_name,
                person.avatar_hash,
                person.is_bot,
            )
            if person.is_bot:
                self.bots.add(state.user)
                return
            key = (state.guild, state.user)
            self.member_rows[key] = (*key, person.nick, person.member_avatar_hash)
        else:
            self.nameless.add(state.user)
        self.members.add((state.guild, state.user))

    def _guild(self, event: GuildSnapshot | GuildChange) -> None:
        self._at(unix_seconds(event.at))
        self._since(unix_seconds(event.since or event.at))
        self.whole_guilds.add(event.guild)
        self.gone_guilds.discard(event.guild)
        self.guild_rows[event.guild] = (
            event.guild,
            event.name,
            event.owner,
            event.icon_hash,
            event.locale,
            event.afk_channel,
        )

    def _channels(self, snapshot: GuildSnapshot, at: int) -> None:
        if snapshot.is_whole:
            for key in [key for key in self.channel_rows if key[0] == snapshot.guild]:
                del self.channel_rows[key]
            self.complete[snapshot.guild] = at
        for channel in snapshot.channels:
            self._channel(snapshot.guild, channel)

    def _channel(self, guild: int, channel: VoiceChannel) -> None:
        key = (guild, channel.channel)
        self.gone_channels.pop(key, None)
        name, parent = channel.name, channel.parent
        if channel.is_hidden:
            self.hidden_guilds.add(guild)
            name, parent = self.seen_channels.get(key, ("", None))
        else:
            self.seen_channels[key] = name, parent
        self.channel_rows[key] = (*key, name, channel.type, parent, channel.is_hidden)

    def _since(self, at: int) -> None:
        self.earliest = min(self.earliest, at)

    def _at(self, at: int) -> None:
        if self.latest is None or at > self.latest:
            self.latest = at
