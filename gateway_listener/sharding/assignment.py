"""Which shards fall to which listener: the rules alone, out of what all of them can see."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from gateway_listener.sharding.selection import ShardSelection


@dataclass(frozen=True, slots=True)
class Peer:
    """A listener that runs, this one included."""

    number: int  # the oldest has the lowest
    wish: ShardSelection
    count: int  # of shards, as it splits the guilds now


@dataclass(frozen=True, slots=True)
class Assignment:
    """What to do next."""

    take: tuple[int, ...] = ()
    leave: tuple[int, ...] = ()
    waits_for: int | None = None  # set: others still split the guilds into so many shards


def agreed_shard_count(me: Peer, colleagues: Sequence[Peer]) -> int:
    """Into how many shards this listener splits the guilds: as it was told, or as the others do.

    Where all were told `auto` the highest number wins: it is the one that Discord has asked for last.
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
    """The next step of a listener towards its part.

    Shards that somebody was told to follow are theirs; all others are shared out as evenly as they can be, the odd ones
    to the oldest. Who wants another number of shards than an older listener waits until that one has gone.

    `colleagues` are all who run, in any order; `mine` are the shards that this listener follows, `taken` those that
    anybody owns.
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
    start = rank * size % len(free) if free else 0  # so that those who start together do not all try the same ones
    wanted = (free[start:] + free[:start])[: max(0, size - len(kept))]
    return Assignment(take=tuple(sorted(wanted)), leave=tuple(sorted({*kept[size:], *set(mine) - part})))
