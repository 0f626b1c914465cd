import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.xp import THRESHOLDS, Level, level_of, xp_of


def test_thresholds_are_those_of_the_first_seed() -> None:
    assert THRESHOLDS == (100, 150, 250, 400, 600, 850, 1150, 1550, 2000)


@pytest.mark.parametrize(("seconds", "xp"), [(0, 0), (3599, 0), (3600, 1), (7199, 1), (7200, 2)])
def test_one_hour_is_one_xp_floored_on_the_sum(seconds: int, xp: int) -> None:
    assert xp_of(seconds) == xp


@pytest.mark.parametrize(
    ("xp", "level"),
    [
        (0, Level(1, 0, 0, 100)),
        (99, Level(1, 99, 0, 100)),
        (100, Level(2, 100, 100, 150)),
        (149, Level(2, 149, 100, 150)),
        (1550, Level(9, 1550, 1550, 2000)),
        (1999, Level(9, 1999, 1550, 2000)),
        (2000, Level(10, 2000, 2000, None)),
        (5000, Level(10, 5000, 2000, None)),
    ],
)
def test_level_is_the_number_of_thresholds_reached_plus_one(xp: int, level: Level) -> None:
    assert level_of(xp) == level


@settings(deadline=None)
@given(st.integers(0, 10_000))
def test_xp_lies_inside_its_level(xp: int) -> None:
    level = level_of(xp)

    assert level.floor_xp <= xp
    assert level.next_xp is None or xp < level.next_xp
    assert level.number == 1 + sum(threshold <= xp for threshold in THRESHOLDS)
