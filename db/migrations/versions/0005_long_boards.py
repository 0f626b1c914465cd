"""Weeks and months counted as they grow, marks on long leaderboards, and indexes that a page of them reads in order."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

PERIOD = postgresql.ENUM("today", "week", "month", "all", name="period", create_type=False)
BOARD = postgresql.ENUM("focus", "xp", "streak", name="board", create_type=False)


def upgrade() -> None:
    sa.Enum("today", "week", "month", "all", name="period").create(op.get_bind())
    sa.Enum("focus", "xp", "streak", name="board").create(op.get_bind())
    op.create_table(
        "guild_spans",
        sa.Column("guild_id", sa.BigInteger(), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("period", PERIOD, nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("seconds", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.CheckConstraint("guild_id >= 4194304", name="ck_guild_spans_guild_id_snowflake"),
        sa.CheckConstraint("period IN ('week', 'month')", name="ck_guild_spans_period"),
        sa.CheckConstraint("seconds >= 0", name="ck_guild_spans_seconds"),
        sa.CheckConstraint("user_id >= 4194304", name="ck_guild_spans_user_id_snowflake"),
        sa.ForeignKeyConstraint(
            ["guild_id", "user_id"],
            ["members.guild_id", "members.user_id"],
            name="fk_guild_spans_member",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("guild_id", "user_id", "period", "starts_on", name="pk_guild_spans"),
    )
    op.execute(
        """INSERT INTO guild_spans (guild_id, user_id, period, starts_on, seconds)
           SELECT guild_id, user_id, period::period, date_trunc(period, local_on)::date, sum(seconds)
           FROM guild_days CROSS JOIN (VALUES ('week'), ('month')) AS spans (period)
           GROUP BY 1, 2, 3, 4"""
    )
    op.create_index(
        "idx_guild_spans_board",
        "guild_spans",
        ["guild_id", "period", "starts_on", sa.literal_column("(-seconds)"), "user_id"],
        postgresql_include=["seconds"],
    )
    op.create_table(
        "board_marks",
        sa.Column("guild_id", sa.BigInteger(), nullable=False),
        sa.Column("board", BOARD, nullable=False),
        sa.Column("period", PERIOD, nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("entry", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("value", sa.BigInteger(), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("shown_before", sa.Integer(), nullable=False),
        sa.Column("counted_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("board <> 'xp'", name="ck_board_marks_board"),
        sa.CheckConstraint("guild_id >= 4194304", name="ck_board_marks_guild_id_snowflake"),
        sa.CheckConstraint("shown_before BETWEEN 0 AND entry", name="ck_board_marks_shown_before"),
        sa.CheckConstraint("user_id >= 4194304", name="ck_board_marks_user_id_snowflake"),
        sa.ForeignKeyConstraint(["guild_id"], ["guilds.guild_id"], name="fk_board_marks_guild", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("guild_id", "board", "period", "starts_on", "entry", name="pk_board_marks"),
    )
    op.drop_constraint("pk_guild_days", "guild_days", type_="primary")
    op.create_primary_key("pk_guild_days", "guild_days", ["guild_id", "user_id", "local_on"])
    op.create_index(
        "idx_guild_days_board",
        "guild_days",
        ["guild_id", "local_on", sa.literal_column("(-seconds)"), "user_id"],
        postgresql_include=["seconds"],
    )
    op.drop_index("idx_members_board", table_name="members")
    op.create_index(
        "idx_members_board",
        "members",
        ["guild_id", sa.literal_column("(-total_seconds)"), "user_id"],
        postgresql_include=["total_seconds"],
        postgresql_where=sa.text("visibility = 'public' AND left_at IS NULL"),
    )
    op.drop_index("idx_streaks_board", table_name="streaks")
    op.create_index(
        "idx_streaks_board",
        "streaks",
        ["guild_id", "kind", sa.literal_column("(-run_days)"), "user_id"],
        postgresql_include=["run_days", "alive_until"],
    )


def downgrade() -> None:
    op.drop_index("idx_streaks_board", table_name="streaks")
    op.create_index("idx_streaks_board", "streaks", ["guild_id", "kind", sa.literal_column("run_days DESC"), "user_id"])
    op.drop_index("idx_members_board", table_name="members")
    op.create_index(
        "idx_members_board",
        "members",
        ["guild_id", sa.literal_column("total_seconds DESC"), "user_id"],
        postgresql_where=sa.text("visibility = 'public' AND left_at IS NULL"),
    )
    op.drop_index("idx_guild_days_board", table_name="guild_days")
    op.drop_constraint("pk_guild_days", "guild_days", type_="primary")
    op.create_primary_key("pk_guild_days", "guild_days", ["guild_id", "local_on", "user_id"])
    op.drop_table("board_marks")
    op.drop_table("guild_spans")
    sa.Enum("focus", "xp", "streak", name="board").drop(op.get_bind())
    sa.Enum("today", "week", "month", "all", name="period").drop(op.get_bind())
