"""Keeps Discord's list of our commands equal to the features: the difference first, then one request or none."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from core.enums import Language
from core.ids import ApplicationId, GuildId
from core.words import DISCORD_LOCALES, words_for
from handlers.feature import Feature
from wire.commands import MESSAGE_MENU, SLASH, USER_MENU, list_json, normal

if TYPE_CHECKING:
    from wire.rest import Rest

Json = dict[str, object]

_SIGNS = {SLASH: "/", USER_MENU: "person menu: ", MESSAGE_MENU: "message menu: "}


@dataclass(frozen=True, slots=True)
class Plan:
    """What Discord's list lacks, in which order a person reads it."""

    wanted: tuple[Json, ...]  # the whole list as it should be
    lines: tuple[str, ...]  # empty: nothing to do

    def __str__(self) -> str:
        return "\n".join(self.lines) or "Discord's list is up to date."


def localise(context: str, text: str) -> Mapping[str, str]:
    """`text` in each of Discord's locales that we speak; English stands there too, so that nobody gets a fallback."""
    return {
        locale: words_for(language).context(context, text)
        for language in Language
        for locale in DISCORD_LOCALES[language]
    }


def commands_json(features: Iterable[Feature], *, is_global: bool = True) -> list[Json]:
    """The whole list as Discord gets it."""
    return list_json((each for feature in features for each in feature.commands), localise, is_global=is_global)


def plan(wanted: Sequence[Json], existing: Sequence[Mapping[str, object]]) -> Plan:
    """The difference between the list that we want and the one that Discord has."""
    ours = {_identity(each): normal(each) for each in wanted}
    theirs = {_identity(each): normal(each) for each in existing}
    lines = [f"+ {_title(key)}" for key in ours if key not in theirs]
    for key in ours.keys() & theirs.keys():
        changes = list(_changes("", theirs[key], ours[key]))
        if changes:
            lines += [f"~ {_title(key)}", *(f"    {change}" for change in changes)]
    lines += [f"- {_title(key)}" for key in theirs if key not in ours]
    return Plan(tuple(wanted), tuple(lines))


async def sync(
    rest: "Rest",
    application: ApplicationId,
    features: Iterable[Feature],
    *,
    guild: GuildId | None = None,
    dry_run: bool = False,
) -> Plan:
    """Compare, and where something differs put the whole list with one request.

    Nothing is sent when nothing differs: Discord allows 200 new commands a day, and many processes may start at once.

    Args:
        rest: authorised as the app.
        application: the app.
        features: whose commands.
        guild: the list of this guild, where changes show at once; None: the list for everywhere.
        dry_run: only compare.
    """
    existing = await rest.get_commands(application, guild=guild)
    found = plan(commands_json(features, is_global=guild is None), existing)
    if found.lines and not dry_run:
        await rest.put_commands(application, found.wanted, guild=guild)
    return found


def _identity(command: Mapping[str, object]) -> tuple[int, str]:
    return cast("int", command.get("type", SLASH)), cast("str", command["name"])


def _title(identity: tuple[int, str]) -> str:
    return _SIGNS.get(identity[0], "") + identity[1]


def _changes(place: str, old: object, new: object) -> Iterable[str]:
    """One line per difference, named by where it stands: `options.month.description: "a" → "b"`."""
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
    """Options and choices by name; plain values stand for themselves."""
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
