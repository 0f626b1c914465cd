"""One function per gateway event: what Discord sends becomes what `services.voice` records."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Final, TypeVar

import msgspec

from core.ids import GuildId
from gateway_listener.payloads import (
    VOICE_TYPES,
    ChannelPayload,
    GuildPayload,
    MemberPayload,
    SnapshotPayload,
    UserPayload,
    VoicePayload,
)
from services.voice import (
    ChannelChange,
    ChannelGone,
    Event,
    GuildChange,
    GuildGone,
    GuildOutage,
    GuildSnapshot,
    Person,
    VoiceChannel,
    VoiceState,
)

T = TypeVar("T")


class Moment(msgspec.Struct, frozen=True, gc=False):
    """When something was heard."""

    at: datetime  # receipt, aware UTC
    since: datetime | None = None  # set: it was replayed, and happened somewhere after this


def read(name: str, raw: msgspec.Raw, moment: Moment) -> Event | None:
    """What an event tells; None: nothing that we record.

    Raises:
        msgspec.ValidationError: it does not look as documented.
    """
    reader = _READERS.get(name)
    return reader(raw, moment) if reader else None


def _decoder(kind: type[T]) -> Callable[[msgspec.Raw], T]:
    return msgspec.json.Decoder(kind, strict=False).decode  # not strict: ids are numbers in text


_voice: Final = _decoder(VoicePayload)
_snapshot: Final = _decoder(SnapshotPayload)
_guild: Final = _decoder(GuildPayload)
_channel: Final = _decoder(ChannelPayload)


def _voice_state_update(raw: msgspec.Raw, moment: Moment) -> Event | None:
    payload = _voice(raw)
    if payload.guild_id is None:
        return None  # a call outside of guilds
    member = payload.member
    return _state(payload, payload.guild_id, moment, member, member.user if member else None)


def _guild_create(raw: msgspec.Raw, moment: Moment) -> Event | None:
    payload = _snapshot(raw)
    if payload.unavailable:
        return None  # still an outage: nothing is known about it
    if payload.voice_states is None:
        return _change(payload, moment)  # not told who is in voice, which is not the same as nobody
    guild = payload.id
    members = {member.user.id: member for member in payload.members or () if member and member.user}
    states: list[VoiceState] = []
    for state in payload.voice_states:
        if state is None or state.channel_id is None:
            continue
        member = state.member if state.member and state.member.user else members.get(state.user_id)
        states.append(_state(state, guild, moment, member, member.user if member else None))
    return GuildSnapshot(
        guild=guild,
        name=payload.name or "",
        icon_hash=payload.icon,
        owner=payload.owner_id,
        locale=payload.preferred_locale or "en-US",
        afk_channel=payload.afk_channel_id,
        channels=tuple(
            _voice_channel(channel) for channel in payload.channels or () if channel and channel.type in VOICE_TYPES
        ),
        states=tuple(states),
        at=moment.at,
        since=moment.since,
    )


def _guild_update(raw: msgspec.Raw, moment: Moment) -> Event | None:
    return _change(_guild(raw), moment)


def _change(payload: GuildPayload, moment: Moment) -> GuildChange:
    return GuildChange(
        guild=payload.id,
        name=payload.name or "",
        icon_hash=payload.icon,
        owner=payload.owner_id,
        locale=payload.preferred_locale or "en-US",
        afk_channel=payload.afk_channel_id,
        at=moment.at,
        since=moment.since,
    )


def _guild_delete(raw: msgspec.Raw, moment: Moment) -> Event | None:
    payload = _guild(raw)
    if payload.unavailable:
        return GuildOutage(guild=payload.id, at=moment.at, since=moment.since)
    return GuildGone(guild=payload.id, at=moment.at, since=moment.since)


def _channel_change(raw: msgspec.Raw, _moment: Moment) -> Event | None:
    payload = _channel(raw)
    if payload.guild_id is None or payload.type not in VOICE_TYPES:
        return None
    return ChannelChange(guild=payload.guild_id, channel=_voice_channel(payload))


def _channel_delete(raw: msgspec.Raw, moment: Moment) -> Event | None:
    payload = _channel(raw)
    if payload.guild_id is None or payload.type not in VOICE_TYPES:
        return None
    return ChannelGone(guild=payload.guild_id, channel=payload.id, at=moment.at)


_READERS: Final[Mapping[str, Callable[[msgspec.Raw, Moment], Event | None]]] = {
    "VOICE_STATE_UPDATE": _voice_state_update,
    "GUILD_CREATE": _guild_create,
    "GUILD_UPDATE": _guild_update,
    "GUILD_DELETE": _guild_delete,
    "CHANNEL_CREATE": _channel_change,
    "CHANNEL_UPDATE": _channel_change,
    "CHANNEL_DELETE": _channel_delete,
}


def _state(
    payload: VoicePayload, guild: GuildId, moment: Moment, member: MemberPayload | None, user: UserPayload | None
) -> VoiceState:
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
        is_late=moment.since is not None,
        since=moment.since,
    )


def _voice_channel(payload: ChannelPayload) -> VoiceChannel:
    return VoiceChannel(
        channel=payload.id,
        name=payload.name or "",
        type=payload.type,
        parent=payload.parent_id,
    )
