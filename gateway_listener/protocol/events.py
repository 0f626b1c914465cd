"""Converts gateway events into the event types that `services.voice.recording` stores; one function per event."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Annotated, Final, TypeVar

import msgspec
import structlog

from core.ids import SNOWFLAKE_MAX, SNOWFLAKE_MIN, ChannelId, GuildId, UserId
from gateway_listener.protocol.frames import UNREADABLE
from gateway_listener.protocol.payloads import (
    ABSENT,
    VOICE_TYPES,
    ChannelPayload,
    GuildPayload,
    MemberPayload,
    SnapshotPayload,
    VoicePayload,
)
from services.members.person import Person
from services.voice.gateway_events import (
    ChannelChange,
    ChannelGone,
    Event,
    GuildChange,
    GuildGone,
    GuildOutage,
    GuildSnapshot,
    VoiceChannel,
    VoiceState,
)

T = TypeVar("T")


class ReceivedAt(msgspec.Struct, frozen=True, gc=False):
    """When an event was received."""

    at: datetime  # time of receipt, aware UTC
    since: datetime | None = None  # set: the event was replayed, and happened at an unknown time after this


def read(name: str, raw: msgspec.Raw, moment: ReceivedAt) -> Event | None:
    """Decode the event `name`; None: an event that we do not record.

    Raises:
        msgspec.ValidationError: the payload does not match its documentation.
    """
    reader = _READERS.get(name)
    return reader(raw, moment) if reader else None


def _decoder(kind: type[T]) -> Callable[[msgspec.Raw], T]:
    return msgspec.json.Decoder(kind, strict=False).decode  # not strict: ids are numbers in strings


_voice: Final = _decoder(VoicePayload)
_snapshot: Final = _decoder(SnapshotPayload)
_guild: Final = _decoder(GuildPayload)
_channel: Final = _decoder(ChannelPayload)
_member: Final = _decoder(MemberPayload)
_list: Final = _decoder(list[msgspec.Raw])
_text: Final = _decoder(str)
_truth: Final = _decoder(bool)
_id: Final = msgspec.json.Decoder(Annotated[int, msgspec.Meta(ge=SNOWFLAKE_MIN, le=SNOWFLAKE_MAX)], strict=False).decode
_NULL: Final = bytes(ABSENT)

log = structlog.get_logger()


def _voice_state_update(raw: msgspec.Raw, moment: ReceivedAt) -> Event | None:
    payload = _voice(raw)
    if payload.guild_id is None:
        return None  # a call outside guilds
    return _state(payload, payload.guild_id, moment, _member_of(payload, payload.guild_id))


def _guild_create(raw: msgspec.Raw, moment: ReceivedAt) -> Event | None:
    payload = _snapshot(raw)
    if _readable(_truth, payload.unavailable):
        return None  # still in an outage: it contains no state
    told = _readable(_list, payload.voice_states)
    if told is None:
        return _change(payload, moment)  # no list of voice states, which differs from an empty list
    guild = payload.id
    found, _ = _entries(_member, _readable(_list, payload.members), "member", guild)
    members = {member.user.id: member for member in found if member.user}
    present, left_out = _entries(_voice, told, "voice state", guild)
    states: list[VoiceState] = []
    for state in present:
        if state.channel_id is not None:
            member = _member_of(state, guild)
            states.append(
                _state(state, guild, moment, member if member and member.user else members.get(state.user_id))
            )
    channels, also_left_out = _entries(_channel, _readable(_list, payload.channels), "channel", guild)
    change = _change(payload, moment)
    return GuildSnapshot(
        guild=guild,
        name=change.name,
        icon_hash=change.icon_hash,
        owner=change.owner,
        locale=change.locale,
        afk_channel=change.afk_channel,
        channels=tuple(_voice_channel(channel) for channel in channels if channel.type in VOICE_TYPES),
        states=tuple(states),
        at=moment.at,
        since=moment.since,
        is_whole=not left_out and not also_left_out,
    )


def _guild_update(raw: msgspec.Raw, moment: ReceivedAt) -> Event | None:
    return _change(_guild(raw), moment)


def _change(payload: GuildPayload, moment: ReceivedAt) -> GuildChange:
    owner, afk = _readable(_id, payload.owner_id), _readable(_id, payload.afk_channel_id)
    return GuildChange(
        guild=payload.id,
        name=_readable(_text, payload.name) or "",
        icon_hash=_readable(_text, payload.icon),
        owner=None if owner is None else UserId(owner),
        locale=_readable(_text, payload.preferred_locale) or "en-US",
        afk_channel=None if afk is None else ChannelId(afk),
        at=moment.at,
        since=moment.since,
    )


def _guild_delete(raw: msgspec.Raw, moment: ReceivedAt) -> Event | None:
    payload = _guild(raw)
    if _readable(_truth, payload.unavailable):
        return GuildOutage(guild=payload.id, at=moment.at, since=moment.since)
    return GuildGone(guild=payload.id, at=moment.at, since=moment.since)


def _channel_change(raw: msgspec.Raw, _moment: ReceivedAt) -> Event | None:
    payload = _channel(raw)
    if payload.guild_id is None or payload.type not in VOICE_TYPES:
        return None
    return ChannelChange(guild=payload.guild_id, channel=_voice_channel(payload))


def _channel_delete(raw: msgspec.Raw, moment: ReceivedAt) -> Event | None:
    payload = _channel(raw)
    if payload.guild_id is None or payload.type not in VOICE_TYPES:
        return None
    return ChannelGone(guild=payload.guild_id, channel=payload.id, at=moment.at)


_READERS: Final[Mapping[str, Callable[[msgspec.Raw, ReceivedAt], Event | None]]] = {
    "VOICE_STATE_UPDATE": _voice_state_update,
    "GUILD_CREATE": _guild_create,
    "GUILD_UPDATE": _guild_update,
    "GUILD_DELETE": _guild_delete,
    "CHANNEL_CREATE": _channel_change,
    "CHANNEL_UPDATE": _channel_change,
    "CHANNEL_DELETE": _channel_delete,
}


def _readable(read_one: Callable[[msgspec.Raw], T], part: msgspec.Raw) -> T | None:
    """Decode one part of a guild; None: absent or invalid, so that an invalid part does not affect the others."""
    if bytes(part) == _NULL:
        return None
    try:
        return read_one(part)
    except UNREADABLE:
        return None


def _entries(
    read_one: Callable[[msgspec.Raw], T], entries: Sequence[msgspec.Raw] | None, kind: str, guild: GuildId
) -> tuple[list[T], int]:
    """Decode the valid entries of a list; returns them and the number of invalid ones, which are logged."""
    given = [entry for entry in entries or () if bytes(entry) != _NULL]
    found = [read for entry in given if (read := _readable(read_one, entry)) is not None and _is_storable(read)]
    left_out = len(given) - len(found)
    if left_out:
        log.error(
            "Entries of a server look unlike their documentation.", entry_kind=kind, left_out=left_out, guild=guild
        )
    return found, left_out


def _is_storable(entry: object) -> bool:
    """Whether all ids of an entry are valid snowflakes."""
    ids: list[int | None] = [getattr(entry, name, None) for name in ("id", "user_id", "channel_id", "parent_id")]
    return all(each is None or SNOWFLAKE_MIN <= each <= SNOWFLAKE_MAX for each in ids)


def _member_of(payload: VoicePayload, guild: GuildId) -> MemberPayload | None:
    """The member of a voice state; None if it is invalid, because voice time matters more than a name."""
    found, _ = _entries(_member, (payload.member,), "member", guild)
    return found[0] if found else None


def _state(payload: VoicePayload, guild: GuildId, moment: ReceivedAt, member: MemberPayload | None) -> VoiceState:
    user = member.user if member else None
    return VoiceState(
        guild=guild,
        user=payload.user_id,
        channel=payload.channel_id,
        flags=payload.flags,
        voice_session=payload.session_id or "",
        at=moment.at,
        person=Person(
            user=user.id,
            username=user.username or "",
            global_name=user.global_name,
            avatar_hash=user.avatar,
            is_bot=bool(user.bot),
            nick=member.nick,
            member_avatar_hash=member.avatar,
        )
        if member and user
        else None,
        is_delayed=moment.since is not None,
        since=moment.since,
    )


def _voice_channel(payload: ChannelPayload) -> VoiceChannel:
    if payload.is_hidden:
        return VoiceChannel(channel=payload.id, name="", type=payload.type or 0, is_hidden=True)
    return VoiceChannel(
        channel=payload.id,
        name=payload.name or "",
        type=payload.type or 0,
        parent=payload.parent_id,
    )
