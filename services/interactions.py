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

_SETTLED_AFTER = timedelta(seconds=10)  # twice what a replica may be behind
_UTC_RULES = (ZoneRule(BEGINNING, "UTC"),)


@dataclass(frozen=True, slots=True)
class MemberContext:
    """What is known of the person behind an interaction before anything is done for them."""

    is_first: bool  # False: this interaction was delivered before, and is being or has been answered
    language: Language | None = None  # None: never chosen; go by Discord's locale
    visibility: Visibility = Visibility.PUBLIC
    zone_rules: tuple[ZoneRule, ...] = _UTC_RULES  # oldest first, never empty: without own rules, the guild's zone
    guild_zone: str = "UTC"
    study_minutes: int = 15
    seen_before: datetime | None = None  # when the person last used Lyceum in this guild; None: never, or no guild

    def zone_rule(self, now: datetime) -> ZoneRule:
        """What the person lives by at a moment."""
        return [rule for rule in self.zone_rules if rule.valid_from <= now][-1]

    def is_settled(self, now: datetime) -> bool:
        """Whether all that the person did here is so long ago that every copy of the database knows of it."""
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
    """Claim an interaction and learn what its person prefers, in one statement.

    `guild` is None in a direct message, where nothing is stored about anybody but their name; `guild_locale` is kept
    when this is the first that is heard of the guild.
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
    """A member's whole history: the guild's zone until the first rule of their own."""
    return (ZoneRule(BEGINNING, guild_zone), *own)
