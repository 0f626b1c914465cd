"""All tables as SQLModel classes: the single source of the schema."""

from typing import Final

from sqlalchemy import MetaData

from db.models.base import Model
from db.models.gateway import GatewayIdentifySlot, GatewayListener, GatewaySession
from db.models.guilds import Channel, Guild
from db.models.installations import Authorization
from db.models.interactions import ProcessedInteraction
from db.models.jobs import OutboxEntry
from db.models.leaderboards import LeaderboardCheckpoint
from db.models.members import Member, User
from db.models.premium import Entitlement
from db.models.streaks.daily_streaks import DailyStreak
from db.models.streaks.freezes import Freeze, FreezeSettingChange, MissedDay
from db.models.streaks.grants import StreakAct
from db.models.streaks.protections import Protection
from db.models.streaks.streak import Streak
from db.models.timezones import MemberZone
from db.models.voice.activity import VoiceActivity
from db.models.voice.corrections import VoiceAdjustment, VoiceAdjustmentDay
from db.models.voice.daily_totals import GuildMemberDay, PeriodTotal
from db.models.voice.gaps import VoiceGap
from db.models.voice.recalculation_queue import RecalculationQueueEntry
from db.models.voice.sessions import VoiceSegment, VoiceSession
from db.models.voice.tracking_policies import TrackingPolicyChange
from db.models.webhook_events import WebhookEvent

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
    TrackingPolicyChange,
    RecalculationQueueEntry,
    DailyStreak,
    GuildMemberDay,
    PeriodTotal,
    Streak,
    Freeze,
    FreezeSettingChange,
    MissedDay,
    StreakAct,
    LeaderboardCheckpoint,
    ProcessedInteraction,
    GatewaySession,
    GatewayListener,
    GatewayIdentifySlot,
    WebhookEvent,
    Authorization,
    Entitlement,
    OutboxEntry,
)

__all__ = [
    "METADATA",
    "TABLES",
    "Authorization",
    "Channel",
    "DailyStreak",
    "Entitlement",
    "Freeze",
    "FreezeSettingChange",
    "GatewayIdentifySlot",
    "GatewayListener",
    "GatewaySession",
    "Guild",
    "GuildMemberDay",
    "LeaderboardCheckpoint",
    "Member",
    "MemberZone",
    "MissedDay",
    "Model",
    "OutboxEntry",
    "PeriodTotal",
    "ProcessedInteraction",
    "Protection",
    "RecalculationQueueEntry",
    "Streak",
    "StreakAct",
    "TrackingPolicyChange",
    "User",
    "VoiceActivity",
    "VoiceAdjustment",
    "VoiceAdjustmentDay",
    "VoiceGap",
    "VoiceSegment",
    "VoiceSession",
    "WebhookEvent",
]
