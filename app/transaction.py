"""One interaction, one transaction: who came, what the handler did and wants to happen; all of it or nothing."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Final, cast

from app.answers import KIND as ANSWER
from app.outbox import write_down
from app.turn import Turn
from core.errors import DomainError
from core.words import words_for
from db.connection import Connection, Pool
from handlers.feature import Deps, person_of
from services import people
from wire.custom_id import StaleCustomId
from wire.fitting import check_fit
from wire.interaction import Autocomplete
from wire.reply import Reply


class OnlyInGuilds(DomainError):
    """Raised where a command that measures a community is used in a direct message."""

    def __init__(self) -> None:
        super().__init__("That works in a server, where there is somebody to study with. Please try it there.")


class NotInstalledHere(DomainError):
    """Raised where a person brings the app along into a server that has not added it."""

    def __init__(self) -> None:
        super().__init__("Lyceum has not been added to this server yet. Ask somebody who manages it to add Lyceum.")


async def take(turn: Turn, pool: Callable[[], Awaitable[Pool]]) -> Reply | None:
    """The handler's reply, in a transaction of its own; None when the interaction was taken up before.

    Raises:
        StaleCustomId: no feature knows the interaction.
        OnlyInGuilds: it came from a direct message.
        NotInstalledHere: it came from a guild that has not installed the app.
        DoesNotFit: the handler's reply cannot answer it; nothing of what the handler did stays.
    """
    interaction, route = turn.interaction, turn.route
    if route is None:
        raise StaleCustomId("unknown")
    feature = route.feature
    if interaction.home is None and feature.guild_only:
        raise OnlyInGuilds if interaction.guild_id is None else NotInstalledHere
    if not feature.uses_database or isinstance(interaction, Autocomplete):
        reply = await route.call(interaction, Deps(_NO_DATABASE, turn.now, turn.words, _NOBODY))
        check_fit(reply, interaction)
        if getattr(reply, "then", ()):
            raise RuntimeError(f"{feature.name} does without the database, so nothing can happen after its commit.")
        return reply
    house = await pool()
    async with house.connection() as conn:
        arrival = await people.arrive(
            conn,
            interaction=interaction.id,
            guild=interaction.home,
            guild_locale=interaction.guild_locale,
            person=person_of(interaction),
            now=turn.now,
        )
        if not arrival.is_first:
            turn.outcome = "duplicate"
            return None
        if arrival.language is not None:
            turn.words = words_for(arrival.language)
        deps = Deps(conn, turn.now, turn.words, arrival)
        if feature.only_reads and arrival.is_settled(turn.now):
            reply = await house.read(conn, lambda reader: route.call(interaction, replace(deps, conn=reader)))
        else:
            reply = await route.call(interaction, deps)
        check_fit(reply, interaction)
        entries = await write_down(conn, turn, reply)
    if entries:  # committed
        turn.due = [entry for entry in entries if entry.kind != ANSWER]
        turn.is_promised = len(turn.due) < len(entries)
    return reply


class _NoDatabase:
    """Stands where a connection would be for what is answered from memory."""

    def __getattr__(self, name: str) -> object:
        raise RuntimeError(f"This is answered without the database, so nothing can {name} it.")


_NO_DATABASE: Final = cast("Connection", _NoDatabase())
_NOBODY: Final = people.Arrival(is_first=True)
