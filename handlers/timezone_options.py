"""Autocomplete and labels for time zones, shared by all commands with a time zone option."""

from handlers.feature import Deps
from services.timezones import search
from wire.interaction import Autocomplete
from wire.limits import CHOICE_NAME_MAX
from wire.reply import AutocompleteResult, Choice


async def suggest(typing: Autocomplete, deps: Deps) -> AutocompleteResult:
    """Time zones that match the typed text by city, country, zone name, or current local time."""
    found = search.search_zones(typing.focused_value, now=deps.now, language=deps.t.language)
    return AutocompleteResult(tuple(Choice(each.label[:CHOICE_NAME_MAX], each.zone) for each in found))


def label(zone: str, deps: Deps) -> str:
    """City, local time and UTC offset, in the member's language."""
    return search.describe(zone, now=deps.now, language=deps.t.language).label


def city(zone: str, deps: Deps) -> str:
    """The zone's city alone."""
    return search.describe(zone, now=deps.now, language=deps.t.language).city
