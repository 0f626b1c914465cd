"""Query for what decides which channels of a guild are tracked."""

from collections.abc import Sequence

from db.connection import Connection
from db.queries.arrays import numbers

# guild, AFK channel, zone, ignored channels and categories, channels in those, hidden channels never viewed, whether
# it ever chose a preset, since when it awaits a snapshot, end of its last gap
ChannelRulesRow = tuple[int, int | None, str, list[int], list[int], list[int], bool, int | None, int | None]


async def list_channel_rules(conn: Connection, guilds: Sequence[int]) -> list[ChannelRulesRow]:
    """Per known guild: what decides whether a channel is tracked, the zone, and whether it has policy changes."""
    cursor = await conn.execute(
        """SELECT g.guild_id, g.afk_channel_id, g.timezone,
                  ARRAY(SELECT c.channel_id FROM channels c WHERE c.guild_id = g.guild_id AND c.kind = 'ignored'),
                  ARRAY(SELECT c.channel_id FROM channels p JOIN channels c USING (guild_id)
                        WHERE p.guild_id = g.guild_id AND p.kind = 'ignored' AND c.parent_id = p.channel_id),
                  ARRAY(SELECT c.channel_id FROM channels c
                        WHERE c.guild_id = g.guild_id AND c.is_hidden AND c.name = '' AND c.updated_by IS NULL),
                  EXISTS (SELECT FROM tracking_policies r WHERE r.guild_id = g.guild_id),
                  extract(epoch FROM g.unheard_from)::bigint,
                  (SELECT extract(epoch FROM max(v.ended_at))::bigint FROM voice_gaps v WHERE v.guild_id = g.guild_id)
           FROM guilds g WHERE g.guild_id = ANY (%(guilds)s::bigint[])""",
        {"guilds": numbers(guilds)},
    )
    return await cursor.fetchall()
