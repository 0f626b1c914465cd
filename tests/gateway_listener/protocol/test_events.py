from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest
from structlog.testing import capture_logs

from core.ids import ChannelId, GuildId, UserId
from db.connection import Connection
from gateway_listener.protocol.events import ReceivedAt, read
from playground.state import serializers
from playground.state.state import Channel
from services.members.person import Person
from services.voice import open_sessions, recording
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
from tests.gateway_listener.scripted import ANA, BEN, GUILD, OTHER_ROOM, ROOM, guild_create, voice_state

AT = datetime(2026, 11, 21, 12, tzinfo=UTC)
SINCE = datetime(2026, 11, 21, 11, 59, tzinfo=UTC)
HERE = GuildId(GUILD)


def event(name: str, payload: object, *, since: datetime | None = None) -> Event | None:
    return read(name, msgspec.Raw(msgspec.json.encode(payload)), ReceivedAt(AT, since))


def test_voice_state_carries_place_flags_and_person() -> None:
    member = {
        "user": {"id": str(ANA), "username": "ana", "global_name": "Ana", "avatar": "a1", "bot": True},
        "nick": "An",
        "avatar": "a2",
    }
    payload = voice_state(ROOM, member=member, self_deaf=True, suppress=True, self_stream=True)

    assert event("VOICE_STATE_UPDATE", payload, since=SINCE) == VoiceState(
        guild=HERE,
        user=UserId(ANA),
        channel=ChannelId(ROOM),
        flags=2 | 16 | 64,
        voice_session="voice",
        at=AT,
        person=Person(UserId(ANA), "ana", "Ana", "a1", is_bot=True, nick="An", member_avatar_hash="a2"),
        is_delayed=True,
        since=SINCE,
    )


def test_voice_state_with_null_for_false_is_understood() -> None:
    flags = ("self_mute", "self_deaf", "mute", "deaf", "self_stream", "self_video", "suppress")
    member = {"user": {"id": str(ANA), "username": None, "bot": None}}
    payload = voice_state(ROOM, member=member, **dict.fromkeys(flags))

    heard = event("VOICE_STATE_UPDATE", payload)

    assert isinstance(heard, VoiceState)
    assert (heard.channel, heard.flags, heard.person) == (ROOM, 0, Person(UserId(ANA), ""))


def test_voice_state_outside_of_guilds_says_nothing() -> None:
    assert event("VOICE_STATE_UPDATE", voice_state(ROOM, guild=None)) is None


def test_snapshot_holds_voice_and_stage_channels_and_who_is_in_them() -> None:
    state = {"user_id": ANA, "channel_id": ROOM, "session_id": "v", "mute": 1}

    assert event("GUILD_CREATE", guild_create(state, afk_channel_id=str(ROOM))) == GuildSnapshot(
        guild=HERE,
        name="A guild",
        icon_hash=None,
        owner=UserId(BEN),
        locale="ko",
        afk_channel=ChannelId(ROOM),
        channels=(VoiceChannel(ChannelId(ROOM), "Room", 2), VoiceChannel(ChannelId(OTHER_ROOM), "Stage", 13)),
        states=(VoiceState(HERE, UserId(ANA), ChannelId(ROOM), 4, "v", AT),),
        at=AT,
    )


def test_snapshot_that_does_not_tell_who_is_in_voice_ends_no_session() -> None:
    assert isinstance(event("GUILD_CREATE", guild_create(voice_states=None)), GuildChange)


def test_snapshot_of_an_outage_says_nothing() -> None:
    assert event("GUILD_CREATE", {"id": str(GUILD), "unavailable": True}) is None


def test_guild_is_gone_unless_it_is_only_an_outage() -> None:
    assert event("GUILD_DELETE", {"id": str(GUILD)}) == GuildGone(HERE, AT)
    assert event("GUILD_DELETE", {"id": str(GUILD), "unavailable": True}) == GuildOutage(HERE, AT)


@pytest.mark.parametrize("marks", [{"flags": 1 << 17}, {"name": "___hidden___", "flags": None}])
def test_a_channel_that_the_bot_may_not_view_has_no_name_and_no_category(marks: dict[str, object]) -> None:
    room = {
        "id": str(ROOM),
        "guild_id": str(GUILD),
        "type": 2,
        "name": "___hidden___",
        "parent_id": None,
        "topic": None,
    }
    hidden = VoiceChannel(ChannelId(ROOM), "", 2, is_hidden=True)

    assert event("CHANNEL_UPDATE", room | marks) == ChannelChange(HERE, hidden)
    snapshot = event("GUILD_CREATE", guild_create() | {"channels": [room | marks]})
    assert isinstance(snapshot, GuildSnapshot)
    assert snapshot.channels == (hidden,)


def test_the_local_discord_hides_channels_in_the_same_way() -> None:
    room = Channel(ROOM, 2, "Den", guild=GUILD, parent=ANA, position=3, is_hidden=True)

    assert event("CHANNEL_UPDATE", serializers.channel_for_app(room)) == ChannelChange(
        HERE, VoiceChannel(ChannelId(ROOM), "", 2, is_hidden=True)
    )


async def test_a_bot_that_is_told_late_ends_and_has_counted_nothing(conn: Connection) -> None:
    """A snapshot without its member data opens a session; a later event says that it is a bot."""
    robot: dict[str, Any] = {"id": str(BEN), "username": "radio_box", "bot": True}
    sits: dict[str, Any] = {"user_id": str(BEN), "channel_id": str(ROOM), "session_id": "z", "self_deaf": True}
    frames: list[tuple[str, dict[str, Any]]] = [
        ("GUILD_CREATE", guild_create(sits) | {"members": []}),
        ("VOICE_STATE_UPDATE", sits | {"guild_id": str(GUILD), "self_deaf": False, "member": {"user": robot}}),
        ("VOICE_STATE_UPDATE", sits | {"guild_id": str(GUILD), "channel_id": None, "member": {"user": robot}}),
    ]
    for number, (name, payload) in enumerate(frames):
        at = AT + timedelta(seconds=100 * number)
        told = read(name, msgspec.Raw(msgspec.json.encode(payload)), ReceivedAt(at))
        assert told is not None
        await recording.record(conn, [told])
        await open_sessions.accrue_open_sessions(conn, now=at + timedelta(seconds=90))

    rows = await conn.execute("SELECT user_id, ended_at, counted_seconds FROM voice_sessions")
    assert await rows.fetchall() == [(BEN, AT + timedelta(seconds=100), 0)]
    assert await (await conn.execute("SELECT total_seconds FROM members")).fetchall() == [(0,)]


def test_channels_without_voice_say_nothing() -> None:
    room = {"id": str(ROOM), "guild_id": str(GUILD), "type": 13, "name": "Stage", "parent_id": str(ANA)}

    assert event("CHANNEL_CREATE", room) == ChannelChange(
        HERE, VoiceChannel(ChannelId(ROOM), "Stage", 13, ChannelId(ANA))
    )
    assert event("CHANNEL_DELETE", room) == ChannelGone(HERE, ChannelId(ROOM), AT)
    assert [event(name, room | {"type": 0}) for name in ("CHANNEL_UPDATE", "CHANNEL_DELETE")] == [None, None]
    assert event("CHANNEL_PINS_UPDATE", room) is None


BROKEN: dict[str, tuple[object, ...]] = {
    "channels": ({"id": "room", "type": 2}, {"id": "7", "type": 2}, {"type": 2}, "room", 5, [], {"id": "1" * 40}),
    "voice_states": (
        {"user_id": "somebody", "channel_id": str(ROOM)},
        {"user_id": "7", "channel_id": str(ROOM)},
        {"user_id": str(BEN), "channel_id": str(ROOM), "self_mute": {}},
        {"channel_id": str(ROOM)},
        "ben",
        [],
    ),
    "members": ({"user": {"id": "somebody"}}, {"user": 5}, {"nick": []}, "ben", []),
}


@pytest.mark.parametrize(("part", "entry"), [(part, entry) for part, entries in BROKEN.items() for entry in entries])
def test_broken_entry_of_a_guild_is_left_out_and_told_once(part: str, entry: object) -> None:
    payload = guild_create(voice_state(ROOM))
    payload[part] = [entry, *payload[part], entry, None]

    with capture_logs() as logs:
        snapshot = event("GUILD_CREATE", payload)

    assert isinstance(snapshot, GuildSnapshot)
    assert [(state.user, state.channel) for state in snapshot.states] == [(ANA, ROOM)]
    assert [channel.channel for channel in snapshot.channels] == [ROOM, OTHER_ROOM]
    assert snapshot.is_whole == (part == "members")
    assert [(line["entry_kind"], line["left_out"]) for line in logs] == [(part[:-1].replace("_", " "), 2)]
    assert not {"somebody", "ben", "room", str(BEN)} & {str(value) for line in logs for value in line.values()}


@pytest.mark.parametrize(
    "part",
    ["name", "icon", "owner_id", "preferred_locale", "afk_channel_id", "members", "channels", "unavailable", "unknown"],
)
@pytest.mark.parametrize("value", [None, 5, [], {"id": "x"}, "no", "9" * 30])
def test_odd_part_of_a_guild_costs_that_part_alone(part: str, value: object) -> None:
    snapshot = event("GUILD_CREATE", guild_create(voice_state(ROOM)) | {part: value})

    assert isinstance(snapshot, GuildSnapshot)
    assert [state.user for state in snapshot.states] == [ANA]


@pytest.mark.parametrize(
    "member", [None, 5, {}, {"user": None}, {"user": {"id": "x"}}, {"user": {"id": str(ANA), "bot": 3}}]
)
def test_state_of_somebody_whose_name_cannot_be_read_is_kept(member: object) -> None:
    heard = event("VOICE_STATE_UPDATE", voice_state(ROOM, member=member))

    assert isinstance(heard, VoiceState)
    assert (heard.user, heard.channel, heard.person) == (ANA, ROOM, None)


@pytest.mark.parametrize("kind", [None, 2, 13, 99, -1, 10_000])
def test_channel_of_an_unknown_type_is_none_of_ours(kind: int | None) -> None:
    heard = event("CHANNEL_UPDATE", {"id": str(ROOM), "guild_id": str(GUILD), "type": kind, "name": None})

    assert (heard is not None) == (kind in (2, 13))


@pytest.mark.parametrize("name", ["GUILD_CREATE", "GUILD_UPDATE", "GUILD_DELETE"])
def test_stub_of_a_guild_is_understood(name: str) -> None:
    assert event(name, {"id": GUILD}) is not None
    assert event("GUILD_CREATE", {"id": GUILD, "unavailable": True, "voice_states": []}) is None


def test_every_event_of_a_gap_tells_since_when() -> None:
    told = [
        event("GUILD_CREATE", guild_create(), since=SINCE),
        event("GUILD_UPDATE", {"id": str(GUILD)}, since=SINCE),
        event("GUILD_DELETE", {"id": str(GUILD)}, since=SINCE),
        event("GUILD_DELETE", {"id": str(GUILD), "unavailable": True}, since=SINCE),
        event("VOICE_STATE_UPDATE", voice_state(None), since=SINCE),
    ]

    assert [getattr(each, "since", None) for each in told] == [SINCE] * 5
