"""Plans a simulated evening: a reproducible list of timed voice actions (joins, moves, breaks, disconnects, leaves)."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from random import Random
from typing import Final

WAVES: Final = (0.0, 0.22, 0.48)  # when groups arrive, as fractions of the evening
LATEST_LEAVE: Final = 0.985  # so that every member has left at the end
BY_THEMSELVES: Final = 0.25  # fraction of members who arrive outside the waves
TINY_S: Final = 1.0


@dataclass(frozen=True, slots=True)
class Rooms:
    """The ids of the channels that members join."""

    quiet: tuple[int, ...]  # in order of popularity
    stage: int | None
    afk: int | None


@dataclass(frozen=True, slots=True)
class Happening:
    """One voice action of one member."""

    at_s: float  # seconds since the start of the evening
    person: int  # index into the participants
    action: str  # "join" (also a move), "leave", or a change such as "mute"
    channel: int | None = None


def plan(people: int, rooms: Rooms, *, length_s: float, seed: int) -> list[Happening]:
    """All actions in order of time; deterministic for a seed, and every member has left at the end."""
    happenings = [one for person in range(people) for one in _evening_of(person, rooms, length_s, seed)]
    return sorted(happenings, key=lambda one: (one.at_s, one.person))


def _evening_of(person: int, rooms: Rooms, length_s: float, seed: int) -> Iterator[Happening]:
    chance = Random(f"{seed}:{person}")  # noqa: S311 - simulated behaviour, not a secret
    arrives = _arrival(chance) * length_s
    leaves = min(arrives + length_s * min(0.95, chance.lognormvariate(-0.75, 0.55)), length_s * LATEST_LEAVE)
    leaves -= chance.random() * length_s * 0.02
    stays = list(_stays(chance, arrives, max(leaves, arrives + TINY_S), length_s))
    for start, end in stays:
        yield from _stay(person, chance, rooms, start, end)


def _arrival(chance: Random) -> float:
    if chance.random() < BY_THEMSELVES:
        return chance.uniform(0.0, 0.85)
    return min(max(chance.choice(WAVES) + abs(chance.gauss(0.0, 0.045)), 0.0), 0.9)


def _stays(chance: Random, start: float, end: float, length_s: float) -> Iterator[tuple[float, float]]:
    """One session, or two separated by a break or a lost connection."""
    kind = chance.random()
    if kind < 0.1:  # noqa: PLR2004 - a tenth loses the connection and returns within a minute
        gap = chance.uniform(4.0, 55.0)
    elif kind < 0.3:  # noqa: PLR2004 - a fifth takes a break
        gap = length_s * chance.uniform(0.04, 0.12)
    else:
        gap = 0.0
    middle = start + (end - start) * chance.uniform(0.3, 0.7)
    if gap and middle + gap < end - TINY_S:
        yield start, middle
        yield middle + gap, end
    else:
        yield start, end


def _stay(person: int, chance: Random, rooms: Rooms, start: float, end: float) -> Iterator[Happening]:
    length = end - start
    room = rooms.stage if rooms.stage and chance.random() < 0.04 else _room(chance, rooms)  # noqa: PLR2004 - a few
    yield Happening(start, person, "join", room)
    if chance.random() < 0.82:  # noqa: PLR2004 - most members are muted
        yield Happening(start + min(chance.uniform(0.5, 6.0), length * 0.2), person, "mute")
    for action, undo, share in (
        ("deafen", "undeafen", 0.2),
        ("stream", "unstream", 0.1),
        ("camera", "uncamera", 0.08),
        ("unmute", "mute", 0.15),
    ):
        if chance.random() < share:
            at = start + length * chance.uniform(0.22, 0.7)
            yield Happening(at, person, action)
            if chance.random() < 0.8:  # noqa: PLR2004 - most undo it, some do not
                yield Happening(at + (end - at) * chance.uniform(0.2, 0.8), person, undo)
    if chance.random() < 0.25:  # noqa: PLR2004 - a quarter changes channels
        yield Happening(start + length * chance.uniform(0.25, 0.75), person, "join", _room(chance, rooms))
    if rooms.afk and chance.random() < 0.06:  # noqa: PLR2004 - a few go to the AFK channel; half of them return
        asleep = start + length * chance.uniform(0.76, 0.88)
        yield Happening(asleep, person, "join", rooms.afk)
        if chance.random() < 0.5:  # noqa: PLR2004 - see above
            yield Happening(asleep + (end - asleep) * 0.6, person, "join", _room(chance, rooms))
    yield Happening(end, person, "leave")


def _room(chance: Random, rooms: Rooms) -> int:
    return chance.choices(rooms.quiet, weights=_weights(rooms.quiet))[0]


def _weights(rooms: Sequence[int]) -> list[float]:
    return [1 / (rank + 1) for rank in range(len(rooms))]
