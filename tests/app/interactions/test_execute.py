import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from core.errors import DomainError
from db.connection import Pool
from handlers.feature import Deps, Feature
from tests.fake_discord import GUILD, fake_discord, slash_payload
from wire.interaction import SlashCommand
from wire.message import Message


async def count(interaction: SlashCommand, deps: Deps) -> Message:
    await deps.conn.execute("UPDATE guilds SET study_minutes = study_minutes + 1")
    await asyncio.sleep(0.02)
    return Message(f"{deps.member.study_minutes} before")


class Moody:
    """A feature that increments a counter, then fails the given number of times."""

    def __init__(self) -> None:
        self.errors: list[Exception] = []

    async def __call__(self, interaction: SlashCommand, deps: Deps) -> Message:
        reply = await count(interaction, deps)
        if self.errors:
            raise self.errors.pop()
        return reply


def counting(handler: Callable[[SlashCommand, Deps], Awaitable[Message]]) -> list[Feature]:
    return [Feature(name="count", slash={"count": handler})]


async def test_one_interaction_delivered_to_two_processes_at_once_is_done_once(tmp_path: Path, pool: Pool) -> None:
    payload = slash_payload("count", options={})
    async with (
        fake_discord(tmp_path, pool=pool, features=counting(count)) as one,
        fake_discord(tmp_path, pool=pool, features=counting(count)) as two,
    ):
        deliveries = [each.deliver(payload) for _ in range(10) for each in (one, two)]
        answers = await asyncio.gather(*deliveries)

    assert sorted(answer.status for answer in answers) == [200] + [202] * 19
    assert await _minutes(pool) == 16


async def test_more_at_once_than_there_are_connections_are_done_or_told(tmp_path: Path, pool: Pool) -> None:
    async with fake_discord(tmp_path, pool=pool, features=counting(count)) as discord:
        await discord.slash("count")
        async with asyncio.timeout(60):
            answers = await asyncio.gather(*(discord.slash("count") for _ in range(60)))

    done = sum("before" in (answer.final.get("content") or "") for answer in answers)
    assert await _minutes(pool) == 16 + done
    assert done  # the others got "the database is busy", and their count was rolled back
    assert all(answer.status == 200 for answer in answers)


@pytest.mark.parametrize("error", [DomainError("Not now. Later."), ZeroDivisionError("a bug")])
async def test_a_failed_attempt_is_undone_and_can_be_repeated(tmp_path: Path, pool: Pool, error: Exception) -> None:
    moody = Moody()
    moody.errors.append(error)
    payload = slash_payload("count", options={})
    async with (
        fake_discord(tmp_path, pool=pool, features=counting(moody)) as one,
        fake_discord(tmp_path, pool=pool, features=counting(moody)) as two,
    ):
        failed = await one.deliver(payload)
        rows = await _rows(pool)
        repeated = [await two.deliver(payload), await one.deliver(payload)]

    assert failed.is_private
    assert rows == 0
    assert [answer.status for answer in repeated] == [200, 202]
    assert await _minutes(pool) == 16


async def test_a_database_that_is_away_is_told_kindly(tmp_path: Path) -> None:
    away = Pool("postgresql://nobody@127.0.0.1:1/nowhere", wait_s=1)
    async with away, fake_discord(tmp_path, pool=away, features=counting(count)) as discord:
        answer = await discord.slash("count")

    assert answer.final["content"] == "I can't reach my notes right now. Please try again in a minute."


async def test_a_database_that_is_out_of_reach_from_the_start_is_told_kindly(tmp_path: Path) -> None:
    async with fake_discord(tmp_path, features=counting(count)) as discord:
        answer = await discord.slash("count")

    assert answer.status == 200
    assert answer.final["content"] == "I can't reach my notes right now. Please try again in a minute."


async def _minutes(pool: Pool) -> int:
    async with pool.connection() as conn:
        cursor = await conn.execute("SELECT study_minutes FROM guilds WHERE guild_id = %s", (GUILD,))
        [(minutes,)] = await cursor.fetchall()
        return minutes


async def _rows(pool: Pool) -> int:
    async with pool.connection() as conn:
        cursor = await conn.execute("SELECT count(*) FROM processed_interactions")
        [(rows,)] = await cursor.fetchall()
        return rows
