"""Webhook events: who authorised the app, and what was bought."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

KINDS = (
    "application_authorized",
    "application_deauthorized",
    "entitlement_create",
    "entitlement_update",
    "entitlement_delete",
)


def upgrade() -> None:
    sa.Enum(*KINDS, name="webhook_event_kind").create(op.get_bind())
    op.create_table(
        "webhook_events",
        sa.Column("kind", postgresql.ENUM(*KINDS, name="webhook_event_kind", create_type=False), nullable=False),
        sa.Column("subject_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("happened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("subject_id >= 4194304", name="ck_webhook_events_subject_id_snowflake"),
        sa.PrimaryKeyConstraint("kind", "subject_id", "happened_at", name="pk_webhook_events"),
    )
    op.create_index("idx_webhook_events_received", "webhook_events", ["received_at"], unique=False)
    op.create_table(
        "authorizations",
        sa.Column("user_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("authorized_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("deauthorized_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("user_id >= 4194304", name="ck_authorizations_user_id_snowflake"),
        sa.PrimaryKeyConstraint("user_id", name="pk_authorizations"),
    )
    op.create_table(
        "entitlements",
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("entitlement_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("sku_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("type", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("granted_guild_id", sa.BigInteger(), autoincrement=False, nullable=True),
        sa.Column("granted_user_id", sa.BigInteger(), autoincrement=False, nullable=True),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("is_deleted", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("is_consumed", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("entitlement_id >= 4194304", name="ck_entitlements_entitlement_id_snowflake"),
        sa.CheckConstraint("granted_guild_id >= 4194304", name="ck_entitlements_granted_guild_id_snowflake"),
        sa.CheckConstraint("granted_user_id >= 4194304", name="ck_entitlements_granted_user_id_snowflake"),
        sa.CheckConstraint("sku_id >= 4194304", name="ck_entitlements_sku_id_snowflake"),
        sa.PrimaryKeyConstraint("entitlement_id", name="pk_entitlements"),
    )
    op.create_index(
        "idx_entitlements_guild",
        "entitlements",
        ["granted_guild_id"],
        unique=False,
        postgresql_where=sa.text("granted_guild_id IS NOT NULL AND NOT is_deleted"),
    )
    op.create_index(
        "idx_entitlements_user",
        "entitlements",
        ["granted_user_id"],
        unique=False,
        postgresql_where=sa.text("granted_user_id IS NOT NULL AND NOT is_deleted"),
    )


def downgrade() -> None:
    op.drop_table("entitlements")
    op.drop_table("authorizations")
    op.drop_table("webhook_events")
    sa.Enum(*KINDS, name="webhook_event_kind").drop(op.get_bind())
