"""Which rules a guild counts by from when on, and whose time is to be counted again."""

from sqlalchemy import CheckConstraint, PrimaryKeyConstraint

from core.enums import Preset
from db.models.base import Model, Moment, choice, moment, of_guild, own_id, snowflake
from db.models.enum_types import PRESET
from db.models.mixins import CRUDMixin, DiscordIDMixin


class PolicyRule(Model, CRUDMixin, DiscordIDMixin, table=True):
    """A guild's choice of a preset for a span of time; later ones paint over earlier ones, none is changed."""

    __tablename__ = "policy_rules"
    __table_args__ = (
        PrimaryKeyConstraint("guild_id", "rule_id", name="pk_policy_rules"),
        of_guild("policy_rules"),
        CheckConstraint("valid_until > valid_from", name="ck_policy_rules_valid_until"),
        *DiscordIDMixin.id_checks("policy_rules", "guild_id", "set_by"),
    )

    guild_id: int = snowflake()
    rule_id: int | None = own_id()
    preset: Preset = choice(PRESET)
    valid_from: Moment = moment()
    valid_until: Moment | None = moment(None, description="Set: a re-application to a past span. Empty: until another.")
    set_by: int = snowflake(description="Who chose it.")
    set_at: Moment = moment()
