"""PostgreSQL enum types, built from the enums in `core.enums`."""

from core.enums import (
    ChannelKind,
    DayKind,
    EffectStatus,
    Language,
    LeaderboardMetric,
    LeaderboardPeriod,
    ProtectionKind,
    SessionEndReason,
    TrackingPreset,
    Visibility,
    WebhookEventKind,
)
from db.models.base import pg_enum

LANGUAGE = pg_enum(Language, "language")
VISIBILITY = pg_enum(Visibility, "visibility")
CHANNEL_KIND = pg_enum(ChannelKind, "channel_kind")
CLOSE_REASON = pg_enum(SessionEndReason, "close_reason")
DAY_KIND = pg_enum(DayKind, "day_kind")
EFFECT_STATUS = pg_enum(EffectStatus, "effect_status")
PROTECTION_KIND = pg_enum(ProtectionKind, "protection_kind")
WEBHOOK_EVENT_KIND = pg_enum(WebhookEventKind, "webhook_event_kind")
BOARD = pg_enum(LeaderboardMetric, "leaderboard_metric")
PERIOD = pg_enum(LeaderboardPeriod, "leaderboard_period")
PRESET = pg_enum(TrackingPreset, "tracking_preset")
