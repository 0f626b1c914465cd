"""The tables as SQLModel classes: the one description of the schema."""

from typing import Final

from sqlalchemy import MetaData

from db.models.base import Model
from db.models.gateway import GatewayListener, GatewayStart
from db.models.guilds import Channel, Guild
from db.models.interactions import GatewaySession, SeenInteraction
from db.models.jobs import OutboxEntry
from db.models.members import Member, MemberZone, Protection, User
from db.models.streaks.freezes import Freeze, FreezeSwitch, MissedDay, StreakAct
from db.models.voice.daily_totals import BoardMark, DailyStreak, GuildDay, GuildSpan, Streak
from db.models.voice.sessions import (
    VoiceActivity,
    VoiceAdjustment,
    VoiceAdjustmentDay,
    VoiceGap,
    VoiceSegment,
    VoiceSession,
)
from db.models.voice.tracking_policies import PolicyRule, Recount
from db.models.webhook_events import Authorization, Entitlement, WebhookEvent

METADATA: Final[MetaData] = Model.metadata
TABLES: Final[tuple[type[Model], ...]] = (
    Guild,
    Channel,
    User,
    Member,
    MemberZone,
    Protection,
    VoiceSession,
    VoiceSegment,
    VoiceActivity,
    VoiceAdjustment,
    VoiceAdjustmentDay,
    VoiceGap,
    PolicyRule,
    Recount,
    DailyStreak,
    GuildDay,
    GuildSpan,
    Streak,
    Freeze,
    FreezeSwitch,
    MissedDay,
    StreakAct,
    BoardMark,
    SeenInteraction,
    GatewaySession,
    GatewayListener,
    GatewayStart,
    WebhookEvent,
    Authorization,
    Entitlement,
    OutboxEntry,
)

__all__ = [
    "METADATA",
    "TABLES",
    "Authorization",
    "BoardMark",
    "Channel",
    "DailyStreak",
    "Entitlement",
    "Freeze",
    "FreezeSwitch",
    "GatewayListener",
    "GatewaySession",
    "GatewayStart",
    "Guild",
    "GuildDay",
    "GuildSpan",
    "Member",
    "MemberZone",
    "MissedDay",
    "Model",
    "OutboxEntry",
    "PolicyRule",
    "Protection",
    "Recount",
    "SeenInteraction",
    "Streak",
    "StreakAct",
    "User",
    "VoiceActivity",
    "VoiceAdjustment",
    "VoiceAdjustmentDay",
    "VoiceGap",
    "VoiceSegment",
    "VoiceSession",
    "WebhookEvent",
]
