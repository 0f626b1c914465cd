"""Extracts every translatable message: from calls in the source code, and from the commands of the features.

Messages are written in the code in English and passed to a `Translator` or a `DomainError`. Names and descriptions of
commands come from the features themselves, with the gettext contexts that command registration uses.
"""

import ast
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from core.i18n import LOCALES
from handlers import FEATURES
from handlers.feature import Feature
from wire import command_json

ROOT: Final = LOCALES.parents[1]
ROOMS: Final = ("core", "services", "render", "wire", "handlers", "app")


@dataclass(frozen=True, slots=True, order=True)
class Sentence:
    """One translatable message, as gettext identifies it."""

    one: str
    many: str = ""  # plural form; empty: none
    context: str = ""  # gettext context; empty: none


@dataclass(slots=True)
class Found:
    """Result of an extraction."""

    sentences: dict[Sentence, set[str]] = field(
        default_factory=dict[Sentence, set[str]]
    )  # with the files that contain them
    unreadable: list[str] = field(default_factory=list[str])  # calls whose message is not a literal

    def add(self, sentence: Sentence, place: str) -> None:
        self.sentences.setdefault(sentence, set()).add(place)


def gather(root: Path = ROOT, features: Sequence[Feature] = FEATURES) -> Found:
    """Every message in the code below `root` and in the commands of `features`."""
    found = Found()
    trees = {
        path.relative_to(root).as_posix(): ast.parse(path.read_text(encoding="utf-8"))
        for room in ROOMS
        for path in sorted((root / room).rglob("*.py"))
    }
    errors = domain_errors(trees.values())
    for place, tree in trees.items():
        if place == "core/errors.py":
            continue  # only passes on messages of other files
        read(tree, place, errors, found)
    for feature in features:
        for command in feature.commands:
            for sentence in texts_of(command):
                found.add(sentence, f"handlers/{feature.name}.py")
    return found


def read(tree: ast.Module, place: str, errors: "Errors", found: Found) -> None:
    """Add the messages of one file to `found`."""
    _Reader(place, errors, found).visit(tree)


def texts_of(command: command_json.Command) -> Iterator[Sentence]:
    """The names, descriptions and choices of one command, in the order in which registration sends them."""
    texts: list[Sentence] = []

    def note(context: str, text: str) -> Mapping[str, str]:
        texts.append(Sentence(text, context=context))
        return {}

    command_json.to_json(command, note)
    return iter(texts)


@dataclass(frozen=True, slots=True)
class Errors:
    """The class names of `DomainError` and all its subclasses."""

    all: frozenset[str]
    plain: frozenset[str]  # those whose constructor takes the message


class _Reader(ast.NodeVisitor):
    """Finds the messages passed to translators and errors in one file."""

    def __init__(self, place: str, errors: Errors, found: Found) -> None:
        self._place = place
        self._errors = errors
        self._found = found
        self._inside: list[str] = []  # names of the enclosing classes

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        self._inside.append(node.name)
        self.generic_visit(node)
        self._inside.pop()

    def visit_Call(self, node: ast.Call) -> None:
        self.generic_visit(node)
        match node.func:
            case ast.Name("t") | ast.Attribute(attr="t"):
                self._note(node, 1)
            case ast.Name("self") if self._inside[-1:] == ["Translator"]:
                self._note(node, 1)
            case ast.Attribute(attr="plural"):
                self._note(node, 2)
            case ast.Attribute(attr="context") if len(node.args) == 2:  # noqa: PLR2004 - the context and the message
                self._note(node, 2, has_context=True)
            case ast.Name(name) if name in self._errors.plain and node.args:
                self._note(node, 1)
            case ast.Attribute(ast.Call(ast.Name("super")), "__init__") if set(self._inside[-1:]) & self._errors.all:
                self._note(node, 1)
            case _:
                pass

    def _note(self, call: ast.Call, count: int, *, has_context: bool = False) -> None:
        texts = [literal for argument in call.args[:count] if (literal := _literal(argument)) is not None]
        if has_context and len(texts) < count:
            return  # text of a command: extracted from the commands themselves
        if len(texts) != count:
            self._found.unreadable.append(f"{self._place}: {ast.unparse(call)}")
        elif has_context:
            self._found.add(Sentence(texts[1], context=texts[0]), self._place)
        else:
            self._found.add(Sentence(*texts), self._place)


def _literal(node: ast.expr) -> str | None:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else None


def domain_errors(trees: Iterable[ast.Module]) -> Errors:
    """The subclasses of `DomainError` in these files."""
    classes = [node for tree in trees for node in ast.walk(tree) if isinstance(node, ast.ClassDef)]
    bases = {node.name: {ast.unparse(base).rpartition(".")[2] for base in node.bases} for node in classes}
    names = {"DomainError"}
    while more := {name for name, parents in bases.items() if parents & names} - names:
        names |= more
    own = {node.name for node in classes if _speaks_for_itself(node)}
    return Errors(frozenset(names - {"DomainError"}), frozenset(names - own | {"DomainError"}))


def _speaks_for_itself(node: ast.ClassDef) -> bool:
    """Whether a class defines its own message, so that its constructor's arguments are not messages."""
    return any(isinstance(part, ast.FunctionDef) and part.name == "__init__" for part in node.body)
