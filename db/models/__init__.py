"""The tables as SQLModel classes: the one description of the schema."""

from typing import Final

from sqlalchemy import MetaData

from db.models.base import Model
from db.models.gateway import GatewayListener, GatewaySession, GatewayStart
from db.models.guilds import Channel, Guild
from db.models.installations import Authorization
from db.models.interactions import SeenInteraction
from db.models.jobs import OutboxEntry
from db.models.leaderboards import BoardMark
from db.models.members import Member, User
from db.models.premium import Entitlement
from db.models.streaks.daily_streaks import DailyStreak
from db.models.streaks.freezes import Freeze, FreezeSwitch, MissedDay
from db.models.streaks.grants import StreakAct
from db.models.streaks.protections import Protection
from db.models.streaks.streak import Streak
from db.models.timezones import MemberZone
from db.models.voice.activity import VoiceActivity
from db.models.voice.corrections import VoiceAdjustment, VoiceAdjustmentDay
from db.models.voice.daily_totals import GuildDay, GuildSpan
from db.models.voice.gaps import VoiceGap
from db.models.voice.recalculation_queue import Recount
from db.models.voice.sessions import VoiceSegment, VoiceSession
from db.models.voice.tracking_policies import PolicyRule
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
