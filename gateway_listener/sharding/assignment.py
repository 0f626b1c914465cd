"""Computes which shards a listener should run from the state of all listeners; pure functions."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from gateway_listener.sharding.selection import ShardSelection


@dataclass(frozen=True, slots=True)
class Peer:
    """A running listener, including this one."""

    number: int  # the oldest listener has the lowest
    wish: ShardSelection
    count: int  # shard count that it uses now


@dataclass(frozen=True, slots=True)
class Assignment:
    """Shards to start (`take`) and to stop (`leave`)."""

    take: tuple[int, ...] = ()
    leave: tuple[int, ...] = ()
    waits_for: int | None = None  # set: other listeners still use this shard count


def agreed_shard_count(me: Peer, colleagues: Sequence[Peer]) -> int:
    """The shard count that this listener has to use: its configured one, or that of the other listeners.

    If all are set to `auto`, the highest count wins: it is the latest recommendation of Discord.
    """
    if me.wish.count is not None:
        return me.wish.count
    oldest = min(colleagues, key=lambda colleague: colleague.number)
    if oldest.wish.count is not None:
        return oldest.count
    return max(colleague.count for colleague in (me, *colleagues) if colleague.wish.count is None)


def plan_assignment(
    me: Peer, colleagues: Sequence[Peer], *, mine: Collection[int], taken: Collection[int]
) -> Assignment:
    """The next step of a listener towards its share of the shards.

    A listener configured for certain shards gets exactly those; the others are split evenly, and the oldest listeners
    get the remainder. A listener whose shard count differs from an older one waits until that one has stopped.

    Args:
        me: this listener.
        colleagues: all running listeners, in any order.
        mine: shards that this listener runs.
        taken: shards that any listener holds.
    """
    others = [colleague for colleague in colleagues if colleague.number != me.number]
    for other in others:
        if other.count != me.count and (other.number < me.number or other.wish.count is None):
            return Assignment(waits_for=other.count)
    alike = [me, *(other for other in others if other.count == me.count)]
    if me.wish.only is not None:
        part, size = set(me.wish.only), len(me.wish.only)
        rank = 0
    else:
        part = set(range(me.count)).difference(*(one.wish.only for one in alike if one.wish.only is not None))
        sharing = sorted(one.number for one in alike if one.wish.only is None)
        rank = sharing.index(me.number)
        each, odd = divmod(len(part), len(sharing))
        size = each + (rank < odd)
    kept = sorted(part.intersection(mine))
    free = sorted(part.difference(mine, taken))
    start = rank * size % len(free) if free else 0  # so that listeners that start together try different shards
    wanted = (free[start:] + free[:start])[: max(0, size - len(kept))]
    return Assignment(take=tuple(sorted(wanted)), leave=tuple(sorted({*kept[size:], *set(mine) - part})))
