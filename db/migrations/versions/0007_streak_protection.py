"""Streak protection: freezes at hand, missed dates, and what staff did to dates."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "freezes",
        sa.Column("guild_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("user_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("held", sa.SmallInteger(), autoincrement=False, server_default=sa.text("0"), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("guild_id >= 4194304", name="ck_freezes_guild_id_snowflake"),
        sa.CheckConstraint("held BETWEEN 0 AND 2", name="ck_freezes_held"),
        sa.CheckConstraint("user_id >= 4194304", name="ck_freezes_user_id_snowflake"),
        sa.ForeignKeyConstraint(
            ["guild_id", "user_id"],
            ["members.guild_id", "members.user_id"],
            name="fk_freezes_member",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("guild_id", "user_id", name="pk_freezes"),
    )
    op.create_index(
        "idx_freezes_due", "freezes", ["due_at"], unique=False, postgresql_where=sa.text("due_at IS NOT NULL")
    )
    op.create_table(
        "freeze_switches",
        sa.Column("guild_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("user_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("since_on", sa.Date(), nullable=False),
        sa.Column("is_on", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.CheckConstraint("guild_id >= 4194304", name="ck_freeze_switches_guild_id_snowflake"),
        sa.CheckConstraint("user_id >= 4194304", name="ck_freeze_switches_user_id_snowflake"),
        sa.ForeignKeyConstraint(
            ["guild_id", "user_id"],
            ["members.guild_id", "members.user_id"],
            name="fk_freeze_switches_member",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("guild_id", "user_id", "since_on", name="pk_freeze_switches"),
    )
    op.create_table(
        "missed_days",
        sa.Column("guild_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("user_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("missed_on", sa.Date(), nullable=False),
        sa.Column("run_days", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("is_frozen", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("is_late", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("worked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("guild_id >= 4194304", name="ck_missed_days_guild_id_snowflake"),
        sa.CheckConstraint("run_days >= 1", name="ck_missed_days_run_days"),
        sa.CheckConstraint("user_id >= 4194304", name="ck_missed_days_user_id_snowflake"),
        sa.ForeignKeyConstraint(
            ["guild_id", "user_id"],
            ["members.guild_id", "members.user_id"],
            name="fk_missed_days_member",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("guild_id", "user_id", "missed_on", name="pk_missed_days"),
    )
    op.create_table(
        "streak_acts",
        sa.Column("guild_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("act_id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("user_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("by_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("is_grant", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("day_on", sa.Date(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("acted_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("by_id >= 4194304", name="ck_streak_acts_by_id_snowflake"),
        sa.CheckConstraint("guild_id >= 4194304", name="ck_streak_acts_guild_id_snowflake"),
        sa.CheckConstraint("user_id >= 4194304", name="ck_streak_acts_user_id_snowflake"),
        sa.ForeignKeyConstraint(
            ["guild_id", "user_id"],
            ["members.guild_id", "members.user_id"],
            name="fk_streak_acts_member",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("guild_id", "act_id", name="pk_streak_acts"),
    )
    op.create_index("idx_streak_acts_member", "streak_acts", ["guild_id", "user_id", "act_id"], unique=False)


def downgrade() -> None:
    op.drop_index("idx_streak_acts_member", table_name="streak_acts")
    op.drop_table("streak_acts")
    op.drop_table("missed_days")
    op.drop_table("freeze_switches")
    op.drop_index("idx_freezes_due", table_name="freezes", postgresql_where=sa.text("due_at IS NOT NULL"))
    op.drop_table("freezes")
