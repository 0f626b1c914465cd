"""First light: guilds, members, voice, days, streaks and what Discord has delivered."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    sa.Enum("left", "ignored_channel", "lost", "guild_gone", name="close_reason").create(op.get_bind())
    sa.Enum("freeze", "vacation", "travel", "grant", "repair", name="protection_kind").create(op.get_bind())
    sa.Enum("public", "private", name="visibility").create(op.get_bind())
    sa.Enum("en", "ko", "es", "zh-TW", name="language").create(op.get_bind())
    sa.Enum("study", "practice", "stage", "ignored", name="channel_kind").create(op.get_bind())
    sa.Enum("study", "practice", "daily", name="day_kind").create(op.get_bind())
    op.create_table(
        "gateway_sessions",
        sa.Column("shard_id", sa.Integer(), nullable=False),
        sa.Column("shard_count", sa.Integer(), nullable=False),
        sa.Column("session_id", sa.Text(), nullable=True),
        sa.Column("resume_url", sa.Text(), nullable=True),
        sa.Column("seq", sa.BigInteger(), nullable=True),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("shard_id BETWEEN 0 AND shard_count - 1", name="ck_gateway_sessions_shard_id"),
        sa.PrimaryKeyConstraint("shard_id", "shard_count", name="pk_gateway_sessions"),
    )
    op.create_table(
        "guilds",
        sa.Column("guild_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("name", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("owner_id", sa.BigInteger(), nullable=True),
        sa.Column("icon_hash", sa.Text(), nullable=True),
        sa.Column("locale", sa.Text(), server_default=sa.text("'en-US'"), nullable=False),
        sa.Column("timezone", sa.Text(), server_default=sa.text("'UTC'"), nullable=False),
        sa.Column("afk_channel_id", sa.BigInteger(), nullable=True),
        sa.Column("study_minutes", sa.SmallInteger(), server_default=sa.text("15"), nullable=False),
        sa.Column("is_active", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("afk_channel_id >= 4194304", name="ck_guilds_afk_channel_id_snowflake"),
        sa.CheckConstraint("guild_id >= 4194304", name="ck_guilds_guild_id_snowflake"),
        sa.CheckConstraint("owner_id >= 4194304", name="ck_guilds_owner_id_snowflake"),
        sa.CheckConstraint("study_minutes BETWEEN 1 AND 240", name="ck_guilds_study_minutes"),
        sa.PrimaryKeyConstraint("guild_id", name="pk_guilds"),
    )
    op.create_table(
        "seen_interactions",
        sa.Column("interaction_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("interaction_id >= 4194304", name="ck_seen_interactions_interaction_id_snowflake"),
        sa.PrimaryKeyConstraint("interaction_id", name="pk_seen_interactions"),
    )
    op.create_index("idx_seen_interactions_received", "seen_interactions", ["received_at"], unique=False)
    op.create_table(
        "users",
        sa.Column("user_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("username", sa.Text(), nullable=False),
        sa.Column("global_name", sa.Text(), nullable=True),
        sa.Column("avatar_hash", sa.Text(), nullable=True),
        sa.Column("is_bot", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("user_id >= 4194304", name="ck_users_user_id_snowflake"),
        sa.PrimaryKeyConstraint("user_id", name="pk_users"),
    )
    op.create_index("idx_users_bots", "users", ["user_id"], unique=False, postgresql_where=sa.text("is_bot"))
    op.create_table(
        "channels",
        sa.Column("guild_id", sa.BigInteger(), nullable=False),
        sa.Column("channel_id", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("parent_id", sa.BigInteger(), nullable=True),
        sa.Column("type", sa.SmallInteger(), server_default=sa.text("2"), nullable=False),
        sa.Column(
            "kind",
            postgresql.ENUM("study", "practice", "stage", "ignored", name="channel_kind", create_type=False),
            server_default=sa.text("'study'"),
            nullable=False,
        ),
        sa.Column("created_by", sa.BigInteger(), nullable=True),
        sa.Column("updated_by", sa.BigInteger(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("channel_id >= 4194304", name="ck_channels_channel_id_snowflake"),
        sa.CheckConstraint("created_by >= 4194304", name="ck_channels_created_by_snowflake"),
        sa.CheckConstraint("guild_id >= 4194304", name="ck_channels_guild_id_snowflake"),
        sa.CheckConstraint("parent_id >= 4194304", name="ck_channels_parent_id_snowflake"),
        sa.CheckConstraint("updated_by >= 4194304", name="ck_channels_updated_by_snowflake"),
        sa.ForeignKeyConstraint(["guild_id"], ["guilds.guild_id"], name="fk_channels_guild", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("guild_id", "channel_id", name="pk_channels"),
    )
    op.create_table(
        "members",
        sa.Column("guild_id", sa.BigInteger(), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("nick", sa.Text(), nullable=True),
        sa.Column("avatar_hash", sa.Text(), nullable=True),
        sa.Column(
            "language", postgresql.ENUM("en", "ko", "es", "zh-TW", name="language", create_type=False), nullable=True
        ),
        sa.Column(
            "visibility",
            postgresql.ENUM("public", "private", name="visibility", create_type=False),
            server_default=sa.text("'public'"),
            nullable=False,
        ),
        sa.Column("total_seconds", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("last_seen_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("left_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("guild_id >= 4194304", name="ck_members_guild_id_snowflake"),
        sa.CheckConstraint("total_seconds >= 0", name="ck_members_total_seconds"),
        sa.CheckConstraint("user_id >= 4194304", name="ck_members_user_id_snowflake"),
        sa.ForeignKeyConstraint(["guild_id"], ["guilds.guild_id"], name="fk_members_guild", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("guild_id", "user_id", name="pk_members"),
    )
    op.create_index(
        "idx_members_board",
        "members",
        ["guild_id", sa.literal_column("total_seconds DESC"), "user_id"],
        unique=False,
        postgresql_where=sa.text("visibility = 'public' AND left_at IS NULL"),
    )
    op.create_index("idx_members_user", "members", ["user_id"], unique=False)
    op.create_index("idx_users_guild", "members", ["guild_id"], unique=False)
    op.create_table(
        "daily_streaks",
        sa.Column("guild_id", sa.BigInteger(), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column(
            "kind", postgresql.ENUM("study", "practice", "daily", name="day_kind", create_type=False), nullable=False
        ),
        sa.Column("streak_date", sa.Date(), nullable=False),
        sa.Column("seconds", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("zone", sa.Text(), nullable=False),
        sa.CheckConstraint("guild_id >= 4194304", name="ck_daily_streaks_guild_id_snowflake"),
        sa.CheckConstraint("seconds >= 0", name="ck_daily_streaks_seconds"),
        sa.CheckConstraint("user_id >= 4194304", name="ck_daily_streaks_user_id_snowflake"),
        sa.ForeignKeyConstraint(
            ["guild_id", "user_id"],
            ["members.guild_id", "members.user_id"],
            name="fk_daily_streaks_member",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("guild_id", "user_id", "kind", "streak_date", name="pk_daily_streaks"),
    )
    op.create_index("idx_streaks_user_guild", "daily_streaks", ["user_id", "guild_id"], unique=False)
    op.create_table(
        "guild_days",
        sa.Column("guild_id", sa.BigInteger(), nullable=False),
        sa.Column("local_on", sa.Date(), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("seconds", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.CheckConstraint("guild_id >= 4194304", name="ck_guild_days_guild_id_snowflake"),
        sa.CheckConstraint("seconds >= 0", name="ck_guild_days_seconds"),
        sa.CheckConstraint("user_id >= 4194304", name="ck_guild_days_user_id_snowflake"),
        sa.ForeignKeyConstraint(
            ["guild_id", "user_id"],
            ["members.guild_id", "members.user_id"],
            name="fk_guild_days_member",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("guild_id", "local_on", "user_id", name="pk_guild_days"),
    )
    op.create_table(
        "member_zones",
        sa.Column("guild_id", sa.BigInteger(), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("valid_from", sa.DateTime(timezone=True), nullable=False),
        sa.Column("zone", sa.Text(), nullable=False),
        sa.Column("day_start_min", sa.SmallInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("day_start_min BETWEEN 0 AND 360", name="ck_member_zones_day_start_min"),
        sa.CheckConstraint("guild_id >= 4194304", name="ck_member_zones_guild_id_snowflake"),
        sa.CheckConstraint("user_id >= 4194304", name="ck_member_zones_user_id_snowflake"),
        sa.ForeignKeyConstraint(
            ["guild_id", "user_id"],
            ["members.guild_id", "members.user_id"],
            name="fk_member_zones_member",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("guild_id", "user_id", "valid_from", name="pk_member_zones"),
    )
    op.create_table(
        "protections",
        sa.Column("guild_id", sa.BigInteger(), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("protected_on", sa.Date(), nullable=False),
        sa.Column(
            "kind",
            postgresql.ENUM(
                "freeze", "vacation", "travel", "grant", "repair", name="protection_kind", create_type=False
            ),
            nullable=False,
        ),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("guild_id >= 4194304", name="ck_protections_guild_id_snowflake"),
        sa.CheckConstraint("user_id >= 4194304", name="ck_protections_user_id_snowflake"),
        sa.ForeignKeyConstraint(
            ["guild_id", "user_id"],
            ["members.guild_id", "members.user_id"],
            name="fk_protections_member",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("guild_id", "user_id", "protected_on", name="pk_protections"),
    )
    op.create_table(
        "streaks",
        sa.Column("guild_id", sa.BigInteger(), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column(
            "kind", postgresql.ENUM("study", "practice", "daily", name="day_kind", create_type=False), nullable=False
        ),
        sa.Column("run_days", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("started_on", sa.Date(), nullable=True),
        sa.Column("last_on", sa.Date(), nullable=True),
        sa.Column("longest_days", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("alive_until", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("guild_id >= 4194304", name="ck_streaks_guild_id_snowflake"),
        sa.CheckConstraint("longest_days >= run_days", name="ck_streaks_longest_days"),
        sa.CheckConstraint("run_days >= 0", name="ck_streaks_run_days"),
        sa.CheckConstraint("user_id >= 4194304", name="ck_streaks_user_id_snowflake"),
        sa.ForeignKeyConstraint(
            ["guild_id", "user_id"],
            ["members.guild_id", "members.user_id"],
            name="fk_streaks_member",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("guild_id", "user_id", "kind", name="pk_streaks"),
    )
    op.create_index(
        "idx_streaks_board",
        "streaks",
        ["guild_id", "kind", sa.literal_column("run_days DESC"), "user_id"],
        unique=False,
    )
    op.create_table(
        "voice_sessions",
        sa.Column("guild_id", sa.BigInteger(), nullable=False),
        sa.Column("session_id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("discord_session_id", sa.Text(), nullable=True),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("settled_until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("counted_s", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column(
            "close_reason",
            postgresql.ENUM("left", "ignored_channel", "lost", "guild_gone", name="close_reason", create_type=False),
            nullable=True,
        ),
        sa.Column("is_estimated", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.CheckConstraint("counted_s >= 0", name="ck_voice_sessions_counted_s"),
        sa.CheckConstraint("ended_at >= started_at", name="ck_voice_sessions_ended_at"),
        sa.CheckConstraint("guild_id >= 4194304", name="ck_voice_sessions_guild_id_snowflake"),
        sa.CheckConstraint("settled_until >= started_at", name="ck_voice_sessions_settled_until"),
        sa.CheckConstraint("user_id >= 4194304", name="ck_voice_sessions_user_id_snowflake"),
        sa.ForeignKeyConstraint(
            ["guild_id", "user_id"],
            ["members.guild_id", "members.user_id"],
            name="fk_voice_sessions_member",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("guild_id", "session_id", name="pk_voice_sessions"),
    )
    op.create_index("idx_sessions_user_guild", "voice_sessions", ["user_id", "guild_id", "started_at"], unique=False)
    op.create_index(
        "uq_voice_sessions_open",
        "voice_sessions",
        ["guild_id", "user_id"],
        unique=True,
        postgresql_where=sa.text("ended_at IS NULL"),
    )
    op.create_table(
        "voice_segments",
        sa.Column("guild_id", sa.BigInteger(), nullable=False),
        sa.Column("session_id", sa.BigInteger(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("channel_id", sa.BigInteger(), nullable=False),
        sa.Column("flags", sa.SmallInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("channel_id >= 4194304", name="ck_voice_segments_channel_id_snowflake"),
        sa.CheckConstraint("ended_at >= started_at", name="ck_voice_segments_ended_at"),
        sa.CheckConstraint("flags BETWEEN 0 AND 127", name="ck_voice_segments_flags"),
        sa.CheckConstraint("guild_id >= 4194304", name="ck_voice_segments_guild_id_snowflake"),
        sa.CheckConstraint("user_id >= 4194304", name="ck_voice_segments_user_id_snowflake"),
        sa.ForeignKeyConstraint(
            ["guild_id", "session_id"],
            ["voice_sessions.guild_id", "voice_sessions.session_id"],
            name="fk_voice_segments_session",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("guild_id", "session_id", "started_at", name="pk_voice_segments"),
    )
    op.create_index(
        "uq_voice_segments_open",
        "voice_segments",
        ["guild_id", "session_id"],
        unique=True,
        postgresql_where=sa.text("ended_at IS NULL"),
    )


def downgrade() -> None:
    op.drop_index("uq_voice_segments_open", table_name="voice_segments", postgresql_where=sa.text("ended_at IS NULL"))
    op.drop_table("voice_segments")
    op.drop_index("uq_voice_sessions_open", table_name="voice_sessions", postgresql_where=sa.text("ended_at IS NULL"))
    op.drop_index("idx_sessions_user_guild", table_name="voice_sessions")
    op.drop_table("voice_sessions")
    op.drop_index("idx_streaks_board", table_name="streaks")
    op.drop_table("streaks")
    op.drop_table("protections")
    op.drop_table("member_zones")
    op.drop_table("guild_days")
    op.drop_index("idx_streaks_user_guild", table_name="daily_streaks")
    op.drop_table("daily_streaks")
    op.drop_index("idx_users_guild", table_name="members")
    op.drop_index("idx_members_user", table_name="members")
    op.drop_index(
        "idx_members_board", table_name="members", postgresql_where=sa.text("visibility = 'public' AND left_at IS NULL")
    )
    op.drop_table("members")
    op.drop_table("channels")
    op.drop_index("idx_users_bots", table_name="users", postgresql_where=sa.text("is_bot"))
    op.drop_table("users")
    op.drop_index("idx_seen_interactions_received", table_name="seen_interactions")
    op.drop_table("seen_interactions")
    op.drop_table("guilds")
    op.drop_table("gateway_sessions")
    sa.Enum("study", "practice", "daily", name="day_kind").drop(op.get_bind())
    sa.Enum("study", "practice", "stage", "ignored", name="channel_kind").drop(op.get_bind())
    sa.Enum("en", "ko", "es", "zh-TW", name="language").drop(op.get_bind())
    sa.Enum("public", "private", name="visibility").drop(op.get_bind())
    sa.Enum("freeze", "vacation", "travel", "grant", "repair", name="protection_kind").drop(op.get_bind())
    sa.Enum("left", "ignored_channel", "lost", "guild_gone", name="close_reason").drop(op.get_bind())
