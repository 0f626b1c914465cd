from typing import Any, cast

import psycopg
import pytest
from sqlalchemy import CheckConstraint, DateTime, ForeignKeyConstraint, PrimaryKeyConstraint, Table, UniqueConstraint
from sqlalchemy.sql.elements import conv

from core.ids import SNOWFLAKE_MIN
from db.models import METADATA, TABLES, Model
from db.models.mixins import CRUDMixin, DiscordIDMixin

TABLES_OF_A_GUILD = [table for table in METADATA.sorted_tables if "guild_id" in table.columns]


def name_of(value: object) -> str:
    return str(getattr(value, "__name__", None) or getattr(value, "name", value))


def test_every_table_has_its_model() -> None:
    assert {cast("Any", model).__table__ for model in TABLES} == set(METADATA.tables.values())


@pytest.mark.parametrize("table", TABLES_OF_A_GUILD, ids=name_of)
def test_every_key_of_a_guilds_table_contains_the_guild(table: Table) -> None:
    assert "guild_id" in table.primary_key.columns

    for rule in table.constraints:
        if isinstance(rule, UniqueConstraint | ForeignKeyConstraint):
            assert "guild_id" in rule.columns, rule.name
    for index in table.indexes:
        assert not index.unique or "guild_id" in index.columns, index.name


def test_the_tables_that_belong_to_no_guild_are_known() -> None:
    others = {table.name for table in METADATA.sorted_tables} - {table.name for table in TABLES_OF_A_GUILD}

    assert others == {
        "users",
        "processed_interactions",
        "gateway_sessions",
        "gateway_listeners",
        "gateway_identify_slots",
        "webhook_events",
        "authorizations",
        "entitlements",
    }


@pytest.mark.parametrize("table", METADATA.sorted_tables, ids=name_of)
def test_every_constraint_and_index_has_a_name_of_its_own(table: Table) -> None:
    prefixes: dict[type[object], str] = {
        PrimaryKeyConstraint: "pk_",
        ForeignKeyConstraint: "fk_",
        CheckConstraint: "ck_",
        UniqueConstraint: "uq_",
    }
    for rule in table.constraints:
        assert isinstance(rule.name, str), rule
        assert not isinstance(rule.name, conv), "named by us, not by a convention"
        assert rule.name.startswith(f"{prefixes[type(rule)]}{table.name}"), rule.name
        assert len(rule.name) < 64, "PostgreSQL cuts longer names"
    for index in table.indexes:
        assert isinstance(index.name, str)
        assert index.name.startswith("uq_" if index.unique else "idx_")


def test_the_named_indexes_are_there(quick_url: str) -> None:
    with psycopg.connect(quick_url) as conn:
        found = dict(conn.execute("SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'").fetchall())

    assert {
        "idx_users_guild": "members USING btree (guild_id)",
        "idx_sessions_user_guild": "voice_sessions USING btree (user_id, guild_id, started_at)",
        "idx_streaks_user_guild": "daily_streaks USING btree (user_id, guild_id)",
        "uq_voice_sessions_open": "voice_sessions USING btree (guild_id, user_id) WHERE (ended_at IS NULL)",
        "idx_members_board": (
            "members USING btree (guild_id, ((- total_seconds)), user_id) INCLUDE (total_seconds) "
            "WHERE ((visibility = 'public'::visibility) AND (left_at IS NULL))"
        ),
    }.items() <= {name: definition.split(" ON public.")[1] for name, definition in found.items()}.items()


def test_every_foreign_key_is_served_by_an_index() -> None:
    for table in METADATA.sorted_tables:
        leading = [[column.name for column in table.primary_key]]
        leading += [[column.name for column in index.columns] for index in table.indexes]
        for key in table.foreign_key_constraints:
            columns = [column.name for column in key.columns]
            assert any(set(columns) <= set(names) and names[0] in columns for names in leading), key.name


@pytest.mark.parametrize("table", METADATA.sorted_tables, ids=name_of)
def test_moments_carry_their_zone(table: Table) -> None:
    for column in table.columns:
        if isinstance(column.type, DateTime):
            assert column.type.timezone, column.name
            assert column.name.endswith(("_at", "_from", "_until"))


@pytest.mark.parametrize("model", [model for model in TABLES if issubclass(model, DiscordIDMixin)], ids=name_of)
def test_every_discord_id_is_checked_by_the_database_too(model: type[Model]) -> None:
    table = cast("Any", model).__table__
    ids = {
        name
        for name, field in model.model_fields.items()
        if any(getattr(rule, "ge", None) == SNOWFLAKE_MIN for rule in field.metadata)
    }

    checked = {f"ck_{table.name}_{name}_snowflake" for name in ids}

    assert ids
    assert checked == {rule.name for rule in table.constraints if str(rule.name).endswith("_snowflake")}


@pytest.mark.parametrize("model", TABLES, ids=name_of)
def test_every_table_serves_the_back_office(model: type[Model]) -> None:
    assert issubclass(model, CRUDMixin)
    assert model.__doc__
    assert "SQLModel" not in model.__doc__


def test_no_row_can_be_left_without_its_owner(quick_url: str) -> None:
    with psycopg.connect(quick_url) as conn:
        keys = conn.execute(
            """SELECT conname, confdeltype, convalidated FROM pg_constraint
               WHERE contype = 'f' AND connamespace = 'public'::regnamespace"""
        ).fetchall()

    assert keys
    assert {(deletes, is_valid) for _, deletes, is_valid in keys} == {("c", True)}
