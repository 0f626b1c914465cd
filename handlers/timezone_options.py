"""Autocomplete and labels for time zones, shared by all commands with a time zone option."""

from handlers.feature import Deps
from services.timezones import search
from wire.interaction import Autocomplete
from wire.limits import CHOICE_NAME_MAX
from wire.reply import AutocompleteResult, Choice


async def suggest(typing: Autocomplete, deps: Deps) -> AutocompleteResult:
    """Zones that fit what is typed, by city, country, name, or what the clock shows there."""
    found = search.search_zones(typing.focused_value, now=deps.now, language=deps.t.language)
    return AutocompleteResult(tuple(Choice(each.label[:CHOICE_NAME_MAX], each.zone) for each in found))


def label(zone: str, deps: Deps) -> str:
    """City, clock and offset in the person's language."""
    return search.describe(zone, now=deps.now, language=deps.t.language).label


def city(zone: str, deps: Deps) -> str:
    """Its city alone."""
    return search.describe(zone, now=deps.now, language=deps.t.language).city
