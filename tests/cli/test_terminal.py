"""Terminals that are not UTF-8: the output is the same, with unsupported characters replaced."""

import json
import subprocess
import sys
from typing import Any

import pytest

from cli.terminal import argument_text, is_unicode, path_text
from tests.cli.conftest import House
from tests.paths import ROOT

POSIX = {"LC_ALL": "POSIX", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
TERMINALS: list[dict[str, str]] = [{"PYTHONIOENCODING": "ascii"}, POSIX, {"PYTHONIOENCODING": "latin-1"}]
ASCII, LATIN = "ascii", "latin-1"
READY = "Ctrl-C stops everything."

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform != "linux", reason="processes are looked up in /proc"),
]


def name_of(terminal: dict[str, str]) -> str:
    return terminal.get("PYTHONIOENCODING", "POSIX")


def run(house: House, terminal: dict[str, str], *arguments: str | bytes) -> "subprocess.CompletedProcess[bytes]":
    return subprocess.run(
        [sys.executable, "-P", "-m", "cli", *arguments],
        env={**house.environ, **terminal},
        cwd=house.folder,
        capture_output=True,
        timeout=60,
        check=False,
    )


def test_everything_works_in_a_terminal_that_knows_few_characters(house: House) -> None:
    with house.start("up", **POSIX) as up:
        up.wait_for(READY)
        told = {
            (name_of(terminal), name): run(house, terminal, *arguments)
            for terminal in TERMINALS
            for name, arguments in {
                "try": ("try", "/profile", "--as", "priya", "--save", "bilder-é".encode()),
                "json": ("try", "/streak", "--as", "김민아".encode(), "--json"),
                "doctor": ("doctor",),
                "doctor json": ("doctor", "--json"),
                "voice": ("voice", "join", "مينا".encode(), "Deep Work"),
                "commands": ("commands", "diff"),
                "outbox": ("outbox", "list"),
            }.items()
        }
        said = up.said()

    for (terminal, name), answer in told.items():
        encoding = LATIN if terminal == "latin-1" else ASCII
        assert b"broke on our side" not in answer.stdout + answer.stderr, (terminal, name, answer.stderr)
        answer.stdout.decode(encoding)  # raises if a character is not in the terminal's encoding
        if name != "voice":
            assert answer.returncode == 0, (terminal, name, answer.stdout, answer.stderr)
    assert b"| " in told["POSIX", "try"].stdout
    assert b"saved as bilder-" in told["POSIX", "try"].stdout
    assert told["POSIX", "doctor"].stdout.startswith(b"+ environment")
    reply: dict[str, Any] = json.loads(told["POSIX", "json"].stdout)
    assert reply["as"] == json.loads(told["ascii", "json"].stdout)["as"]
    assert said.startswith("+ PostgreSQL runs (")
    said.encode("ascii")


@pytest.mark.parametrize("terminal", TERMINALS, ids=name_of)
@pytest.mark.parametrize(
    "arguments",
    [["--help"], ["voice", "-h"], ["try", "--help"], ["doctor"], ["nope"], ["commands", "diff"], ["up", "x"]],
)
def test_every_answer_and_refusal_can_be_shown(
    house: House, empty_database_url: str, terminal: dict[str, str], arguments: list[str]
) -> None:
    answer = run(house, terminal | {"DATABASE_URL": empty_database_url}, *arguments)

    assert b"broke on our side" not in answer.stdout + answer.stderr
    assert b"Traceback" not in answer.stderr
    (answer.stdout + answer.stderr).decode(LATIN if terminal.get("PYTHONIOENCODING") == "latin-1" else ASCII)


def test_signs_and_letters_fall_back_and_the_rest_is_a_question_mark() -> None:
    code = (
        "import sys; from cli import terminal; terminal.adapt(); "
        "print('✓ Zoë → 김 ﬁ e\\u0301 👩\\u200d🚀 …'); print('✗ 김', file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={"PYTHONIOENCODING": "ascii", "PYTHONPATH": str(ROOT)},
        capture_output=True,
        check=True,
        timeout=60,
    )

    assert done.stdout == b"+ Zoe -> ? fi e ?? ...\n"
    assert done.stderr == b"x \\uae40\n"


def test_arguments_are_read_as_they_were_typed(house: House) -> None:
    refused = run(house, POSIX, "voice", "join", b"\xff\xfe", "Library")

    assert argument_text("김".encode().decode("ascii", "surrogateescape")) == "김"
    assert argument_text("mina") == "mina"
    assert (refused.returncode, refused.stderr) == (
        2,
        b'x "\\udcff\\udcfe" is not written in UTF-8: set the terminal to UTF-8, such as with LC_ALL=C.UTF-8.\n',
    )


def test_names_of_files_and_encodings() -> None:
    assert path_text("bilder") == "bilder"
    assert [is_unicode(each) for each in ("utf-8", "UTF-8", "utf_16", "ascii", "ISO-8859-1", None)] == [True] * 3 + [
        False
    ] * 3
