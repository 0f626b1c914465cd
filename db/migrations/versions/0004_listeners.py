"""Listeners: who shares the gateway's shards, and when the next session may be started."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "gateway_listeners",
        sa.Column("listener_id", sa.Integer(), sa.Identity(always=False), nullable=False),
        sa.Column("wish", sa.Text(), nullable=False),
        sa.Column("shard_count", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("beat_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("shard_count >= 1", name="ck_gateway_listeners_shard_count"),
        sa.PrimaryKeyConstraint("listener_id", name="pk_gateway_listeners"),
    )
    op.create_table(
        "gateway_starts",
        sa.Column("bucket", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("free_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("bucket >= 0", name="ck_gateway_starts_bucket"),
        sa.PrimaryKeyConstraint("bucket", name="pk_gateway_starts"),
    )


def downgrade() -> None:
    op.drop_table("gateway_starts")
    op.drop_table("gateway_listeners")
