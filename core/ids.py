"""Discord ids (snowflakes) as distinct types, and conversion between ids and times."""

from datetime import UTC, datetime, timedelta
from typing import Final, NewType

UserId = NewType("UserId", int)
GuildId = NewType("GuildId", int)
ChannelId = NewType("ChannelId", int)
RoleId = NewType("RoleId", int)
MessageId = NewType("MessageId", int)
AttachmentId = NewType("AttachmentId", int)
InteractionId = NewType("InteractionId", int)
ApplicationId = NewType("ApplicationId", int)
CommandId = NewType("CommandId", int)
SkuId = NewType("SkuId", int)
EntitlementId = NewType("EntitlementId", int)

DISCORD_EPOCH_MS: Final = 1_420_070_400_000  # 2015-01-01T00:00Z; discord.com/developers/docs/reference#snowflakes
SNOWFLAKE_MAX: Final = (1 << 63) - 1  # what a bigint holds; Discord's own ids have 64 bits and exceed this from 2084
SNOWFLAKE_MIN: Final = 1 << 22  # one millisecond after the epoch; lower values are never Discord ids

_UNIX_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND: Final = timedelta(milliseconds=1)


def snowflake_time(snowflake: int) -> datetime:
    """The time at which Discord created this id, aware UTC, to the millisecond."""
    return _UNIX_EPOCH + ((snowflake >> 22) + DISCORD_EPOCH_MS) * _MILLISECOND


def snowflake_at(moment: datetime, *, increment: int = 0) -> int:
    """An id with the creation time `moment`; `increment` (22 bits) distinguishes ids of the same millisecond."""
    return (((moment - _UNIX_EPOCH) // _MILLISECOND - DISCORD_EPOCH_MS) << 22) | increment
