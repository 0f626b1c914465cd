"""The first statement of every interaction: claims its id, updates the member, and loads their preferences."""

from dataclasses import dataclass
from datetime import datetime

from core.enums import Language, Visibility
from core.ids import GuildId, InteractionId, UserId
from db.connection import Connection
from db.rows import dataclass_row


@dataclass(frozen=True, slots=True)
class InteractionUser:
    """The user of an interaction, as Discord describes them."""

    user: UserId
    username: str
    global_name: str | None
    avatar_hash: str | None
    is_bot: bool
    nick: str | None  # the nickname in this guild
    member_avatar_hash: str | None  # the avatar in this guild


@dataclass(frozen=True, slots=True)
class MemberContextRow:
    """The stored data of the member behind an interaction."""

    is_first: bool  # False: this interaction was claimed before
    language: Language | None  # None: never chosen
    visibility: Visibility
    guild_zone: str
    study_minutes: int
    valid_from: list[datetime]  # start times of the member's zone rules, oldest first; the three lists are parallel
    zones: list[str]
    day_starts_min: list[int]
    seen_before: datetime | None  # the member's previous interaction; None: this is the first


async def begin_in_guild(
    conn: Connection,
    *,
    interaction: InteractionId,
    guild: GuildId,
    guild_locale: str,
    caller: InteractionUser,
    now: datetime,
) -> MemberContextRow:
    """Claim an interaction from a guild and read its member's preferences, in one round trip.

    Rows of guild, user and member are created on first contact. Names are written only when they changed, so the usual
    call writes two rows: the claim and the member's `last_seen_at`; while the member is in voice it also writes the
    interaction that restarts the unattended cap. Locks are taken in the order claim, guild, user, member. Of two
    simultaneous deliveries the second waits for the first one's transaction. Until the transaction ends its
    `application_name` is `lyceum request=…`, which operators see; setting it in this statement costs no extra round
    trip.
    """
    cursor = conn.cursor(row_factory=dataclass_row(MemberContextRow))
    await cursor.execute(
        """WITH told AS MATERIALIZED (
               SELECT set_config('application_name', 'lyceum request=' || %(interaction)s::bigint, true)
           ), claim AS (
               INSERT INTO processed_interactions (interaction_id, received_at)
               SELECT %(interaction)s::bigint, %(now)s FROM told
               ON CONFLICT ON CONSTRAINT pk_processed_interactions DO NOTHING
               RETURNING interaction_id
           ), new_guild AS (
               INSERT INTO guilds (guild_id, locale, created_at, updated_at)
               SELECT %(guild)s, %(guild_locale)s, %(now)s, %(now)s
               FROM (SELECT count(*) FROM claim) AS after_claim
               WHERE NOT EXISTS (SELECT FROM guilds WHERE guild_id = %(guild)s)
               ON CONFLICT ON CONSTRAINT pk_guilds DO NOTHING
               RETURNING timezone, study_minutes
           ), changed_user AS (
               INSERT INTO users (user_id, username, global_name, avatar_hash, is_bot, created_at, updated_at)
               SELECT %(user)s, %(username)s, %(global_name)s, %(avatar_hash)s, %(is_bot)s, %(now)s, %(now)s
               FROM (SELECT count(*) FROM new_guild) AS after_guild
               WHERE NOT EXISTS (
                   SELECT FROM users
                   WHERE user_id = %(user)s
                     AND (username, global_name, avatar_hash, is_bot)
                         IS NOT DISTINCT FROM (%(username)s, %(global_name)s, %(avatar_hash)s, %(is_bot)s)
               )
               ON CONFLICT ON CONSTRAINT pk_users DO UPDATE
               SET username = excluded.username, global_name = excluded.global_name,
                   avatar_hash = excluded.avatar_hash, is_bot = excluded.is_bot, updated_at = excluded.updated_at
               RETURNING user_id
           ), member AS (
               INSERT INTO members AS old
                   (guild_id, user_id, nick, avatar_hash, last_seen_at, created_at, updated_at)
               SELECT %(guild)s, %(user)s, %(nick)s, %(member_avatar_hash)s, %(now)s, %(now)s, %(now)s
               FROM (SELECT count(*) FROM changed_user) AS after_user
               ON CONFLICT ON CONSTRAINT pk_members DO UPDATE
               SET nick = excluded.nick, avatar_hash = excluded.avatar_hash, left_at = NULL,
                   last_seen_at = greatest(old.last_seen_at, excluded.last_seen_at),
                   updated_at = CASE
                       WHEN (old.nick, old.avatar_hash) IS NOT DISTINCT FROM (excluded.nick, excluded.avatar_hash)
                       THEN old.updated_at ELSE excluded.updated_at END
               RETURNING language, visibility
           ), activity AS (
               INSERT INTO voice_activity (guild_id, user_id, active_at)
               SELECT %(guild)s, %(user)s, date_trunc('second', %(now)s::timestamptz)
               FROM claim, (SELECT count(*) FROM member) AS after_member
               WHERE EXISTS (SELECT FROM voice_sessions
                             WHERE guild_id = %(guild)s AND user_id = %(user)s AND ended_at IS NULL)
               ON CONFLICT DO NOTHING
           ), guild AS (
               SELECT timezone, study_minutes FROM guilds WHERE guild_id = %(guild)s
               UNION ALL
               SELECT timezone, study_minutes FROM new_guild
           )
           SELECT EXISTS (SELECT FROM claim) AS is_first, member.language, member.visibility,
                  coalesce((SELECT timezone FROM guild), 'UTC') AS guild_zone,
                  coalesce((SELECT study_minutes FROM guild), 15) AS study_minutes,
                  ARRAY(SELECT valid_from FROM member_zones WHERE guild_id = %(guild)s AND user_id = %(user)s
                        ORDER BY valid_from) AS valid_from,
                  ARRAY(SELECT zone FROM member_zones WHERE guild_id = %(guild)s AND user_id = %(user)s
                        ORDER BY valid_from) AS zones,
                  ARRAY(SELECT day_start_min FROM member_zones WHERE guild_id = %(guild)s AND user_id = %(user)s
                        ORDER BY valid_from) AS day_starts_min,
                  (SELECT last_seen_at FROM members WHERE guild_id = %(guild)s AND user_id = %(user)s) AS seen_before
           FROM member""",
        {
            "interaction": interaction,
            "guild": guild,
            "guild_locale": guild_locale,
            "user": caller.user,
            "username": caller.username,
            "global_name": caller.global_name,
            "avatar_hash": caller.avatar_hash,
            "is_bot": caller.is_bot,
            "nick": caller.nick,
            "member_avatar_hash": caller.member_avatar_hash,
            "now": now,
        },
    )
    [row] = await cursor.fetchall()
    return row


async def begin_outside_guild(
    conn: Connection, *, interaction: InteractionId, caller: InteractionUser, now: datetime
) -> bool:
    """Claim an interaction from outside a guild; False: it was claimed before."""
    cursor = await conn.execute(
        """WITH told AS MATERIALIZED (
               SELECT set_config('application_name', 'lyceum request=' || %(interaction)s::bigint, true)
           ), claim AS (
               INSERT INTO processed_interactions (interaction_id, received_at)
               SELECT %(interaction)s::bigint, %(now)s FROM told
               ON CONFLICT ON CONSTRAINT pk_processed_interactions DO NOTHING
               RETURNING interaction_id
           ), changed_user AS (
               INSERT INTO users (user_id, username, global_name, avatar_hash, is_bot, created_at, updated_at)
               SELECT %(user)s, %(username)s, %(global_name)s, %(avatar_hash)s, %(is_bot)s, %(now)s, %(now)s
               FROM (SELECT count(*) FROM claim) AS after_claim
               WHERE NOT EXISTS (
                   SELECT FROM users
                   WHERE user_id = %(user)s
                     AND (username, global_name, avatar_hash, is_bot)
                         IS NOT DISTINCT FROM (%(username)s, %(global_name)s, %(avatar_hash)s, %(is_bot)s)
               )
               ON CONFLICT ON CONSTRAINT pk_users DO UPDATE
               SET username = excluded.username, global_name = excluded.global_name,
                   avatar_hash = excluded.avatar_hash, is_bot = excluded.is_bot, updated_at = excluded.updated_at
           )
           SELECT EXISTS (SELECT FROM claim)""",
        {
            "interaction": interaction,
            "user": caller.user,
            "username": caller.username,
            "global_name": caller.global_name,
            "avatar_hash": caller.avatar_hash,
            "is_bot": caller.is_bot,
            "now": now,
        },
    )
    [(is_first,)] = await cursor.fetchall()
    return is_first
