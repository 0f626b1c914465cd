"""Updates and compiles the gettext catalogues: `python -m app.i18n.compile` writes them; `--check` only compares."""

import io
import sys
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

from app.i18n.extract import ROOT, Found, gather
from core.enums import Language
from core.i18n import DOMAIN, LOCALES

TRANSLATED: Final = tuple(language for language in Language if language is not Language.EN)
TEMPLATE: Final = LOCALES / f"{DOMAIN}.pot"

_LONG_AGO: Final = datetime(2026, 11, 21, tzinfo=UTC)  # a fixed time, so that the same code gives the same bytes
_PLURALS: Final = {
    Language.KO: "nplurals=1; plural=0;",
    Language.ES: "nplurals=2; plural=(n != 1);",
    Language.ZH_TW: "nplurals=1; plural=0;",
}


def template(found: Found) -> Catalog:
    """The messages as an untranslated catalogue. Locations are packages: file names would change when code moves."""
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
    """The catalogue of `language` from disk; an empty one when there is no file."""
    path = po_path(language)
    if not path.exists():
        return _empty(language)
    with path.open("rb") as file:
        return read_po(file, locale=_folder(language), domain=DOMAIN)


def merged(language: Language, fresh: Catalog) -> Catalog:
    """The translations of `language` for exactly the messages of `fresh`; new messages have an empty translation."""
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
    """The messages of `catalog` that lack a translation."""
    return [
        _key(message.id)
        for message in catalog
        if message.id and not all(message.string if isinstance(message.string, (tuple, list)) else (message.string,))
    ]


def as_po(catalog: Catalog) -> bytes:
    """`catalog` as the PO file that translators edit."""
    out = io.BytesIO()
    write_po(out, catalog, width=120, include_lineno=False)
    return out.getvalue()


def as_mo(catalog: Catalog) -> bytes:
    """`catalog` as the MO file that gettext reads; untranslated messages are left out and stay English."""
    out = io.BytesIO()
    write_mo(out, catalog)
    return out.getvalue()


def po_path(language: Language) -> Path:
    return LOCALES / _folder(language) / "LC_MESSAGES" / f"{DOMAIN}.po"


def mo_path(language: Language) -> Path:
    return po_path(language).with_suffix(".mo")


def wanted() -> dict[Path, bytes]:
    """The expected content of every catalogue file, from the current code and translations."""
    fresh = template(gather())
    files = {TEMPLATE: as_po(fresh)}
    for language in TRANSLATED:
        catalog = merged(language, fresh)
        files[po_path(language)] = as_po(catalog)
        files[mo_path(language)] = as_mo(catalog)
    return files


def main(arguments: Sequence[str]) -> int:
    """Write stale files, or with `--check` only list them; 1 when `--check` finds one or a translation is missing."""
    files = wanted()
    stale = [path for path, content in files.items() if not path.exists() or path.read_bytes() != content]
    if "--check" not in arguments:
        for path in stale:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(files[path])
    for path in stale:
        print(f"{path.relative_to(ROOT)} {'is stale' if '--check' in arguments else 'is written'}")  # noqa: T201 - command-line output
    gaps = {language: untranslated(load(language)) for language in TRANSLATED}
    for language, messages in gaps.items():
        for message in messages:
            print(f"{language.value} lacks words for: {message}")  # noqa: T201 - command-line output
    return int(any(gaps.values()) or (bool(stale) and "--check" in arguments))


class _Timeless(Catalog):
    """A catalogue whose header does not contain Babel's version."""

    @property
    def mime_headers(self) -> list[tuple[str, str]]:
        return [header for header in super().mime_headers if header[0] != "Generated-By"]

    @mime_headers.setter
    def mime_headers(self, headers: Iterable[tuple[str, str]]) -> None:
        # Babel's stubs confuse the property with the list that it returns.
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
        # Babel's own rule for Spanish has a third form for millions, which none of our messages needs.
        catalog.mime_headers = [("Plural-Forms", _PLURALS[language])]
    return catalog


def _key(identity: str | Sequence[str]) -> str:
    return identity if isinstance(identity, str) else identity[0]


def _folder(language: Language) -> str:
    return language.value.replace("-", "_")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
