"""Refuses words that the glossary replaces, in comments, docstrings and documentation: `python -m tests.glossary`."""

import ast
import io
import re
import subprocess
import sys
import tokenize
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from tests.paths import ROOT

# The word that is refused, and what to write instead. A word enters the list once the last place that has it is gone.
WORDS: Final = {
    "bend": "speed, simulated",
    "chronicle": "explanation",
    "corked": "coalesced",
    "crowds?": "occupancy, members",
    "door": "entry point",
    "heard": "received",
    "in vain": "without an answer",
    "ladder": "page",
    "painters?": "renderer",
    "promis(?:e|es|ed)": "pending response",
    "robots?": "bot",
    "rulebook": "tracking config",
    "somebody": "member, user, actor",
    "spells?": "interval",
    "the dead": "what ended",
    "the house": "the app",
    "told": "received, stored, said",
    "vouched": "verified",
    "whoever": "the member who",
}
LEFT_OUT: Final = ("db/migrations/versions/", "CHANGELOG.md", "tests/glossary.py")


def main() -> int:
    """Print each place with a refused word; 1 when there is one."""
    pattern = re.compile(
        r"\b(?:" + "|".join(f"(?P<w{number}>{word})" for number, word in enumerate(WORDS)) + r")\b", re.IGNORECASE
    )
    instead = list(WORDS.values())
    places = 0
    for path in _files():
        for line, text in _prose(path):
            for match in pattern.finditer(text):
                number = int(str(match.lastgroup)[1:])
                sys.stdout.write(f"{path.relative_to(ROOT)}:{line}: {match[0]!r}; write: {instead[number]}\n")
                places += 1
    return 1 if places else 0


def _files() -> list[Path]:
    listed = subprocess.run(["git", "ls-files", "*.py", "*.md"], cwd=ROOT, capture_output=True, text=True, check=True)
    return [ROOT / name for name in listed.stdout.split() if not name.startswith(LEFT_OUT)]


def _prose(path: Path) -> Iterator[tuple[int, str]]:
    """Lines of prose with their numbers: comments and docstrings of Python files, whole other files."""
    text = path.read_text(encoding="utf-8")
    if path.suffix != ".py":
        yield from enumerate(text.splitlines(), 1)
        return
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type == tokenize.COMMENT:
            yield token.start[0], token.string
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) and (
            docstring := ast.get_docstring(node, clean=False)
        ):
            first = node.body[0].lineno
            yield from enumerate(docstring.splitlines(), first)


if __name__ == "__main__":
    sys.exit(main())
