"""Every statement that the rooms send, read from their source: a new query cannot be forgotten."""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

QUERIES = Path(__file__).parents[2] / "db" / "queries"
EXECUTES = {"execute", "executemany", "stream", "copy"}


@dataclass(frozen=True, slots=True)
class Statement:
    where: str
    sql: str | None  # None: not a literal, so nobody can check it

    @property
    def numbered(self) -> str:
        """With $1 in place of %(name)s, as PREPARE wants it."""
        assert self.sql is not None
        names = list(dict.fromkeys(re.findall(r"%\((\w+)\)s", self.sql)))
        return re.sub(r"%\((\w+)\)s", lambda found: f"${names.index(found[1]) + 1}", self.sql).replace("%%", "%")


def statements() -> list[Statement]:
    return [statement for path in sorted(QUERIES.glob("*.py")) for statement in statements_of(path)]


def statements_of(path: Path) -> Iterator[Statement]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    constants = {
        target.id: node.value
        for node in tree.body
        if isinstance(node, ast.Assign | ast.AnnAssign)
        for target in (node.targets if isinstance(node, ast.Assign) else [node.target])
        if isinstance(target, ast.Name)
    }
    for function in ast.walk(tree):
        if not isinstance(function, ast.AsyncFunctionDef | ast.FunctionDef):
            continue
        for node in ast.walk(function):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in EXECUTES:
                text = node.args[0]
                if isinstance(text, ast.Name):
                    text = constants.get(text.id)
                value = text.value if isinstance(text, ast.Constant) else None
                yield Statement(f"{path.stem}.{function.name}", value if isinstance(value, str) else None)
