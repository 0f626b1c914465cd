"""Collects all SQL statements of db.queries from their source, so that tests cover new queries automatically."""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

from tests.paths import ROOT

QUERIES = ROOT / "db" / "queries"
EXECUTES = {"execute", "executemany", "stream", "copy"}


@dataclass(frozen=True, slots=True)
class Statement:
    where: str
    sql: str | None  # None: not a literal, so it cannot be checked

    @property
    def numbered(self) -> str:
        """The statement with $1 in place of %(name)s, for PREPARE."""
        assert self.sql is not None
        names = list(dict.fromkeys(re.findall(r"%\((\w+)\)s", self.sql)))
        return re.sub(r"%\((\w+)\)s", lambda found: f"${names.index(found[1]) + 1}", self.sql).replace("%%", "%")


def statements() -> list[Statement]:
    return [statement for path in sorted(QUERIES.rglob("*.py")) for statement in statements_of(path)]


def module_of(path: Path) -> str:
    """The module below db.queries, such as `streaks.freezes`."""
    return ".".join(path.relative_to(QUERIES).with_suffix("").parts)


def statements_of(path: Path) -> Iterator[Statement]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for function in ast.walk(tree):
        if not isinstance(function, ast.AsyncFunctionDef | ast.FunctionDef):
            continue
        for node in ast.walk(function):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in EXECUTES:
                yield Statement(f"{module_of(path)}.{function.name}", _text(node.args[0], module_of(path)))


def _text(node: ast.expr, module: str) -> str | None:
    """The SQL of a literal or of a module constant; the type checker ensures that constants hold only literals."""
    match node:
        case ast.Constant(str(text)):
            return text
        case ast.Name(name):
            text = getattr(import_module(f"db.queries.{module}"), name, None)
            return text if isinstance(text, str) else None
        case _:
            return None
