"""Generates additional small guilds, spread evenly over shards, for tests of an app in several guilds."""

from dataclasses import replace
from typing import Final

from core.ids import ChannelId, GuildId, RoleId
from playground.state.fixtures import COMMUNITY, VOICE, Community

_PEOPLE: Final = 6


def annex(number: int) -> Community:
    """The additional guild with this number, from 1; ids are one millisecond apart, so that they spread over shards.

    Its members are users of the first guild.
    """
    shift = number << 22
    voice = [room for room in COMMUNITY.rooms if room.type == VOICE]
    text = COMMUNITY.room("study-log")
    rooms = tuple(replace(room, channel=ChannelId(room.channel + shift), parent=None) for room in (text, *voice))
    ranks = tuple(replace(rank, role=RoleId(rank.role + shift)) for rank in COMMUNITY.ranks)
    return replace(
        COMMUNITY,
        guild=GuildId(COMMUNITY.guild + shift),
        name=f"Annex {number}",
        afk_channel=ChannelId(COMMUNITY.afk_channel + shift),
        rooms=rooms,
        ranks=ranks,
        members=COMMUNITY.members[:_PEOPLE],
        banned=(),
    )
