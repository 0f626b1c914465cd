"""Keeps the catalogues in step with the code: `python -m app.catalogues` gathers and compiles; `--check` only looks.

Every sentence stands in the code in English. It is found there by what it is given to: a `Words`, or a `DomainError`.
Names and descriptions of commands come from the features themselves, in the contexts in which Discord's list asks.
"""

import ast
import io
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

from core.enums import Language
from core.words import DOMAIN, LOCALES
from handlers import FEATURES
from handlers.feature import Feature
from wire import commands

ROOT: Final = LOCALES.parents[1]
ROOMS: Final = ("core", "services", "render", "wire", "handlers", "app")
TRANSLATED: Final = tuple(language for language in Language if language is not Language.EN)
TEMPLATE: Final = LOCALES / f"{DOMAIN}.pot"

_LONG_AGO: Final = datetime(
    2026, 11, 21, tzinfo=UTC
)  # catalogues carry no time of their own: the same code, the same bytes
_PLURALS: Final = {
    Language.KO: "nplurals=1; plural=0;",
    Language.ES: "nplurals=2; plural=(n != 1);",
    Language.ZH_TW: "nplurals=1; plural=0;",
}


@dataclass(frozen=True, slots=True, order=True)
class Sentence:
    """One message that people can meet, and what the catalogues call it."""

    one: str
    many: str = ""  # empty: no plural
    context: str = ""  # empty: no context


@dataclass(slots=True)
class Found:
    """What a look through the code brought up."""

    sentences: dict[Sentence, set[str]] = field(
        default_factory=dict[Sentence, set[str]]
    )  # with the files they stand in
    unreadable: list[str] = field(default_factory=list[str])  # calls whose message is no literal

    def add(self, sentence: Sentence, place: str) -> None:
        self.sentences.setdefault(sentence, set()).add(place)


def gather(root: Path = ROOT, features: Sequence[Feature] = FEATURES) -> Found:
    """Every sentence of the code below `root` and of the commands of `features`."""
    found = Found()
    trees = {
        path.relative_to(root).as_posix(): ast.parse(path.read_text(encoding="utf-8"))
        for room in ROOMS
        for path in sorted((root / room).rglob("*.py"))
    }
    errors = domain_errors(trees.values())
    for place, tree in trees.items():
        if place == "core/errors.py":
            continue  # passes on what others say
        read(tree, place, errors, found)
    for feature in features:
        for command in feature.commands:
            for sentence in texts_of(command):
                found.add(sentence, f"handlers/{feature.name}.py")
    return found


def read(tree: ast.Module, place: str, errors: "Errors", found: Found) -> None:
    """Add the sentences of one file to `found`."""
    _Reader(place, errors, found).visit(tree)


def texts_of(command: commands.Command) -> Iterator[Sentence]:
    """The names, descriptions and choices of one command, in the order in which Discord's list asks for them."""
    texts: list[Sentence] = []

    def note(context: str, text: str) -> Mapping[str, str]:
        texts.append(Sentence(text, context=context))
        return {}

    commands.to_json(command, note)
    return iter(texts)


def template(found: Found) -> Catalog:
    """The sentences as an untranslated catalogue, each with its rooms: files would change it whenever code moves."""
    catalog = _empty(None)
    for sentence, places in sorted(found.sentences.items()):
        catalog.add(
            (sentence.one, sentence.many) if sentence.many else sentence.one,
            locations=[(room, 0) for room in sorted({place.partition("/")[0] for place in places})],
            context=sentence.context or None,
            flags=["python-brace-format"] if "{" in sentence.one + sentence.many else [],
        )
    return catalog


def load(language: Language) -> Catalog:
    """The catalogue of `language` as it stands on disk; an empty one when there is none yet."""
    path = po_path(language)
    if not path.exists():
        return _empty(language)
    with path.open("rb") as file:
        return read_po(file, locale=_folder(language), domain=DOMAIN)


def merged(language: Language, fresh: Catalog) -> Catalog:
    """The translations of `language` for exactly the sentences of `fresh`; new ones stand there without words."""
    old = load(language)
    catalog = _empty(language)
    for message in fresh:
        if not message.id:
            continue
        known = old.get(_key(message.id), message.context)
        catalog.add(
            message.id,
            known.string if known else "",
            locations=message.locations,
            flags=message.flags,
            context=message.context,
            user_comments=known.user_comments if known else (),
        )
    return catalog


def untranslated(catalog: Catalog) -> list[str]:
    """The messages of `catalog` that lack words."""
    return [
        _key(message.id)
        for message in catalog
        if message.id and not all(message.string if isinstance(message.string, (tuple, list)) else (message.string,))
    ]


def as_po(catalog: Catalog) -> bytes:
    """`catalog` as the text that people edit."""
    out = io.BytesIO()
    write_po(out, catalog, width=120, include_lineno=False)
    return out.getvalue()


def as_mo(catalog: Catalog) -> bytes:
    """`catalog` as gettext reads it; sentences without words are left out and stay English."""
    out = io.BytesIO()
    write_mo(out, catalog)
    return out.getvalue()


def po_path(language: Language) -> Path:
    return LOCALES / _folder(language) / "LC_MESSAGES" / f"{DOMAIN}.po"


def mo_path(language: Language) -> Path:
    return po_path(language).with_suffix(".mo")


def wanted() -> dict[Path, bytes]:
    """Every file of the catalogues as it should be, by the code and the translations of this moment."""
    fresh = template(gather())
    files = {TEMPLATE: as_po(fresh)}
    for language in TRANSLATED:
        catalog = merged(language, fresh)
        files[po_path(language)] = as_po(catalog)
        files[mo_path(language)] = as_mo(catalog)
    return files


def main(arguments: Sequence[str]) -> int:
    """Write what is stale, or with `--check` only name it; 1 when something is stale or lacks words."""
    files = wanted()
    stale = [path for path, content in files.items() if not path.exists() or path.read_bytes() != content]
    if "--check" not in arguments:
        for path in stale:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(files[path])
    for path in stale:
        print(f"{path.relative_to(ROOT)} {'is stale' if '--check' in arguments else 'is written'}")  # noqa: T201 - a command
    gaps = {language: untranslated(load(language)) for language in TRANSLATED}
    for language, messages in gaps.items():
        for message in messages:
            print(f"{language.value} lacks words for: {message}")  # noqa: T201 - a command
    return int(any(gaps.values()) or (bool(stale) and "--check" in arguments))


@dataclass(frozen=True, slots=True)
class Errors:
    """The names of `DomainError` and of all classes that come from it."""

    all: frozenset[str]
    plain: frozenset[str]  # those that are made with a message


class _Reader(ast.NodeVisitor):
    """Finds what is given to words and errors in one file."""

    def __init__(self, place: str, errors: Errors, found: Found) -> None:
        self._place = place
        self._errors = errors
        self._found = found
        self._inside: list[str] = []  # names of the classes around

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        self._inside.append(node.name)
        self.generic_visit(node)
        self._inside.pop()

    def visit_Call(self, node: ast.Call) -> None:
        self.generic_visit(node)
        match node.func:
            case ast.Name("words") | ast.Attribute(attr="words"):
                self._note(node, 1)
            case ast.Name("self") if self._inside[-1:] == ["Words"]:
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
            return  # the words of a command: they come with the commands themselves
        if len(texts) != count:
            self._found.unreadable.append(f"{self._place}: {ast.unparse(call)}")
        elif has_context:
            self._found.add(Sentence(texts[1], context=texts[0]), self._place)
        else:
            self._found.add(Sentence(*texts), self._place)


def _literal(node: ast.expr) -> str | None:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else None


def domain_errors(trees: Iterable[ast.Module]) -> Errors:
    """Which classes of these files are refusals."""
    classes = [node for tree in trees for node in ast.walk(tree) if isinstance(node, ast.ClassDef)]
    bases = {node.name: {ast.unparse(base).rpartition(".")[2] for base in node.bases} for node in classes}
    names = {"DomainError"}
    while more := {name for name, parents in bases.items() if parents & names} - names:
        names |= more
    own = {node.name for node in classes if _speaks_for_itself(node)}
    return Errors(frozenset(names - {"DomainError"}), frozenset(names - own | {"DomainError"}))


def _speaks_for_itself(node: ast.ClassDef) -> bool:
    """Whether a class brings its own message, so that what it is made with is none."""
    return any(isinstance(part, ast.FunctionDef) and part.name == "__init__" for part in node.body)


class _Timeless(Catalog):
    """A catalogue whose header does not change when Babel does."""

    @property
    def mime_headers(self) -> list[tuple[str, str]]:
        return [header for header in super().mime_headers if header[0] != "Generated-By"]

    @mime_headers.setter
    def mime_headers(self, headers: Iterable[tuple[str, str]]) -> None:
        # Babel's stubs take the property for the list it gives.
        Catalog.mime_headers.__set__(self, headers)  # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType]


def _empty(language: Language | None) -> Catalog:
    catalog = _Timeless(
        locale=_folder(language) if language else None,
        domain=DOMAIN,
        header_comment="# Lyceum's words. The English sentences in the code are the keys; keep every {fact} as it is.",
        project="Lyceum",
        version="1",
        msgid_bugs_address="the issue tracker",
        creation_date=_LONG_AGO,
        revision_date=_LONG_AGO,
        last_translator="the Lyceum contributors",
        language_team=language.value if language else "LANGUAGE",
        fuzzy=False,
    )
    if language:
        # Babel's own rule for Spanish has grown a third form for millions, which no sentence of ours needs.
        catalog.mime_headers = [("Plural-Forms", _PLURALS[language])]
    return catalog


def _key(identity: str | Sequence[str]) -> str:
    return identity if isinstance(identity, str) else identity[0]


def _folder(language: Language) -> str:
    return language.value.replace("-", "_")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
