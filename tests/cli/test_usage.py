"""Every command answers wrong arguments with one sentence and exit code 2."""

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from enum import Enum
from typing import Any, get_args

import pytest
import typer

from cli.command_line import build
from cli.errors import MARK, USAGE
from cli.usage import version
from tests.cli.conftest import House, temporary_house

MANY = ["x"] * 9


def commands() -> Iterator[tuple[list[str], Any]]:
    """Each leaf command, with its command path."""

    def walk(command: Any, words: list[str]) -> Iterator[tuple[list[str], Any]]:
        inner: dict[str, Any] = getattr(command, "commands", {})
        for name, each in inner.items():
            yield from walk(each, [*words, name])
        if not inner:
            yield words, command

    return walk(typer.main.get_command(build(whole=True)), [])


def kind_of(param: Any) -> Any:
    kind = param.type_descriptor.annotation
    return next(iter(get_args(kind)), kind)  # the item type of a list


def is_typed(param: Any) -> bool:
    kind = kind_of(param)
    return kind in (int, float) or (isinstance(kind, type) and issubclass(kind, Enum))


def wrong_arguments(words: list[str], arguments: list[Any]) -> Iterator[list[str]]:
    if all(each.nargs == 1 for each in arguments):
        yield [*words, *MANY]
    if any(each.required for each in arguments):
        yield words
    if any(is_typed(each) for each in arguments):
        yield [*words, "many"]


def wrong_options(words: list[str], option: Any) -> Iterator[list[str]]:
    name = max(option.opts, key=len)  # the long form of the option
    if option.is_flag:
        yield [*words, f"{name}=x"]
        return
    yield [*words, name]
    if is_typed(option):
        yield [*words, f"{name}=many"]
    if option.min is not None:
        yield [*words, f"{name}={option.min - 1}"]
    if option.max is not None:
        yield [*words, f"{name}={option.max + 1}"]


def wrong_calls() -> Iterator[list[str]]:
    for words, command in commands():
        yield [*words, "--no-such-option"]
        options = [each for each in command.params if str(each.opts[0]).startswith("-")]
        yield from wrong_arguments(words, [each for each in command.params if each not in options])
        for option in options:
            yield from wrong_options(words, option)


WRONG = [
    *wrong_calls(),
    ["nonsense"],
    ["--no-such-option"],
    ["voice", "jion", "mina", "Library"],
    ["listener", "--shards", "all"],
    ["playground", "--endpoint", "foo"],
    ["playground", "--endpoint", "ftp://127.0.0.1/x"],
    ["playground", "--endpoint", "http://"],
    ["playground", "--host", "no such host"],
    ["commands", "diff", "--guild", "12"],
    ["commands", "sync", "--guild", str(1 << 64)],
    ["outbox", "retry"],
    ["outbox", "retry", "1", "--all"],
    ["outbox", "retry", "0"],
    ["outbox", "drop", str(1 << 63)],
    ["db", "seed", "--sessions", "5"],
    ["try"],
    ["try", "--field", "no value"],
    ["try", "--select", "no value"],
]


ONE_AFTER_THE_OTHER = """
import contextlib, io, json, sys
from cli.main import main
answers = []
for arguments in json.load(sys.stdin):
    sys.argv = ["lyceum", *arguments]
    out, err, code = io.StringIO(), io.StringIO(), None
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            main()
        except SystemExit as ended:
            code = ended.code
    answers.append((code, out.getvalue(), err.getvalue()))
print(json.dumps(answers))
"""

Answer = tuple[int, str, str]


@pytest.fixture(scope="module")
def ask() -> Iterator[Callable[[list[list[str]]], list[Answer]]]:
    """Results of many calls in one subprocess, which isolates their global state."""
    with temporary_house() as house:

        def run(calls: list[list[str]]) -> list[Answer]:
            done = subprocess.run(
                [sys.executable, "-P", "-c", ONE_AFTER_THE_OTHER],
                input=json.dumps(calls),
                env=house.environ,
                cwd=house.folder,
                capture_output=True,
                text=True,
                timeout=120,
                check=False,
            )
            assert done.returncode == 0, done.stderr
            return [(code, out, err) for code, out, err in json.loads(done.stdout)]

        yield run


@pytest.fixture(scope="module")
def wrong(ask: Callable[[list[list[str]]], list[Answer]]) -> dict[str, Answer]:
    return dict(zip((" ".join(each) for each in WRONG), ask(WRONG), strict=True))


@pytest.mark.parametrize("call", [" ".join(each) for each in WRONG])
def test_a_wrong_call_is_one_sentence_and_exit_code_two(wrong: dict[str, Answer], call: str) -> None:
    code, out, err = wrong[call]

    assert (code, out, err.count("\n")) == (USAGE, "", 1), (out, err)
    assert err.startswith(f"{MARK} ")
    assert not any(word in err for word in ("Traceback", "Input should", "Value error", "broke on our side"))


def test_every_command_is_tried() -> None:
    called = {" ".join(words) for words, _ in commands()}

    assert {"up", "web", "try", "doctor", "voice simulate", "db upgrade", "commands sync", "outbox drop"} <= called


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["playground", "--port", "x"], '--port must be a whole number from 1 to 65535, not "x"'),
        (["voice", "simulate", "--speed", "fast"], '--speed must be a number from 1 to 3600, not "fast"'),
        (
            ["outbox", "list", "--status", "x"],
            '--status must be one of pending, done, failed, needs_attention, not "x"',
        ),
        (["outbox", "drop", "x"], 'ID must be a whole number, not "x"'),
        (["voice", "join"], "NAME is missing"),
        (["voice", "jion"], 'lyceum voice has no command "jion"; did you mean join?'),
        (["voice", "join", "a", "b", "c"], '"c" is more than lyceum voice join takes'),
        (["commands", "diff", "--guidl"], "lyceum commands diff has no option --guidl; did you mean --guild?"),
        (["try", "--save"], "--save needs a value"),
        (["doctor", "--json=x"], "--json takes no value"),
    ],
)
def test_the_sentence_says_what_has_to_be_there(
    ask: Callable[[list[list[str]]], list[Answer]], arguments: list[str], told: str
) -> None:
    [(_, _, err)] = ask([arguments])

    assert err.startswith(f"{MARK} {told}: `lyceum ")


def test_the_version_is_told(house: House) -> None:
    told = house.run("--version")

    assert (told.returncode, told.stdout, told.stderr) == (0, f"lyceum {version()}\n", "")
