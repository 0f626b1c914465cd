"""Runs one handler in one transaction: claims the interaction, loads the member, stores the reply's effects."""

from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import Final, cast

from msgspec.structs import replace

from app.downloads.uploads import Uploads
from app.interaction_context import InteractionContext
from app.jobs.outbox import write_down
from app.jobs.pending_responses import KIND as ANSWER
from app.jobs.pending_responses import deferred_before
from core.errors import DomainError
from core.i18n import translator_for
from db.connection import Connection, Pool
from db.queries.jobs.outbox import Entry
from handlers.feature import Deps, Feature, FilesWanted, person_of
from services import interactions
from wire.errors import StaleCustomId
from wire.interaction import Autocomplete
from wire.message import Message
from wire.reply import Deferred, Reply
from wire.response_rules import apart, check_fit
from wire.uploads import accept


class OnlyInGuilds(DomainError):
    """Raised where a guild command is used in a direct message."""

    def __init__(self) -> None:
        super().__init__("That works in a server, where there is somebody to study with. Please try it there.")


class NotInstalledHere(DomainError):
    """Raised where a user-installed app is used in a guild that has not installed it."""

    def __init__(self) -> None:
        super().__init__("Lyceum has not been added to this server yet. Ask somebody who manages it to add Lyceum.")


async def execute_handler(
    turn: InteractionContext, pool: Callable[[], Awaitable[Pool]], uploads: Uploads
) -> Reply | None:
    """The handler's reply, from its own transaction; None when the interaction was already claimed.

    Raises:
        StaleCustomId: no feature handles the interaction.
        OnlyInGuilds: it came from a direct message.
        NotInstalledHere: it came from a guild that has not installed the app.
        InvalidResponseType: the reply's type does not fit the interaction; the handler's changes are rolled back.
        FileTooLarge, FileOfOtherKind: a file's declared size or type is not what the handler accepts.
    """
    interaction, route = turn.interaction, turn.route
    if route is None:
        raise StaleCustomId("unknown")
    feature = route.feature
    if interaction.home is None and feature.guild_only:
        raise OnlyInGuilds if interaction.guild_id is None else NotInstalledHere
    is_from_memory = not feature.uses_database or isinstance(interaction, Autocomplete)
    run: Run = partial(_without_database, turn) if is_from_memory else partial(_in_transaction, turn, await pool())
    reply = await run(feature, partial(route.call, interaction))
    if not isinstance(reply, FilesWanted):
        return reply
    for file in reply.files:
        accept(file, file_types=reply.file_types, size_max=reply.size_max)
    deferral = Deferred(private=reply.private, work=partial(_use_files, run, feature, uploads, reply))
    check_fit(deferral, interaction)
    if not is_from_memory:
        async with (await pool()).connection() as conn:
            entries = await write_down(conn, turn, deferral)
        _add_effects(turn, entries)
    return deferral


async def _use_files(run: "Run", feature: Feature, uploads: Uploads, wanted: FilesWanted) -> Message | None:
    contents = [
        await uploads.fetch(file, file_types=wanted.file_types, size_max=wanted.size_max) for file in wanted.files
    ]
    reply = await run(feature, partial(wanted.use, tuple(contents)))
    if isinstance(reply, Message):
        reply = replace(reply, effects=())  # its effects are already in the outbox
    return cast("Message | None", reply)  # `use` returns nothing else


async def _in_transaction(
    turn: InteractionContext, database: Pool, feature: Feature, answer: "Answer"
) -> Reply | FilesWanted | None:
    interaction = turn.interaction
    async with database.connection() as conn:
        arrival = await interactions.begin(
            conn,
            interaction=interaction.id,
            guild=interaction.home,
            guild_locale=interaction.guild_locale,
            person=person_of(interaction),
            now=turn.now,
        )
        if not arrival.is_first:
            turn.outcome = "duplicate"
            turn.deferred_as = await deferred_before(conn, turn)
            return None
        if arrival.language is not None:
            turn.t = translator_for(arrival.language)
        deps = Deps(conn, turn.now, turn.t, arrival)
        if feature.only_reads and arrival.is_settled(turn.now):
            reply = await database.read(conn, lambda reader: answer(replace(deps, conn=reader)))
        else:
            reply = await answer(deps)
        if isinstance(reply, FilesWanted):
            await conn.rollback()  # undo the claim: it is made again together with the handler's writes
            return reply
        reply = apart(reply, interaction)
        check_fit(reply, interaction)
        entries = await write_down(conn, turn, reply)
    _add_effects(turn, entries)
    return reply


def _add_effects(turn: InteractionContext, entries: Sequence[Entry]) -> None:
    """Record the committed rows on `turn`: effects to deliver now, and whether a response is pending."""
    if entries:
        turn.effects = [entry for entry in entries if entry.kind != ANSWER]
        turn.has_pending_response |= len(turn.effects) < len(entries)


async def _without_database(turn: InteractionContext, feature: Feature, answer: "Answer") -> Reply | FilesWanted | None:
    reply = await answer(Deps(_NO_DATABASE, turn.now, turn.t, _NO_MEMBER))
    if isinstance(reply, FilesWanted):
        return reply
    reply = apart(reply, turn.interaction)
    check_fit(reply, turn.interaction)
    if getattr(reply, "effects", ()):
        raise RuntimeError(f"{feature.name} does without the database, so nothing can happen after its commit.")
    return reply


Answer = Callable[[Deps], Awaitable[Reply | FilesWanted]]
ExecuteFn = Callable[[InteractionContext, Callable[[], Awaitable[Pool]], Uploads], Awaitable[Reply | None]]
Run = Callable[[Feature, Answer], Awaitable[Reply | FilesWanted | None]]


class _NoDatabase:
    """Placeholder connection for handlers that do not use the database; every access raises."""

    def __getattr__(self, name: str) -> object:
        raise RuntimeError(f"This is answered without the database, so nothing can {name} it.")


_NO_DATABASE: Final = cast("Connection", _NoDatabase())
_NO_MEMBER: Final = interactions.MemberContext(is_first=True)
