"""The enums of the product: one definition for database, bot and pages."""

from enum import StrEnum


class Language(StrEnum):
    """Supported languages; values are the names of the catalogues."""

    EN = "en"
    KO = "ko"
    ES = "es"
    ZH_TW = "zh-TW"


class Visibility(StrEnum):
    """Who may see a member's statistics: everyone in the guild, or only the member."""

    PUBLIC = "public"
    PRIVATE = "private"


class ChannelKind(StrEnum):
    """Purpose of a voice channel; time in an ignored one never counts."""

    STUDY = "study"
    PRACTICE = "practice"
    STAGE = "stage"
    IGNORED = "ignored"


class TrackingPreset(StrEnum):
    """Named tracking policies that a guild can choose."""

    SILENT_LIBRARY = "silent_library"
    SOCIAL = "social"
    STRICT = "strict"


class SessionEndReason(StrEnum):
    """Why a voice session ended."""

    LEFT = "left"
    IGNORED_CHANNEL = "ignored_channel"  # moved to the AFK channel or another ignored channel
    LOST = "lost"  # the listener was disconnected; on return the member had left, or left and rejoined
    GUILD_GONE = "guild_gone"


class DayKind(StrEnum):
    """The kind of activity that made a day active."""

    STUDY = "study"
    PRACTICE = "practice"
    DAILY = "daily"


class DayStatus(StrEnum):
    """Status of a member's day."""

    ACTIVE = "active"  # the threshold is met; also used for today
    BELOW_THRESHOLD = "under"  # some time, less than the threshold
    PROTECTED = "protected"  # no activity, but the streak continues
    MISSED = "missed"
    TODAY_OPEN = "today_open"  # today, threshold not met yet
    FUTURE = "future"
    NOT_A_MEMBER = "before"  # before the member was first recorded in this guild


class ProtectionKind(StrEnum):
    """What protects a streak on a date without activity."""

    FREEZE = "freeze"
    VACATION = "vacation"
    TRAVEL = "travel"
    GRANT = "grant"
    REPAIR = "repair"


class WebhookEventKind(StrEnum):
    """Types of Discord's webhook events that are stored; Discord writes the names in capitals."""

    APPLICATION_AUTHORIZED = "application_authorized"
    APPLICATION_DEAUTHORIZED = "application_deauthorized"
    ENTITLEMENT_CREATE = "entitlement_create"
    ENTITLEMENT_UPDATE = "entitlement_update"
    ENTITLEMENT_DELETE = "entitlement_delete"


class LeaderboardMetric(StrEnum):
    """The value that a leaderboard ranks by."""

    FOCUS = "focus"
    XP = "xp"
    STREAK = "streak"


class LeaderboardPeriod(StrEnum):
    """Period of a leaderboard, in the guild's days; weeks start on Monday."""

    TODAY = "today"
    WEEK = "week"
    MONTH = "month"
    ALL = "all"


class EffectStatus(StrEnum):
    """Delivery status of an outbox effect."""

    PENDING = "pending"
    DONE = "done"
    FAILED = "failed"  # can no longer be delivered and needs no action: the member left, for example
    NEEDS_ATTENTION = "needs_attention"  # an operator must check it: `lyceum outbox list`
