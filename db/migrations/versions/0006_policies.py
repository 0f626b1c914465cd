"""Policies: which preset a guild counts by and since when, whose time is to be counted again, and who was there."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    sa.Enum("silent_library", "social", "strict", name="preset").create(op.get_bind())
    op.create_table(
        "policy_rules",
        sa.Column("guild_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("rule_id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column(
            "preset",
            postgresql.ENUM("silent_library", "social", "strict", name="preset", create_type=False),
            nullable=False,
        ),
        sa.Column("valid_from", sa.DateTime(timezone=True), nullable=False),
        sa.Column("valid_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("set_by", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("set_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("guild_id >= 4194304", name="ck_policy_rules_guild_id_snowflake"),
        sa.CheckConstraint("set_by >= 4194304", name="ck_policy_rules_set_by_snowflake"),
        sa.CheckConstraint("valid_until > valid_from", name="ck_policy_rules_valid_until"),
        sa.ForeignKeyConstraint(["guild_id"], ["guilds.guild_id"], name="fk_policy_rules_guild", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("guild_id", "rule_id", name="pk_policy_rules"),
    )
    op.create_table(
        "recounts",
        sa.Column("guild_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("user_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("recount_id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.CheckConstraint("guild_id >= 4194304", name="ck_recounts_guild_id_snowflake"),
        sa.CheckConstraint("user_id >= 4194304", name="ck_recounts_user_id_snowflake"),
        sa.ForeignKeyConstraint(
            ["guild_id", "user_id"],
            ["members.guild_id", "members.user_id"],
            name="fk_recounts_member",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("guild_id", "user_id", "recount_id", name="pk_recounts"),
    )
    op.create_index(
        "idx_voice_segments_ended",
        "voice_segments",
        ["guild_id", "ended_at"],
        unique=False,
        postgresql_where=sa.text("ended_at IS NOT NULL"),
    )


def downgrade() -> None:
    op.drop_index(
        "idx_voice_segments_ended", table_name="voice_segments", postgresql_where=sa.text("ended_at IS NOT NULL")
    )
    op.drop_table("recounts")
    op.drop_table("policy_rules")
    sa.Enum("silent_library", "social", "strict", name="preset").drop(op.get_bind())
