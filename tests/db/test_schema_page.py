from pathlib import Path

from sqlalchemy import Column, Integer, MetaData, PrimaryKeyConstraint, Table, UniqueConstraint

from db import models, schema_page


def test_the_schema_page_is_in_step_with_the_models() -> None:
    assert schema_page.main(["--check"]) == 0, "Run `python -m db.schema_page`."


def test_main_writes_the_page_and_check_finds_a_difference(tmp_path: Path) -> None:
    path = tmp_path / "schema.md"

    assert schema_page.main([], path=path) == 0
    assert schema_page.main(["--check"], path=path) == 0
    path.write_text("old", encoding="utf-8")
    assert schema_page.main(["--check"], path=path) == 1


def test_every_table_constraint_and_index_is_on_the_page() -> None:
    page = schema_page.page()

    for table in models.METADATA.sorted_tables:
        assert f"## `{table.name}`" in page
        for rule in (*table.constraints, *table.indexes):
            assert f"- `{rule.name}`: " in page


def test_a_unique_constraint_is_told() -> None:
    table = Table(
        "desks",
        MetaData(),
        Column("guild_id", Integer),
        Column("number", Integer),
        PrimaryKeyConstraint("guild_id", name="pk_desks"),
        UniqueConstraint("guild_id", "number", name="uq_desks_number"),
    )

    assert sorted(schema_page._rules(table)) == [
        "`pk_desks`: primary key (guild_id)",
        "`uq_desks_number`: unique (guild_id, number)",
    ]
