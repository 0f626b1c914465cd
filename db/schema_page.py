"""Generates docs/schema.md from the models: `python -m db.schema_page`; `--check` only compares."""

import sys
from collections.abc import Iterator
from inspect import getdoc
from pathlib import Path
from typing import Any, Final, cast

from sqlalchemy import (
    CheckConstraint,
    Column,
    ForeignKeyConstraint,
    PrimaryKeyConstraint,
    Table,
    UniqueConstraint,
)
from sqlalchemy.dialects import postgresql
from sqlalchemy.dialects.postgresql import ENUM

from db.models import METADATA, TABLES, Model

PAGE: Final = Path(__file__).parents[1] / "docs" / "schema.md"
_DIALECT: Final = postgresql.dialect()
_LAST: Final = ("created_by", "updated_by", "created_at", "updated_at", "deleted_at")
_HEAD: Final = """# The schema

Made from `db/models` by `python -m db.schema_page`; a test holds the two in step. All moments are `timestamptz`, all
Discord ids are `bigint` and at least 4194304. Every table of a guild has `guild_id` in its primary key, and in every
unique constraint and foreign key.
"""


def page() -> str:
    """The whole page as Markdown."""
    return "\n".join((_HEAD, *_diagram(), "", *_enums(), *(line for model in TABLES for line in _section(model))))


def _diagram() -> Iterator[str]:
    yield "```mermaid"
    yield "erDiagram"
    for table in METADATA.sorted_tables:
        for key in _of(table, ForeignKeyConstraint):
            yield f"    {key.referred_table.name} ||--o{{ {table.name} : {_name(key)}"
    for model in TABLES:
        table = _table(model)
        foreign = {column.name for key in _of(table, ForeignKeyConstraint) for column in key.columns}
        yield f"    {table.name} {{"
        for column in _columns(table):
            marks = [mark for mark, holds in (("PK", column.primary_key), ("FK", column.name in foreign)) if holds]
            yield f"        {_type(column).replace(' ', '_')} {column.name} {','.join(marks)}".rstrip()
        yield "    }"
    yield "```"


def _enums() -> Iterator[str]:
    yield "## Enum types"
    yield ""
    yield "| Type | Labels |"
    yield "|---|---|"
    found = {
        column.type.name: column.type
        for table in METADATA.sorted_tables
        for column in table.columns
        if isinstance(column.type, ENUM)
    }
    for name, kind in sorted(found.items()):
        yield f"| `{name}` | {', '.join(f'`{label}`' for label in kind.enums)} |"
    yield ""


def _section(model: type[Model]) -> Iterator[str]:
    table = _table(model)
    yield f"## `{table.name}`"
    yield ""
    yield getdoc(model) or ""
    yield ""
    yield "| Column | Type | Empty | Default | Meaning |"
    yield "|---|---|---|---|---|"
    for column in _columns(table):
        default = "" if column.server_default is None else f"`{_default(column)}`"
        meaning = model.model_fields[column.name].description or ""
        yield f"| `{column.name}` | {_type(column)} | {'yes' if column.nullable else ''} | {default} | {meaning} |"
    yield ""
    for line in sorted(_rules(table)):
        yield f"- {line}"
    yield ""


def _rules(table: Table) -> Iterator[str]:
    for rule in table.constraints:
        match rule:
            case PrimaryKeyConstraint():
                yield f"`{_name(rule)}`: primary key ({_listed(rule)})"
            case ForeignKeyConstraint():
                target = ", ".join(element.column.name for element in rule.elements)
                yield (
                    f"`{_name(rule)}`: ({_listed(rule)}) → `{rule.referred_table.name}` ({target}), "
                    f"on delete {str(rule.ondelete or 'no action').lower()}"
                )
            case CheckConstraint():
                yield f"`{_name(rule)}`: `{rule.sqltext}`"
            case _:
                yield f"`{_name(rule)}`: unique ({_listed(cast('UniqueConstraint', rule))})"
    for index in table.indexes:
        where: Any = index.dialect_options["postgresql"]["where"]
        columns = ", ".join(str(expression).removeprefix(f"{table.name}.") for expression in index.expressions)
        condition = "" if where is None else f" where `{where}`"
        yield f"`{_name(index)}`: {'unique ' if index.unique else ''}index ({columns}){condition}"


def _table(model: type[Model]) -> Table:
    return cast("Any", model).__table__


def _columns(table: Table) -> list[Column[Any]]:
    """The columns in table order, with the common ones (`_LAST`) at the end."""
    return sorted(table.columns, key=lambda column: _LAST.index(column.name) if column.name in _LAST else -1)


def _of(table: Table, kind: type[ForeignKeyConstraint]) -> list[ForeignKeyConstraint]:
    return sorted((rule for rule in table.constraints if isinstance(rule, kind)), key=_name)


def _name(rule: object) -> str:
    return str(cast("Any", rule).name)


def _listed(rule: "PrimaryKeyConstraint | ForeignKeyConstraint | UniqueConstraint") -> str:
    return ", ".join(column.name for column in rule.columns)


def _type(column: Column[Any]) -> str:
    return column.type.compile(_DIALECT).lower().replace("timestamp with time zone", "timestamptz")


def _default(column: Column[Any]) -> str:
    default = cast("Any", column.server_default)
    if column.computed is not None:
        return "generated"
    return "identity" if column.identity is not None else str(default.arg)


def main(arguments: list[str], *, path: Path = PAGE) -> int:
    """Write the page, or with `--check` compare it. Returns: 1 if it is out of date."""
    if "--check" in arguments:
        return int(path.read_text(encoding="utf-8") != page())
    path.write_text(page(), encoding="utf-8")
    return 0


if __name__ == "__main__":  # only calls main
    sys.exit(main(sys.argv[1:]))
