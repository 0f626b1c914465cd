import asyncio

import pytest

from core.errors import DomainError
from db.connection import Connection, Pool
from db.queries.streaks.grants import StaffAct
from services.members.lock import MemberNotFound
from services.streaks import grants
from services.streaks.grants import DateIsActive, DateIsProtected, DateToCome, NothingGranted, ReasonMissing
from tests.populate import ANA, BEN, LYCEUM, MINA
from tests.services.streaks.freeze_scenarios import begin, close, current_days, day, noon, protections


async def grant(conn: Connection, number: int, *, today: int = 9, reason: str = "ill in bed") -> None:
    await grants.grant(conn, guild=LYCEUM, user=ANA, day=day(number), reason=reason, by=BEN, now=noon(today))


async def revoke(conn: Connection, number: int, *, reason: str = "wrong day") -> None:
    await grants.revoke(conn, guild=LYCEUM, user=ANA, day=day(number), reason=reason, by=MINA, now=noon(9))


async def test_a_granted_date_joins_the_run_and_is_written_down(conn: Connection) -> None:
    await begin(conn, *range(5), *range(6, 10))
    before = await current_days(conn, noon(9))

    await grant(conn, 5, reason="  ill \n in bed ")

    assert (before, await current_days(conn, noon(9))) == (4, 9)
    assert await protections(conn) == {5: "grant"}
    assert await grants.audit(conn, guild=LYCEUM) == [StaffAct(ANA, BEN, True, day(5), "ill in bed", noon(9))]


async def test_a_grant_taken_back_is_written_down_too(conn: Connection) -> None:
    await begin(conn, *range(5), *range(6, 10))
    await grant(conn, 5)

    await revoke(conn, 5)

    assert await current_days(conn, noon(9)) == 4
    assert await protections(conn) == {}
    assert [(act.is_grant, act.by_id) for act in await grants.audit(conn, guild=LYCEUM, user=ANA)] == [
        (False, MINA),
        (True, BEN),
    ]
    assert await grants.audit(conn, guild=LYCEUM, user=BEN) == []


async def test_where_a_grant_is_taken_back_a_freeze_saves_what_it_can(conn: Connection) -> None:
    await begin(conn, *range(7), 8)
    await grant(conn, 7)
    await close(conn, noon(8))
    await revoke(conn, 7)
    await close(conn, noon(9))

    assert await protections(conn) == {7: "freeze"}


@pytest.mark.parametrize(
    ("number", "refusal"), [(10, DateToCome), (-5000, DateToCome), (3, DateIsActive), (7, DateIsProtected)]
)
async def test_what_needs_no_grant_or_cannot_have_one_is_refused(
    conn: Connection, number: int, refusal: type[DomainError]
) -> None:
    await begin(conn, *range(7))
    await close(conn, noon(8))

    with pytest.raises(refusal):
        await grant(conn, number)

    assert await grants.audit(conn, guild=LYCEUM) == []


async def test_only_what_staff_granted_is_taken_back(conn: Connection) -> None:
    await begin(conn, *range(7))
    await close(conn, noon(8))

    with pytest.raises(NothingGranted):
        await revoke(conn, 7)

    assert await protections(conn) == {7: "freeze"}


async def test_a_reason_is_needed(conn: Connection) -> None:
    await begin(conn, 0)

    with pytest.raises(ReasonMissing):
        await grant(conn, 5, reason=" \0 ")
    with pytest.raises(ReasonMissing):
        await revoke(conn, 5, reason="")


async def test_nobody_grants_to_a_stranger(conn: Connection) -> None:
    await begin(conn)

    with pytest.raises(MemberNotFound):
        await grants.grant(conn, guild=LYCEUM, user=BEN, day=day(1), reason="x", by=ANA, now=noon(2))


async def test_two_hundred_at_once_grant_once(database_url: str) -> None:
    async with Pool(database_url, max_size=20, wait_s=60) as pool:
        await _race(pool)


async def _race(pool: Pool) -> None:
    async with pool.connection() as conn:
        await begin(conn, *range(5), *range(6, 10))

    async def press() -> bool:
        try:
            async with pool.connection() as conn:
                await grant(conn, 5)
        except DateIsProtected:
            return False
        return True

    done = await asyncio.gather(*(press() for _ in range(200)))

    async with pool.connection() as conn:
        assert sum(done) == 1
        assert len(await grants.audit(conn, guild=LYCEUM)) == 1
        assert await current_days(conn, noon(9)) == 9
