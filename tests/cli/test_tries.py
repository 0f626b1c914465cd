from typing import Any

import pytest
import typer.main
from typer.core import TyperGroup

from cli.command_line import build
from cli.tries import heading, terminal_locale, valued_options


@pytest.mark.parametrize(
    ("environ", "locale"),
    [
        ({}, "en-US"),
        ({"LANG": "C.UTF-8"}, "en-US"),
        ({"LANG": "de_DE.UTF-8"}, "en-US"),
        ({"LANG": "en_GB.UTF-8"}, "en-GB"),
        ({"LANG": "de_DE.UTF-8", "LC_MESSAGES": "ko_KR.UTF-8"}, "ko"),
        ({"LC_ALL": "es_MX@euro", "LANG": "ko_KR"}, "es-ES"),
        ({"LANG": "zh_TW"}, "zh-TW"),
        ({"LANG": "zh_CN"}, "en-US"),
    ],
)
def test_a_terminal_is_answered_in_its_language(environ: dict[str, str], locale: str) -> None:
    assert terminal_locale(environ) == locale


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        ({}, ""),
        ({"as": "ada", "response": {"ms": None}}, "as ada"),
        ({"as": "ada", "response": {"ms": 8.4}}, "as ada, answered in 8 ms"),
        (
            {
                "as": "ada",
                "response": {"ms": 8.4},
                "timeline": [
                    {"at_ms": 0.1, "what": "sent"},
                    {"at_ms": 99.6, "what": "the deferred message arrived"},
                ],
            },
            "as ada, answered in 8 ms, complete after 100 ms",
        ),
    ],
)
def test_heading_says_who_and_how_fast(answer: dict[str, Any], words: str) -> None:
    assert heading(answer) == words


def test_every_option_of_try_that_takes_a_value_is_known() -> None:
    command = typer.main.get_command(build(whole=True))
    assert isinstance(command, TyperGroup)

    assert valued_options(command.commands["try"].params) == {
        "--as", "--guild", "--locale", "--press", "--select", "--field", "--user-menu", "--message-menu", "--target",
        "--save",
    }  # fmt: skip
