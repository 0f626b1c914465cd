from datetime import date
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.enums import LeaderboardMetric, LeaderboardPeriod
from core.ids import UserId
from wire.custom_id import Action, route_of
from wire.errors import CustomIdTooLong, StaleCustomId

PAGE = Action("leaderboard", "page", LeaderboardMetric, LeaderboardPeriod, int)
JUMP = Action("leaderboard", "me")
EVERY = Action("every", "type_1", UserId, str, bool, date, LeaderboardMetric)


def test_pack_and_unpack_keep_types() -> None:
    packed = PAGE.pack(LeaderboardMetric.XP, LeaderboardPeriod.WEEK, -3)

    assert packed == "v1:leaderboard:page:xp:week:-3"
    assert PAGE.unpack(packed) == (LeaderboardMetric.XP, LeaderboardPeriod.WEEK, -3)
    assert isinstance(PAGE.unpack(packed)[0], LeaderboardMetric)


def test_an_action_without_arguments() -> None:
    assert JUMP.pack() == "v1:leaderboard:me"
    assert JUMP.unpack("v1:leaderboard:me") == ()
    assert (JUMP.route, repr(JUMP)) == ("leaderboard:me", "Action(leaderboard:me)")
    assert route_of("v1:leaderboard:me") == "leaderboard:me"
    assert route_of("v1:leaderboard:page:xp") == "leaderboard:page"


@given(st.integers(0, 2**63 - 1), st.text(max_size=10), st.booleans(), st.dates(), st.sampled_from(LeaderboardMetric))
def test_everything_packed_comes_back(user: int, text: str, flag: bool, day: date, board: LeaderboardMetric) -> None:  # noqa: FBT001 - drawn
    try:
        packed = EVERY.pack(UserId(user), text, flag, day, board)
    except CustomIdTooLong as error:
        assert error.actual > 100  # noqa: PT017 - both ways out are right
        return

    assert len(packed) <= 100
    assert route_of(packed) == EVERY.route
    assert EVERY.unpack(packed) == (user, text, flag, day, board)


@pytest.mark.parametrize("text", ["a:b", "%", "%3A", "%25", "::", "", "%253A"])
def test_texts_with_separators_come_back(text: str) -> None:
    action = Action("text", "it", str)

    assert action.unpack(action.pack(text)) == (text,)


def test_a_custom_id_of_more_than_100_characters_is_refused() -> None:
    action = Action("text", "it", str)
    assert len(action.pack("x" * 89)) == 100

    with pytest.raises(CustomIdTooLong) as refused:
        action.pack("x" * 90)

    assert (refused.value.field, refused.value.limit, refused.value.actual) == ("text:it", 100, 101)


@pytest.mark.parametrize(
    "custom_id",
    [
        "v1:leaderboard:page:xp:week",
        "v1:leaderboard:page:xp:week:1:2",
        "v1:leaderboard:page",
        "v1:leaderboard:pages:xp:week:1",
        "v1:leaderboard:page:coins:week:1",
        "v1:leaderboard:page:xp:week:one",
        "v1:leaderboard:page:xp:week:1_0",
        "v1:leaderboard:page:xp:week: 1",
        f"v1:leaderboard:page:xp:week:{2**63}",
        f"v1:leaderboard:page:xp:week:-{2**63 + 1}",
        "v2:leaderboard:page:xp:week:1",
        "",
    ],
)
def test_unpack_refuses_what_this_version_does_not_make(custom_id: str) -> None:
    with pytest.raises(StaleCustomId):
        PAGE.unpack(custom_id)


def test_unpack_refuses_flags_and_dates_that_are_none() -> None:
    for custom_id in ("v1:every:type_1:1:a:2:2026-10-01:xp", "v1:every:type_1:1:a:1:2026-13-01:xp"):
        with pytest.raises(StaleCustomId):
            EVERY.unpack(custom_id)


@pytest.mark.parametrize("custom_id", ["", "v1", "v1:a", "v2:a:b", "a:b", "v1::b", "v1:A:b", "v1:a:b!", "click_one"])
def test_route_of_refuses_what_is_not_ours(custom_id: str) -> None:
    with pytest.raises(StaleCustomId):
        route_of(custom_id)


def test_an_action_is_checked_when_it_is_declared() -> None:
    untyped = cast("Any", Action)

    with pytest.raises(ValueError, match="no name"):
        Action("Leader board", "page")
    with pytest.raises(TypeError, match="does not fit"):
        untyped("leaderboard", "page", float)
    with pytest.raises(TypeError, match="float does not fit"):
        cast("Any", PAGE).pack(1.5, LeaderboardPeriod.WEEK, 1)
