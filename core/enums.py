"""The enums of the product: one definition for database, bot and pages."""

from enum import StrEnum


class Language(StrEnum):
    """The languages that Lyceum speaks; values are the names of the catalogues."""

    EN = "en"
    KO = "ko"
    ES = "es"
    ZH_TW = "zh-TW"


class Visibility(StrEnum):
    """Who may see a member's numbers: everyone in the guild, or the member alone."""

    PUBLIC = "public"
    PRIVATE = "private"


class ChannelKind(StrEnum):
    """What a voice channel is for; time in an ignored one never counts."""

    STUDY = "study"
    PRACTICE = "practice"
    STAGE = "stage"
    IGNORED = "ignored"


class TrackingPreset(StrEnum):
    """The rules a guild may choose to count voice time by."""

    SILENT_LIBRARY = "silent_library"
    SOCIAL = "social"
    STRICT = "strict"


class SessionEndReason(StrEnum):
    """Why a voice session ended."""

    LEFT = "left"
    IGNORED_CHANNEL = "ignored_channel"  # moved to the AFK channel or another that never counts
    LOST = "lost"  # the listener was away and found the member gone, or gone and back
    GUILD_GONE = "guild_gone"


class DayKind(StrEnum):
    """What made a day active."""

    STUDY = "study"
    PRACTICE = "practice"
    DAILY = "daily"


class DayStatus(StrEnum):
    """What became of a day."""

    ACTIVE = "active"  # the threshold was met; today too, once it is
    BELOW_THRESHOLD = "under"  # some time, less than the threshold
    PROTECTED = "protected"  # no activity, but the run goes on
    MISSED = "missed"
    TODAY_OPEN = "today_open"  # today, threshold not met yet
    FUTURE = "future"
    NOT_A_MEMBER = "before"  # before the member was first seen here


class ProtectionKind(StrEnum):
    """What keeps a run of days alive over a date without activity."""

    FREEZE = "freeze"
    VACATION = "vacation"
    TRAVEL = "travel"
    GRANT = "grant"
    REPAIR = "repair"


class WebhookEventKind(StrEnum):
    """What Discord tells by webhook event; Discord writes the names in capitals."""

    APPLICATION_AUTHORIZED = "application_authorized"
    APPLICATION_DEAUTHORIZED = "application_deauthorized"
    ENTITLEMENT_CREATE = "entitlement_create"
    ENTITLEMENT_UPDATE = "entitlement_update"
    ENTITLEMENT_DELETE = "entitlement_delete"


class LeaderboardMetric(StrEnum):
    """What a leaderboard ranks by."""

    FOCUS = "focus"
    XP = "xp"
    STREAK = "streak"


class LeaderboardPeriod(StrEnum):
    """The span of a leaderboard, in the guild's days; weeks start on Monday."""

    TODAY = "today"
    WEEK = "week"
    MONTH = "month"
    ALL = "all"


class EffectStatus(StrEnum):
    """How far something that must happen at Discord has come."""

    PENDING = "pending"
    DONE = "done"
    FAILED = "failed"  # it cannot happen any more, and nobody has to do anything about it: the person left, for example
    NEEDS_ATTENTION = "needs_attention"  # a person has to look: `lyceum outbox list`
