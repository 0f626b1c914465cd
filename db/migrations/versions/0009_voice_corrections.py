"""Hidden channels, activity in voice, corrections of sessions, and how long each session was."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("channels", sa.Column("is_hidden", sa.Boolean(), server_default=sa.text("false"), nullable=False))
    # since 16 November 2026 Discord has told of channels that the bot may not view under this name, without category
    op.execute("UPDATE channels SET is_hidden = true, name = '' WHERE name = '___hidden___'")
    # one statement, since a stored column has the whole table written anew
    op.execute(
        """ALTER TABLE voice_sessions
               ADD COLUMN duration_seconds integer
                   GENERATED ALWAYS AS (floor(extract(epoch FROM ended_at - started_at))::integer) STORED,
               ADD COLUMN is_corrected boolean NOT NULL DEFAULT false,
               ADD COLUMN confirmed_at timestamptz"""
    )
    op.create_table(
        "voice_activity",
        sa.Column("guild_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("user_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("active_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("guild_id >= 4194304", name="ck_voice_activity_guild_id_snowflake"),
        sa.CheckConstraint("user_id >= 4194304", name="ck_voice_activity_user_id_snowflake"),
        sa.ForeignKeyConstraint(
            ["guild_id", "user_id"],
            ["members.guild_id", "members.user_id"],
            name="fk_voice_activity_member",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("guild_id", "user_id", "active_at", name="pk_voice_activity"),
    )
    op.create_table(
        "voice_adjustments",
        sa.Column("guild_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("adjustment_id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("session_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("user_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("actor_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("is_void", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("previous_seconds", sa.Integer(), autoincrement=False, server_default=sa.text("0"), nullable=False),
        sa.Column("seconds", sa.Integer(), autoincrement=False, server_default=sa.text("0"), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("guild_id >= 4194304", name="ck_voice_adjustments_guild_id_snowflake"),
        sa.CheckConstraint("user_id >= 4194304", name="ck_voice_adjustments_user_id_snowflake"),
        sa.CheckConstraint("actor_id >= 4194304", name="ck_voice_adjustments_actor_id_snowflake"),
        sa.CheckConstraint("previous_seconds >= 0", name="ck_voice_adjustments_previous_seconds"),
        sa.CheckConstraint("previous_seconds + seconds >= 0", name="ck_voice_adjustments_seconds"),
        sa.CheckConstraint("NOT is_void OR previous_seconds + seconds = 0", name="ck_voice_adjustments_is_void"),
        sa.ForeignKeyConstraint(
            ["guild_id", "session_id"],
            ["voice_sessions.guild_id", "voice_sessions.session_id"],
            name="fk_voice_adjustments_session",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("guild_id", "adjustment_id", name="pk_voice_adjustments"),
    )
    op.create_index(
        "idx_voice_adjustments_session",
        "voice_adjustments",
        ["guild_id", "session_id", "adjustment_id"],
        unique=False,
    )
    op.create_table(
        "voice_adjustment_days",
        sa.Column("guild_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("adjustment_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("local_on", sa.Date(), nullable=False),
        sa.Column("guild_on", sa.Date(), nullable=False),
        sa.Column("seconds", sa.Integer(), autoincrement=False, server_default=sa.text("0"), nullable=False),
        sa.CheckConstraint("guild_id >= 4194304", name="ck_voice_adjustment_days_guild_id_snowflake"),
        sa.ForeignKeyConstraint(
            ["guild_id", "adjustment_id"],
            ["voice_adjustments.guild_id", "voice_adjustments.adjustment_id"],
            name="fk_voice_adjustment_days_adjustment",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint(
            "guild_id", "adjustment_id", "local_on", "guild_on", name="pk_voice_adjustment_days"
        ),
    )


def downgrade() -> None:
    op.drop_table("voice_adjustment_days")
    op.drop_index("idx_voice_adjustments_session", table_name="voice_adjustments")
    op.drop_table("voice_adjustments")
    op.drop_table("voice_activity")
    op.drop_column("voice_sessions", "confirmed_at")
    op.drop_column("voice_sessions", "is_corrected")
    op.drop_column("voice_sessions", "duration_seconds")
    op.drop_column("channels", "is_hidden")
