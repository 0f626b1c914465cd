"""Registers the features' commands with Discord: computes the difference, then sends one bulk request or none.

Discord's list belongs to the application and may hold commands that we did not register: an Entry Point command, which
Discord creates for an app with an Activity and does not allow to be deleted, and commands registered by another tool.
Both are sent back unchanged.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, cast

from core.enums import Language
from core.i18n import DISCORD_LOCALES, translator_for
from core.ids import ApplicationId, GuildId
from handlers.feature import Feature
from wire.command_json import ENTRY_POINT, list_json, normal
from wire.errors import DiscordError
from wire.payloads import MESSAGE_MENU, SLASH, USER_MENU

if TYPE_CHECKING:
    from wire.rest import Rest

Json = dict[str, object]

Identity = tuple[int, str]  # type and name: Discord's unique key of a command within one scope

RETIRED: Final[frozenset[Identity]] = frozenset()
"""What earlier versions registered and this one does not: a sync deletes these, and no other unknown command."""

_DIFF_SYMBOLS = {SLASH: "/", USER_MENU: "person menu: ", MESSAGE_MENU: "message menu: ", ENTRY_POINT: "Entry Point: "}
_ADDED_BY_DISCORD: Final = frozenset({"application_id", "guild_id", "version"})  # response-only fields


@dataclass(frozen=True, slots=True)
class CommandPlan:
    """Difference between Discord's list of our commands and the list that we want; lines are in display order."""

    wanted: tuple[Json, ...]  # our commands, complete
    lines: tuple[str, ...]  # the difference as text; empty: nothing to do
    kept: tuple[Json, ...] = ()  # commands that we did not register, as Discord returns them
    differing: int = 0  # number of our commands that are missing or different
    deleted: int = 0  # number of commands to delete

    def __str__(self) -> str:
        return "\n".join(self.lines) or "Discord's list is up to date."

    @property
    def kept_titles(self) -> tuple[str, ...]:
        """Names of the commands that we did not register, as shown to an operator."""
        return tuple(_title(_identity(each)) for each in self.kept)

    @property
    def sent(self) -> tuple[Json, ...]:
        """The complete list for Discord: our commands, then the other commands with all their own fields."""
        return (*self.wanted, *map(_sent_back, self.kept))

    def title_of(self, position: str) -> str | None:
        """Name of the command at a position of `sent`, as Discord's errors count; None when there is none."""
        if position.isascii() and position.isdecimal() and int(position) < len(self.sent):
            return _title(_identity(self.sent[int(position)]))
        return None


def localise(context: str, text: str) -> Mapping[str, str]:
    """`text` in each Discord locale that we support, English included, so that no client uses a fallback."""
    return {
        locale: translator_for(language).context(context, text)
        for language in Language
        for locale in DISCORD_LOCALES[language]
    }


def commands_json(features: Iterable[Feature], *, is_global: bool = True) -> list[Json]:
    """The complete list of commands as Discord's JSON."""
    return list_json((each for feature in features for each in feature.commands), localise, is_global=is_global)


def compute_plan(
    wanted: Sequence[Json],
    existing: Sequence[Mapping[str, object]],
    *,
    retired: frozenset[Identity] = RETIRED,
    deletes_foreign: bool = False,
) -> CommandPlan:
    """Compare the list of commands that we want with the list that Discord has.

    Args:
        wanted: our commands.
        existing: Discord's list.
        retired: commands that earlier versions of ours registered.
        deletes_foreign: also delete commands that we did not register; never an Entry Point command, which Discord does
            not allow to be deleted.
    """
    ours = {_identity(each): normal(each) for each in wanted}
    theirs = {_identity(each): each for each in existing}
    missing = [key for key in ours if key not in theirs]
    lines = [f"+ {_title(key)}" for key in missing]
    differing = len(missing)
    for key, shape in ours.items():
        if key in theirs and (changes := list(_changes("", normal(theirs[key]), shape))):
            differing += 1
            lines += [f"~ {_title(key)}", *(f"    {change}" for change in changes)]
    others = [key for key in theirs if key not in ours]
    deleted = [key for key in others if key in retired or (deletes_foreign and key[0] != ENTRY_POINT)]
    lines += [f"- {_title(key)}" for key in deleted]
    kept = tuple({**theirs[key]} for key in others if key not in deleted)
    return CommandPlan(tuple(wanted), tuple(lines), kept, differing, len(deleted))


async def sync(
    rest: "Rest",
    application: ApplicationId,
    features: Iterable[Feature],
    *,
    guild: GuildId | None = None,
    deletes_foreign: bool = False,
    dry_run: bool = False,
) -> CommandPlan:
    """Compare, and when something differs send the complete list in one request.

    Nothing is sent when nothing differs: Discord allows 200 new commands a day, and many processes may start at once.
    Commands that we did not register are part of the request, so that Discord keeps them.

    Args:
        rest: authorised as the app.
        application: the app.
        features: the features whose commands are registered.
        guild: register in this guild, where changes show at once; None: register globally.
        deletes_foreign: also delete commands that we did not register.
        dry_run: only compare.

    Raises:
        SyncRefused: Discord rejects the list; the error names the commands.
        DiscordError: Discord refuses to return the list.
        DiscordUnavailable: Discord does not respond, or its rate limit is reached.
    """
    existing = await rest.get_commands(application, guild=guild)
    found = compute_plan(commands_json(features, is_global=guild is None), existing, deletes_foreign=deletes_foreign)
    if found.lines and not dry_run:
        try:
            await rest.put_commands(application, found.sent, guild=guild)
        except DiscordError as error:
            raise SyncRefused(error, found) from error
    return found


class SyncRefused(Exception):
    """Discord rejected the list of commands. `error` is its response; the text names the commands concerned."""

    def __init__(self, error: DiscordError, plan: CommandPlan) -> None:
        named: list[tuple[str, str]] = []
        for place, reason in error.reasons:
            position, _, inside = place.partition(".")
            title = plan.title_of(position)
            named.append((f"{title} {inside}".rstrip() if title else place, reason))
        super().__init__(error.told(named))
        self.error = error


def _sent_back(command: Mapping[str, object]) -> Json:
    """A command that we did not register, with all fields of Discord's response that a request may contain."""
    left_out = _ADDED_BY_DISCORD
    if command.get("contexts") is not None:
        left_out |= {"dm_permission"}  # the deprecated field with the same meaning
    return {key: value for key, value in command.items() if key not in left_out}


def _identity(command: Mapping[str, object]) -> Identity:
    return cast("int", command.get("type") or SLASH), cast("str", command["name"])


def _title(identity: Identity) -> str:
    return _DIFF_SYMBOLS.get(identity[0], "") + identity[1]


def _changes(place: str, old: object, new: object) -> Iterable[str]:
    """One line per difference, prefixed with its path: `options.month.description: "a" → "b"`."""
    if old == new:
        return
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        before, after = cast("Mapping[str, object]", old), cast("Mapping[str, object]", new)
        for key in dict.fromkeys((*before, *after)):
            yield from _changes(f"{place}.{key}" if place else key, before.get(key), after.get(key))
    elif isinstance(old, list) and isinstance(new, list):
        before, after = _by_name(cast("list[object]", old)), _by_name(cast("list[object]", new))
        for name in dict.fromkeys((*before, *after)):
            yield from _changes(f"{place}.{name}", before.get(name), after.get(name))
        if list(before) != list(after) and before.keys() == after.keys():
            yield f"{place}: in another order"
    else:
        yield f"{place}: {_short(cast('object', old))} → {_short(new)}"


def _by_name(things: list[object]) -> dict[str, object]:
    """Options and choices by name; plain values are their own key."""
    return {str(cast("Json", each)["name"] if isinstance(each, dict) else each): each for each in things}


def _short(value: object) -> str:
    match value:
        case None:
            return "none"
        case str():
            return f'"{value}"'
        case bool() | int() | float():
            return str(value)
        case _:
            return "…"
