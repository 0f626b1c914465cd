import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway_listener.sharding.assignment import Assignment, Peer, agreed_shard_count, plan_assignment
from gateway_listener.sharding.selection import ShardSelection


def settle(wishes: list[ShardSelection], count: int) -> list[set[int]]:
    """Each listener's shards after all of them have acted in turn until nothing changes."""
    crew = [Peer(number + 1, wish, count) for number, wish in enumerate(wishes)]
    held: list[set[int]] = [set() for _ in crew]
    for _ in range(50):
        before = [set(one) for one in held]
        for index, me in enumerate(crew):
            step = plan_assignment(me, crew, mine=held[index], taken=_all(held))
            held[index] -= set(step.leave)
            held[index] |= set(step.take) - _all(held)
        if held == before:
            return held
    raise AssertionError("it never comes to rest")


@given(st.integers(1, 6), st.integers(1, 40))
def test_shards_are_spread_evenly_and_none_is_left_out(listeners: int, count: int) -> None:
    held = settle([ShardSelection()] * listeners, count)

    assert sorted(shard for one in held for shard in one) == list(range(count))
    assert max(map(len, held)) - min(map(len, held)) <= 1


@given(st.lists(st.sets(st.integers(0, 9), min_size=1), max_size=3), st.integers(1, 3))
def test_shards_that_somebody_was_told_to_follow_are_theirs(told: list[set[int]], others: int) -> None:
    wishes = [ShardSelection(10, tuple(sorted(only))) for only in told] + [ShardSelection()] * others

    held = settle(wishes, 10)

    claimed = _all(told)
    assert _all(held[: len(told)]) == claimed
    assert _all(held[len(told) :]) == set(range(10)) - claimed


def test_a_newcomer_gets_a_part_and_the_others_keep_theirs() -> None:
    old, new = Peer(1, ShardSelection(), 4), Peer(2, ShardSelection(), 4)

    assert plan_assignment(old, [old, new], mine={0, 1, 2, 3}, taken={0, 1, 2, 3}) == Assignment(leave=(2, 3))
    assert plan_assignment(new, [old, new], mine=(), taken={0, 1, 2, 3}) == Assignment()
    assert plan_assignment(new, [old, new], mine=(), taken={0, 1}) == Assignment(take=(2, 3))


def test_who_wants_another_number_waits_for_the_older_ones_and_holds_nobody_up() -> None:
    old, new = Peer(1, ShardSelection(2), 2), Peer(2, ShardSelection(4), 4)

    assert plan_assignment(new, [old, new], mine=(), taken=()) == Assignment(waits_for=2)
    assert plan_assignment(old, [old, new], mine=(), taken=()) == Assignment(take=(0, 1))


def test_the_number_of_shards_is_agreed_upon() -> None:
    auto, grown, told = Peer(1, ShardSelection(), 2), Peer(2, ShardSelection(), 3), Peer(3, ShardSelection(5), 5)

    assert agreed_shard_count(auto, [auto, grown, told]) == 3
    assert agreed_shard_count(told, [auto, grown, told]) == 5
    assert agreed_shard_count(Peer(4, ShardSelection(), 2), [told]) == 5


@pytest.mark.parametrize("text", ["auto", "1", "16", "0/1", "0,1,2/16"])
def test_wish_is_read_and_written(text: str) -> None:
    assert str(ShardSelection.read(text)) == text


@pytest.mark.parametrize("text", ["", "many", "0", "-1", "4/4", "1,/4", "1/", "0-3/4", "1000000", "Auto "])
def test_wish_that_means_nothing_is_refused_with_what_would(text: str) -> None:
    with pytest.raises(ValueError, match="--shards wants auto"):
        ShardSelection.read(text)


def _all(held: list[set[int]]) -> set[int]:
    return {shard for one in held for shard in one}
