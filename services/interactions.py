"""Starts handling an interaction: claims its id and loads the member's preferences."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from core.enums import Language, Visibility
from core.ids import GuildId, InteractionId
from db.connection import Connection
from db.queries.interactions import context as interaction_context_queries
from db.queries.interactions.context import InteractionUser
from services.calendar.days import BEGINNING, ZoneRule
from services.members.names import strip_nul, strip_nul_or_none
from services.members.person import Person

_SETTLED_AFTER = timedelta(seconds=10)  # twice the maximum lag of a replica
_UTC_RULES = (ZoneRule(BEGINNING, "UTC"),)


@dataclass(frozen=True, slots=True)
class MemberContext:
    """Stored data of the member or user behind an interaction."""

    is_first: bool  # False: this interaction was delivered before, and is being or has been answered
    language: Language | None = None  # None: never chosen; use Discord's locale
    visibility: Visibility = Visibility.PUBLIC
    zone_rules: tuple[ZoneRule, ...] = _UTC_RULES  # oldest first, never empty: without own rules, the guild's zone
    guild_zone: str = "UTC"
    study_minutes: int = 15
    seen_before: datetime | None = None  # the user's previous interaction in this guild; None: never, or no guild

    def zone_rule(self, now: datetime) -> ZoneRule:
        """The zone rule in effect at a time."""
        return [rule for rule in self.zone_rules if rule.valid_from <= now][-1]

    def is_settled(self, now: datetime) -> bool:
        """Whether the member's last changes are old enough to be on every replica."""
        return self.seen_before is not None and now - self.seen_before >= _SETTLED_AFTER


async def begin(
    conn: Connection,
    *,
    interaction: InteractionId,
    guild: GuildId | None,
    guild_locale: str | None,
    person: Person,
    now: datetime,
) -> MemberContext:
    """Claim an interaction and load the preferences of its user, in one statement.

    `guild` is None in a direct message, where nothing is stored except the user's names; `guild_locale` is stored when
    this is the first contact with the guild.
    """
    caller = InteractionUser(
        user=person.user,
        username=strip_nul(person.username),
        global_name=strip_nul_or_none(person.global_name),
        avatar_hash=person.avatar_hash,
        is_bot=person.is_bot,
        nick=strip_nul_or_none(person.nick),
        member_avatar_hash=person.member_avatar_hash,
    )
    if guild is None:
        return MemberContext(
            await interaction_context_queries.begin_outside_guild(conn, interaction=interaction, caller=caller, now=now)
        )
    found = await interaction_context_queries.begin_in_guild(
        conn, interaction=interaction, guild=guild, guild_locale=guild_locale or "en-US", caller=caller, now=now
    )
    stored = zip(found.valid_from, found.zones, found.day_starts_min, strict=True)
    return MemberContext(
        found.is_first,
        found.language,
        found.visibility,
        zone_rules(
            [ZoneRule(valid_from, zone, timedelta(minutes=start)) for valid_from, zone, start in stored],
            guild_zone=found.guild_zone,
        ),
        found.guild_zone,
        found.study_minutes,
        found.seen_before,
    )


def zone_rules(own: list[ZoneRule], *, guild_zone: str) -> tuple[ZoneRule, ...]:
    """A member's complete zone history: the guild's zone until their first own rule."""
    return (ZoneRule(BEGINNING, guild_zone), *own)
