import ast
import os
import shutil
import string
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from app.commands.sync import commands_json
from app.i18n import compile as catalogues
from app.i18n.compile import TRANSLATED, as_mo, load, mo_path, template, wanted
from app.i18n.extract import ROOMS, ROOT, Found, Sentence, domain_errors, gather, read
from core.enums import Language
from core.i18n import translator_for
from handlers import FEATURES
from tests.on_other_days import environ_of_child

SENTENCES_MIN = 405  # as many as there were when the folders were made; a move that hides some fails here

MARKS = ("**", "`", "<", ">")


@pytest.fixture(scope="module")
def found() -> Found:
    return gather()


def test_catalogues_are_in_step_with_the_code() -> None:
    stale = [path.name for path, content in wanted().items() if not path.exists() or path.read_bytes() != content]

    assert stale == [], "Run: python -m app.i18n.compile"


def test_the_sentences_are_found_where_the_code_is(found: Found) -> None:
    assert len(found.sentences) >= SENTENCES_MIN


def test_every_message_in_the_code_can_be_read(found: Found) -> None:
    assert found.unreadable == []


@pytest.mark.parametrize("language", TRANSLATED)
def test_every_sentence_is_translated(language: Language) -> None:
    assert catalogues.untranslated(load(language)) == []


@pytest.mark.parametrize("language", TRANSLATED)
def test_no_translation_is_only_guessed(language: Language) -> None:
    assert [message.id for message in load(language) if message.id and message.fuzzy] == []


@pytest.mark.parametrize("language", TRANSLATED)
def test_compiled_catalogues_are_those_of_the_text(language: Language, found: Found) -> None:
    assert mo_path(language).read_bytes() == as_mo(catalogues.merged(language, template(found)))


@pytest.mark.parametrize("language", TRANSLATED)
def test_every_fact_and_every_mark_is_kept(language: Language) -> None:
    for message in load(language):
        if not message.id:
            continue
        original = _texts(message.id)[-1]
        for text in _texts(message.string):
            assert _facts(text) == _facts(original), text
            for mark in MARKS:
                assert text.count(mark) == original.count(mark), text
            assert text.strip() == text
            assert text.count("\n") == original.count("\n")


@pytest.mark.parametrize("language", TRANSLATED)
def test_commands_named_in_a_sentence_bear_their_own_name(language: Language) -> None:
    t = translator_for(language)
    known = {path for feature in FEATURES for each in feature.commands for path in each.paths}
    for message in load(language):
        if not message.id:
            continue
        original = _texts(message.id)[0]
        for path in sorted(known, key=len, reverse=True):
            if f"/{path}" in original and not message.context:
                first, *rest = path.split()
                shown = [t.context("command name", first), *(t.context("option name", each) for each in rest)]
                assert f"/{' '.join(shown)}" in _texts(message.string)[0]
                original = original.replace(f"/{path}", "")


@pytest.mark.parametrize("language", list(Language))
@pytest.mark.parametrize("count", [0, 1, 2, 5, 1_000_000])
def test_every_plural_can_be_said(language: Language, count: int, found: Found) -> None:
    for sentence in found.sentences:
        if sentence.many:
            said = translator_for(language).plural(
                sentence.one, sentence.many, count
            )  # plural forms use only the count as a parameter
            assert translator_for(language).number(count) in said


def test_no_command_breaks_a_limit_of_discord_in_any_language() -> None:
    assert len(commands_json(FEATURES)) == sum(len(feature.commands) for feature in FEATURES)


def test_the_command_mends_what_is_stale_and_names_what_lacks_words(tmp_path: Path) -> None:
    for room in (*ROOMS, "db"):
        shutil.copytree(ROOT / room, tmp_path / room)
    mo = tmp_path / "core" / "locales" / "ko" / "LC_MESSAGES" / "lyceum.mo"
    mo.write_bytes(b"stale")
    with (tmp_path / "handlers" / "looks.py").open("a", encoding="utf-8") as file:
        file.write('\n\ndef greet(t: Translator) -> str:\n    return t("Hello {name}", name="you")\n')

    looked = _command(tmp_path, "--check")
    wrote = _command(tmp_path)
    again = _command(tmp_path, "--check")

    gaps = [f"{language.value} lacks words for: Hello {{name}}" for language in TRANSLATED]
    assert looked.returncode == wrote.returncode == again.returncode == 1
    assert "core/locales/ko/LC_MESSAGES/lyceum.mo is stale" in looked.stdout.splitlines()
    assert "core/locales/ko/LC_MESSAGES/lyceum.mo is written" in wrote.stdout.splitlines()
    assert wrote.stdout.splitlines()[-3:] == again.stdout.splitlines() == gaps
    assert mo.read_bytes() == mo_path(Language.KO).read_bytes()


def _command(root: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    environ = os.environ | environ_of_child(root)
    command = [sys.executable, "-m", "app.i18n.compile", *arguments]
    return subprocess.run(command, cwd=root, env=environ, capture_output=True, text=True, check=False)


def test_a_sentence_is_found_wherever_it_is_said() -> None:
    code = """
class Late(DomainError):
    def __init__(self, name):
        super().__init__("{name} is late. Wait.", name=name)

class Plain(Late2, errors.DomainError): ...

def say(t, deps, error):
    t("One")
    deps.t("Two " "parts")
    t.plural("{count} a", "{count} b", 3)
    t.context("menu", "Three")
    t(error)
    raise DomainError("Four")
    raise Plain("Five")
    raise Late("no message")
"""
    found = Found()
    tree = ast.parse(code)

    read(tree, "somewhere.py", domain_errors([tree]), found)

    assert set(found.sentences) == {
        Sentence("{name} is late. Wait."),
        Sentence("One"),
        Sentence("Two parts"),
        Sentence("{count} a", "{count} b"),
        Sentence("Three", context="menu"),
        Sentence("Four"),
        Sentence("Five"),
    }
    assert found.unreadable == ["somewhere.py: t(error)"]


def _texts(text: str | Sequence[str] | None) -> list[str]:
    return [text] if isinstance(text, str) else list(text or ())


def _facts(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}
