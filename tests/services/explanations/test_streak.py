"""Day-by-day explanation of a streak: what each day contributed."""

from datetime import timedelta

import pytest

from core.enums import DayStatus, ProtectionKind
from db.connection import Connection
from services.explanations import streak
from services.explanations.streak import StreakExplanation
from services.members.lock import MemberNotFound
from services.streaks import freezes, grants, repairs, vacations
from services.streaks.freeze_simulation import NotProtectedReason
from tests.populate import ANA, BEN, LYCEUM
from tests.services.streaks.freeze_scenarios import be_active, begin, close, day, noon

Told = dict[int, tuple[DayStatus, ProtectionKind | None]]


async def tell(conn: Connection, number: int) -> StreakExplanation:
    await conn.execute("UPDATE members SET created_at = %s", (noon(0),))
    return await streak.explain(conn, guild=LYCEUM, user=ANA, now=noon(number))


def marks(found: StreakExplanation) -> Told:
    return {(story.day.day - day(0)).days: (story.day.status, story.day.protection) for story in found.days}


async def test_every_day_is_named_by_what_it_was(conn: Connection) -> None:
    await begin(conn, *range(7))
    await close(conn, noon(8))
    await be_active(conn, [8])
    await vacations.plan(conn, guild=LYCEUM, user=ANA, first=day(9), last=day(9), now=noon(8))
    await grants.grant(conn, guild=LYCEUM, user=ANA, day=day(10), reason="An outage", by=BEN, now=noon(11))
    await be_active(conn, [11])

    found = await tell(conn, 12)

    assert marks(found) == {
        **dict.fromkeys(range(7), (DayStatus.ACTIVE, None)),
        7: (DayStatus.PROTECTED, ProtectionKind.FREEZE),
        8: (DayStatus.ACTIVE, None),
        9: (DayStatus.PROTECTED, ProtectionKind.VACATION),
        10: (DayStatus.PROTECTED, ProtectionKind.GRANT),
        11: (DayStatus.ACTIVE, None),
        12: (DayStatus.TODAY_OPEN, None),
    }
    assert found.days[7].earned_on == day(6)
    act = found.days[10].grant
    assert act is not None
    assert (act.by_id, act.reason) == (BEN, "An outage")
    assert (found.member.streak.current, found.protected_days, found.ended) == (9, 3, None)
    assert found.today_ends == noon(12) + timedelta(hours=12)


async def test_the_run_before_is_told_with_what_it_ended_with(conn: Connection) -> None:
    await begin(conn, 0, 1, 2, 4, 5)

    found = await tell(conn, 5)

    assert found.ended is not None
    assert (found.ended.day, found.ended.streak_days, found.ended.not_protected) == (
        day(3),
        3,
        NotProtectedReason.NONE_HELD,
    )
    assert [story.ended for story in found.days if story.ended] == [found.ended]
    assert found.member.streak.started_on == day(4)


async def test_a_freeze_that_was_switched_off_or_two_in_a_row_are_told(conn: Connection) -> None:
    await begin(conn, *range(14))
    await close(conn, noon(18))

    many = await tell(conn, 18)
    await be_active(conn, range(20, 27))
    await freezes.set_automatic(conn, guild=LYCEUM, user=ANA, is_on=False, now=noon(26))
    await close(conn, noon(29))
    off = await tell(conn, 29)

    assert many.ended is not None
    assert (many.ended.day, many.ended.not_protected) == (day(16), NotProtectedReason.ENOUGH_IN_A_ROW)
    assert [story.earned_on for story in many.days if story.earned_on] == [day(6), day(13)]
    assert off.ended is not None
    assert (off.ended.day, off.ended.not_protected) == (day(27), NotProtectedReason.SWITCHED_OFF)
    assert off.member.streak.current == 0


async def test_late_and_repaired_days_are_told(conn: Connection) -> None:
    await begin(conn, 0, 1, 2)
    await close(conn, noon(4))
    await be_active(conn, [4])
    await repairs.request_repair(conn, guild=LYCEUM, user=ANA, now=noon(4))
    await be_active(conn, [5])
    await close(conn, noon(7))
    await be_active(conn, [6])

    found = await tell(conn, 7)

    assert marks(found)[3] == (DayStatus.PROTECTED, ProtectionKind.REPAIR)
    assert [(story.day.day, story.is_late) for story in found.days if story.is_late] == [(day(6), True)]
    assert found.member.streak.current == 6


async def test_days_before_the_first_are_not_told_and_strangers_have_none(conn: Connection) -> None:
    await begin(conn, 5)
    await conn.execute("UPDATE members SET created_at = %s", (noon(4),))

    found = await streak.explain(conn, guild=LYCEUM, user=ANA, now=noon(6))

    assert list(marks(found)) == [4, 5, 6]
    with pytest.raises(MemberNotFound):
        await streak.explain(conn, guild=LYCEUM, user=BEN, now=noon(6))
