"""What nobody heard: gaps per guild, and the counted seconds that lie in them."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "voice_gaps",
        sa.Column("guild_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("ended_at >= started_at", name="ck_voice_gaps_ended_at"),
        sa.CheckConstraint("guild_id >= 4194304", name="ck_voice_gaps_guild_id_snowflake"),
        sa.ForeignKeyConstraint(["guild_id"], ["guilds.guild_id"], name="fk_voice_gaps_guild", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("guild_id", "started_at", name="pk_voice_gaps"),
    )
    op.create_index("idx_voice_gaps_ended", "voice_gaps", ["guild_id", "ended_at"], unique=False)
    op.add_column("guilds", sa.Column("unheard_from", sa.DateTime(timezone=True), nullable=True))
    for table, column in (
        ("voice_sessions", "estimated_s"),
        ("daily_streaks", "estimated_seconds"),
        ("guild_days", "estimated_seconds"),
    ):
        op.add_column(
            table, sa.Column(column, sa.Integer(), autoincrement=False, server_default=sa.text("0"), nullable=False)
        )
        op.create_check_constraint(f"ck_{table}_{column}", table, f"{column} >= 0")


def downgrade() -> None:
    for table, column in (
        ("voice_sessions", "estimated_s"),
        ("daily_streaks", "estimated_seconds"),
        ("guild_days", "estimated_seconds"),
    ):
        op.drop_constraint(f"ck_{table}_{column}", table, type_="check")
        op.drop_column(table, column)
    op.drop_column("guilds", "unheard_from")
    op.drop_index("idx_voice_gaps_ended", table_name="voice_gaps")
    op.drop_table("voice_gaps")
