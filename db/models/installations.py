"""Table of users who authorized or deauthorized the app."""

from sqlalchemy import PrimaryKeyConstraint

from db.models.base import Model, Moment, snowflake, timestamp_column
from db.models.mixins import CRUDMixin, DiscordIDMixin


class Authorization(Model, CRUDMixin, DiscordIDMixin, table=True):
    """When a user last authorized and last deauthorized the app; independent of any guild."""

    __tablename__ = "authorizations"
    __table_args__ = (
        PrimaryKeyConstraint("user_id", name="pk_authorizations"),
        *DiscordIDMixin.id_checks("authorizations", "user_id"),
    )

    user_id: int = snowflake()
    authorized_at: Moment | None = timestamp_column(None, description="Empty: only the end has been received so far.")
    deauthorized_at: Moment | None = timestamp_column(
        None, description="Later than authorized_at: the user's tokens are void."
    )
