"""When a zone and a day start were asked for, each by itself: one rule may hold two requests of different times."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("member_zones", sa.Column("zone_asked_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("member_zones", sa.Column("day_start_asked_at", sa.DateTime(timezone=True), nullable=True))


def downgrade() -> None:
    op.drop_column("member_zones", "day_start_asked_at")
    op.drop_column("member_zones", "zone_asked_at")
