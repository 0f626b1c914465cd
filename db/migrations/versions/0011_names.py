"""Names: tables, columns, constraints and types take the words that the code and the documentation use.

The one migration that renames: code of the version before it does not run on the schema after it, so that all processes
are stopped for it. See docs/decisions/0034.
"""

from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

TABLES = (
    ("guild_days", "guild_member_days"),
    ("guild_spans", "period_totals"),
    ("seen_interactions", "processed_interactions"),
    ("gateway_starts", "gateway_identify_slots"),
    ("recounts", "recalculation_queue"),
    ("freeze_switches", "freeze_settings_history"),
    ("board_marks", "leaderboard_checkpoints"),
    ("policy_rules", "tracking_policies"),
)
COLUMNS = (
    ("voice_sessions", "settled_until", "credited_until"),
    ("voice_sessions", "counted_s", "counted_seconds"),
    ("voice_sessions", "estimated_s", "estimated_seconds"),
    ("gateway_sessions", "seen_at", "heartbeat_at"),
    ("gateway_listeners", "beat_at", "heartbeat_at"),
    ("gateway_listeners", "wish", "shard_selection"),
    ("gateway_identify_slots", "free_at", "available_at"),
    ("missed_days", "worked_at", "processed_at"),
    ("missed_days", "asked_at", "requested_at"),
    ("missed_days", "run_days", "streak_days"),
    ("streaks", "run_days", "current_days"),
    ("recalculation_queue", "recount_id", "entry_id"),
    ("tracking_policies", "rule_id", "policy_id"),
    ("leaderboard_checkpoints", "shown_before", "visible_before"),
)
CONSTRAINTS = (
    ("leaderboard_checkpoints", "ck_board_marks_board", "ck_leaderboard_checkpoints_board"),
    ("leaderboard_checkpoints", "ck_board_marks_guild_id_snowflake", "ck_leaderboard_checkpoints_guild_id_snowflake"),
    ("leaderboard_checkpoints", "ck_board_marks_shown_before", "ck_leaderboard_checkpoints_visible_before"),
    ("leaderboard_checkpoints", "ck_board_marks_user_id_snowflake", "ck_leaderboard_checkpoints_user_id_snowflake"),
    ("leaderboard_checkpoints", "fk_board_marks_guild", "fk_leaderboard_checkpoints_guild"),
    ("leaderboard_checkpoints", "pk_board_marks", "pk_leaderboard_checkpoints"),
    ("freeze_settings_history", "ck_freeze_switches_guild_id_snowflake", "ck_freeze_settings_history_guild_id_snowflake"),
    ("freeze_settings_history", "ck_freeze_switches_user_id_snowflake", "ck_freeze_settings_history_user_id_snowflake"),
    ("freeze_settings_history", "fk_freeze_switches_member", "fk_freeze_settings_history_member"),
    ("freeze_settings_history", "pk_freeze_switches", "pk_freeze_settings_history"),
    ("gateway_identify_slots", "ck_gateway_starts_bucket", "ck_gateway_identify_slots_bucket"),
    ("gateway_identify_slots", "pk_gateway_starts", "pk_gateway_identify_slots"),
    ("guild_member_days", "ck_guild_days_estimated_seconds", "ck_guild_member_days_estimated_seconds"),
    ("guild_member_days", "ck_guild_days_guild_id_snowflake", "ck_guild_member_days_guild_id_snowflake"),
    ("guild_member_days", "ck_guild_days_seconds", "ck_guild_member_days_seconds"),
    ("guild_member_days", "ck_guild_days_user_id_snowflake", "ck_guild_member_days_user_id_snowflake"),
    ("guild_member_days", "fk_guild_days_member", "fk_guild_member_days_member"),
    ("guild_member_days", "pk_guild_days", "pk_guild_member_days"),
    ("period_totals", "ck_guild_spans_guild_id_snowflake", "ck_period_totals_guild_id_snowflake"),
    ("period_totals", "ck_guild_spans_period", "ck_period_totals_period"),
    ("period_totals", "ck_guild_spans_seconds", "ck_period_totals_seconds"),
    ("period_totals", "ck_guild_spans_user_id_snowflake", "ck_period_totals_user_id_snowflake"),
    ("period_totals", "fk_guild_spans_member", "fk_period_totals_member"),
    ("period_totals", "pk_guild_spans", "pk_period_totals"),
    ("missed_days", "ck_missed_days_run_days", "ck_missed_days_streak_days"),
    ("tracking_policies", "ck_policy_rules_guild_id_snowflake", "ck_tracking_policies_guild_id_snowflake"),
    ("tracking_policies", "ck_policy_rules_set_by_snowflake", "ck_tracking_policies_set_by_snowflake"),
    ("tracking_policies", "ck_policy_rules_valid_until", "ck_tracking_policies_valid_until"),
    ("tracking_policies", "fk_policy_rules_guild", "fk_tracking_policies_guild"),
    ("tracking_policies", "pk_policy_rules", "pk_tracking_policies"),
    ("recalculation_queue", "ck_recounts_guild_id_snowflake", "ck_recalculation_queue_guild_id_snowflake"),
    ("recalculation_queue", "ck_recounts_user_id_snowflake", "ck_recalculation_queue_user_id_snowflake"),
    ("recalculation_queue", "fk_recounts_member", "fk_recalculation_queue_member"),
    ("recalculation_queue", "pk_recounts", "pk_recalculation_queue"),
    ("processed_interactions", "ck_seen_interactions_interaction_id_snowflake", "ck_processed_interactions_interaction_id_snowflake"),
    ("processed_interactions", "pk_seen_interactions", "pk_processed_interactions"),
    ("streaks", "ck_streaks_run_days", "ck_streaks_current_days"),
    ("voice_sessions", "ck_voice_sessions_counted_s", "ck_voice_sessions_counted_seconds"),
    ("voice_sessions", "ck_voice_sessions_estimated_s", "ck_voice_sessions_estimated_seconds"),
    ("voice_sessions", "ck_voice_sessions_settled_until", "ck_voice_sessions_credited_until"),
)
INDEXES = (
    ("idx_guild_days_board", "idx_guild_member_days_board"),
    ("idx_guild_spans_board", "idx_period_totals_board"),
    ("idx_seen_interactions_received", "idx_processed_interactions_received"),
)
SEQUENCES = (
    ("policy_rules_rule_id_seq", "tracking_policies_policy_id_seq"),
    ("recounts_recount_id_seq", "recalculation_queue_entry_id_seq"),
)
TYPES = (
    ("board", "leaderboard_metric"),
    ("period", "leaderboard_period"),
    ("preset", "tracking_preset"),
)


def upgrade() -> None:
    for old, new in TABLES:
        op.execute(f"ALTER TABLE {old} RENAME TO {new}")
    for table, old, new in COLUMNS:
        op.execute(f"ALTER TABLE {table} RENAME COLUMN {old} TO {new}")
    for table, old, new in CONSTRAINTS:
        op.execute(f"ALTER TABLE {table} RENAME CONSTRAINT {old} TO {new}")
    for old, new in INDEXES:
        op.execute(f"ALTER INDEX {old} RENAME TO {new}")
    for old, new in SEQUENCES:
        op.execute(f"ALTER SEQUENCE {old} RENAME TO {new}")
    for old, new in TYPES:
        op.execute(f"ALTER TYPE {old} RENAME TO {new}")


def downgrade() -> None:
    for old, new in TYPES:
        op.execute(f"ALTER TYPE {new} RENAME TO {old}")
    for old, new in SEQUENCES:
        op.execute(f"ALTER SEQUENCE {new} RENAME TO {old}")
    for old, new in INDEXES:
        op.execute(f"ALTER INDEX {new} RENAME TO {old}")
    for table, old, new in CONSTRAINTS:
        op.execute(f"ALTER TABLE {table} RENAME CONSTRAINT {new} TO {old}")
    for table, old, new in COLUMNS:
        op.execute(f"ALTER TABLE {table} RENAME COLUMN {new} TO {old}")
    for old, new in TABLES:
        op.execute(f"ALTER TABLE {new} RENAME TO {old}")
