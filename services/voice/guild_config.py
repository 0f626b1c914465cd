"""The tracking config of the guilds in a batch: channel rules, time zones and policies."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import groupby

from core.enums import TrackingPreset
from db.connection import Connection
from db.queries import guilds as guild_queries
from db.queries.voice import channel_rules as channel_rule_queries
from db.queries.voice import tracking_policies as tracking_policy_queries
from services.voice.channel_rules import NO_RULES, ChannelRules
from services.voice.tracking_policies import PolicyChange, PolicyTimeline, TrackingPolicy


@dataclass(frozen=True, slots=True)
class TrackingConfig:
    """Channel rules, time zones and policies by guild; missing guilds use the defaults."""

    base: PolicyTimeline
    channel_rules: dict[int, ChannelRules]
    zones: dict[int, str]
    timelines: dict[int, PolicyTimeline]

    def zone(self, guild: int) -> str:
        """The guild's time zone; UTC if none is set."""
        return self.zones.get(guild, "UTC")

    def timeline(self, guild: int) -> PolicyTimeline:
        """The policy timeline of the guild."""
        return self.timelines.get(guild, self.base)

    async def note_unseen(self, conn: Connection, guilds: Sequence[int]) -> None:
        """Update the hidden, never viewed channels of these guilds, after their channels were written."""
        unseen: dict[int, set[int]] = {guild: set() for guild in guilds}
        for guild, channel in await guild_queries.list_unseen_channels(conn, guilds):
            unseen[guild].add(channel)
        for guild, channels in unseen.items():
            self.channel_rules[guild] = replace(
                self.channel_rules.get(guild, NO_RULES), never_viewed=frozenset(channels)
            )

    def guilds_requiring_company(self, guilds: Iterable[int]) -> set[int]:
        """Those of `guilds` whose policies ever depend on occupancy."""
        if not self.timelines and not self.base.depends_on_occupancy:
            return set()
        return {guild for guild in guilds if self.timeline(guild).depends_on_occupancy}


async def of_guilds(conn: Connection, guilds: Sequence[int], policy: TrackingPolicy) -> TrackingConfig:
    """Load the config of these guilds; `policy` applies to guilds without a preset choice."""
    places: dict[int, ChannelRules] = {}
    zones: dict[int, str] = {}
    choosy: list[int] = []
    for row in await channel_rule_queries.list_channel_rules(conn, guilds):
        guild, afk, zone, ignored, covered, unseen, has_rules, unheard_since, gap_until = row
        places[guild] = ChannelRules(
            afk, frozenset(ignored), frozenset(covered), frozenset(unseen), unheard_since, gap_until
        )
        zones[guild] = zone
        if has_rules:
            choosy.append(guild)
    timelines: dict[int, PolicyTimeline] = {}
    if choosy:
        for guild, rows in groupby(await tracking_policy_queries.list_rules(conn, choosy), key=_guild):
            rules = [PolicyChange(TrackingPreset(preset), start, end) for _, preset, start, end in rows]
            timelines[guild] = PolicyTimeline.of(rules, policy)
    return TrackingConfig(PolicyTimeline(policy), places, zones, timelines)


def _guild(row: tracking_policy_queries.RuleRow) -> int:
    return row[0]
