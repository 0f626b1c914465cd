"""All that a batch of stays has to know of the guilds it happened in."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import groupby

from core.enums import Preset
from db.connection import Connection
from db.queries import guilds as guild_queries
from db.queries.voice import channel_rules as channel_rule_queries
from db.queries.voice import tracking_policies as tracking_policy_queries
from services.voice.channel_rules import NOWHERE, Place
from services.voice.tracking_policies import Policy, Rule, Timeline


@dataclass(frozen=True, slots=True)
class Rulebook:
    """Guilds' places, zones and policies; a guild that is missing somewhere lives by the default."""

    base: Timeline
    places: dict[int, Place]
    zones: dict[int, str]
    timelines: dict[int, Timeline]

    def zone(self, guild: int) -> str:
        """The guild's zone; UTC where it has none."""
        return self.zones.get(guild, "UTC")

    def timeline(self, guild: int) -> Timeline:
        """What counts in the guild, and when."""
        return self.timelines.get(guild, self.base)

    async def note_unseen(self, conn: Connection, guilds: Sequence[int]) -> None:
        """Bring the hidden channels that were never viewed up to date, after channels of these guilds were written."""
        unseen: dict[int, set[int]] = {guild: set() for guild in guilds}
        for guild, channel in await guild_queries.list_unseen_channels(conn, guilds):
            unseen[guild].add(channel)
        for guild, channels in unseen.items():
            self.places[guild] = replace(self.places.get(guild, NOWHERE), unseen=frozenset(channels))

    def with_company(self, guilds: Iterable[int]) -> set[int]:
        """Those of `guilds` in which it ever matters who else is there."""
        if not self.timelines and not self.base.needs_company:
            return set()
        return {guild for guild in guilds if self.timeline(guild).needs_company}


async def of_guilds(conn: Connection, guilds: Sequence[int], policy: Policy) -> Rulebook:
    """The rules of these guilds; `policy` holds in those which have chosen nothing."""
    places: dict[int, Place] = {}
    zones: dict[int, str] = {}
    choosy: list[int] = []
    for row in await channel_rule_queries.list_places(conn, guilds):
        guild, afk, zone, ignored, covered, unseen, has_rules, unheard_since, gap_until = row
        places[guild] = Place(afk, frozenset(ignored), frozenset(covered), frozenset(unseen), unheard_since, gap_until)
        zones[guild] = zone
        if has_rules:
            choosy.append(guild)
    timelines: dict[int, Timeline] = {}
    if choosy:
        for guild, rows in groupby(await tracking_policy_queries.list_rules(conn, choosy), key=_guild):
            rules = [Rule(Preset(preset), start, end) for _, preset, start, end in rows]
            timelines[guild] = Timeline.of(rules, policy)
    return Rulebook(Timeline(policy), places, zones, timelines)


def _guild(row: tracking_policy_queries.RuleRow) -> int:
    return row[0]
