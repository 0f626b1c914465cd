import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime

from core.clock import Clock
from core.ids import ChannelId, GuildId, UserId
from core.metrics_registry import Counter, Gauge
from db.connection import Connection, Pool
from gateway_listener.recording.metrics import ListenerMetrics
from gateway_listener.recording.recorder import Recorder
from gateway_listener.recording.records import Cursor, Record, SessionKey
from services.members.person import Person
from services.voice.gateway_events import GuildSnapshot, VoiceChannel, VoiceState
from tests.gateway_listener.rows import stays, until_seq
from tests.gateway_listener.scripted import ANA, GUILD, ROOM

NOW = datetime.now(UTC)


def state(user: int, *, is_bot: bool = False) -> VoiceState:
    person = Person(UserId(user), f"user{user}", is_bot=is_bot)
    return VoiceState(GuildId(GUILD), UserId(user), ChannelId(ROOM), 0, "s", NOW, person)


KEY = SessionKey("first")
SNAPSHOT = GuildSnapshot(
    guild=GuildId(GUILD),
    name="Guild",
    icon_hash=None,
    owner=None,
    locale="en-US",
    afk_channel=None,
    channels=(VoiceChannel(channel=ChannelId(ROOM), name="Room", type=2, parent=None),),
    states=(state(ANA), state(ANA + 1), state(ANA + 2, is_bot=True)),
    at=NOW,
)


def waiting(meter: ListenerMetrics) -> float:
    return next(
        tally.value
        for tally in meter.metrics()
        if isinstance(tally, Gauge) and tally.name == "lyceum_shard_waiting_rows"
    )


async def test_a_snapshot_is_compared_with_the_open_sessions(pool: Pool) -> None:
    meter = ListenerMetrics()
    recorder = Recorder(pool, Clock(), meter=meter)
    writing = asyncio.create_task(recorder.run())
    await recorder.start()
    recorder.on_live()
    await recorder.add(Record(Cursor(KEY, 1, NOW), SNAPSHOT))
    recorder.finish()
    await asyncio.wait_for(writing, 20)

    counted = {tally.name: dict(tally.rows()) for tally in meter.metrics() if isinstance(tally, Counter)}
    shown = {tally.name: tally.value for tally in meter.metrics() if isinstance(tally, Gauge)}
    assert counted["lyceum_voice_events_committed"] == {("GuildSnapshot",): 1}
    assert counted["lyceum_reconciled_states"] == {("both",): 2, ("session alone",): 0, ("no session",): 0}
    assert 0 <= shown["lyceum_shard_event_age_seconds"] < 3600
    assert shown["lyceum_shard_waiting_rows"] == 0


def test_a_shard_that_left_is_forgotten() -> None:
    meter = ListenerMetrics()
    meter.watch((3, 4), lambda: 0)
    meter.committed((3, 4), [], heartbeat_at=NOW)
    before = [tally for tally in meter.metrics() if isinstance(tally, Gauge)]

    meter.forget((3, 4))

    assert [tally.labels for tally in before] == [(("shard", "3/4"),)] * 2
    assert [tally for tally in meter.metrics() if isinstance(tally, Gauge)] == []


async def test_rows_that_wait_for_the_database_are_counted_while_they_wait(pool: Pool) -> None:
    meter = ListenerMetrics()
    recorder = Recorder(pool, Clock(), meter=meter)
    writing = asyncio.create_task(recorder.run())
    await recorder.start()
    await recorder.add(Record(Cursor(KEY, 1, NOW), state(ANA)))
    await until_seq(pool, 1)
    before = waiting(meter)
    async with pool.connection() as conn:
        await conn.execute("SELECT 1 FROM gateway_sessions FOR UPDATE")
        for seq in range(2, 12):
            await recorder.add(Record(Cursor(KEY, seq, NOW), state(ANA + seq)))
            await asyncio.sleep(0.01)
        during = waiting(meter)
    await until_seq(pool, 11)
    after = waiting(meter)
    writing.cancel()

    assert (before, during, after) == (0, 10, 0)


class LostCount(ListenerMetrics):
    async def compare(self, conn: Connection, heard: Sequence[Record]) -> None:
        await super().compare(conn, heard)
        raise ZeroDivisionError


async def test_trouble_with_counting_costs_no_event(pool: Pool) -> None:
    meter = LostCount()
    recorder = Recorder(pool, Clock(), meter=meter)
    writing = asyncio.create_task(recorder.run())
    await recorder.start()
    recorder.on_live()
    await recorder.add(Record(Cursor(KEY, 1, NOW), SNAPSHOT))
    await recorder.add(Record(Cursor(KEY, 2, NOW), state(ANA + 3)))
    recorder.finish()
    await asyncio.wait_for(writing, 20)

    assert {stay.user for stay in await stays(pool)} == {ANA, ANA + 1, ANA + 3}
