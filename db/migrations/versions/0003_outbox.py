"""Outbox: what must happen at Discord after a commit."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

STATUSES = ("pending", "done", "failed", "needs_attention")


def upgrade() -> None:
    sa.Enum(*STATUSES, name="effect_status").create(op.get_bind())
    op.create_table(
        "outbox",
        sa.Column("guild_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("outbox_id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("dedupe_key", sa.Text(), nullable=False),
        sa.Column("payload", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("held_until", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("attempts", sa.SmallInteger(), server_default=sa.text("0"), autoincrement=False, nullable=False),
        sa.Column("unsure_from", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "status",
            postgresql.ENUM(*STATUSES, name="effect_status", create_type=False),
            server_default=sa.text("'pending'"),
            nullable=False,
        ),
        sa.Column("last_error", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("guild_id = 0 OR guild_id >= 4194304", name="ck_outbox_guild_id"),
        sa.CheckConstraint("attempts >= 0", name="ck_outbox_attempts"),
        sa.CheckConstraint("(status = 'pending') = (settled_at IS NULL)", name="ck_outbox_settled_at"),
        sa.PrimaryKeyConstraint("guild_id", "outbox_id", name="pk_outbox"),
        sa.UniqueConstraint("guild_id", "kind", "dedupe_key", name="uq_outbox_dedupe_key"),
    )
    op.create_index("idx_outbox_status", "outbox", ["status", "due_at"], unique=False)
    op.create_index("idx_outbox_settled", "outbox", ["settled_at"], unique=False)


def downgrade() -> None:
    op.drop_table("outbox")
    sa.Enum(*STATUSES, name="effect_status").drop(op.get_bind())
