import json
from pathlib import Path
from typing import Any

import pytest
import typer.main
from typer.core import TyperGroup

from cli.command_line import build
from cli.errors import USAGE
from cli.try_command import heading, terminal_locale, valued_options
from tests.cli.conftest import House
from tests.local_discord import local_discord
from tests.playground.small_app import small_app


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


def test_a_press_after_a_command_is_on_its_reply_alone(house: House, tmp_path: Path) -> None:
    with local_discord(tmp_path, port=house.playground_port) as discord, small_app(discord) as app:
        shown = house.run("try", "/panel", "--json")
        elsewhere = house.run("try", "/now", "--press", "Next month")
        chosen = house.run("try", "/now", "--select", "Board=Focus")
        paged = house.run("try", "/panel", "--press", "Next month", "--press", "🔥", "--select", "Board=XP", "--json")
        reported = house.run(
            "try", "/panel", "--press", "Form", "--field", "Title=x", "--press", "Next month", "--json"
        )
        later = house.run("try", "--press", "Next month", "--json")

    assert (elsewhere.returncode, "That reply has no buttons." in elsewhere.stderr) == (USAGE, True), elsewhere
    assert (chosen.returncode, "That reply has no menu" in chosen.stderr) == (USAGE, True), chosen
    steps = {name: _messages(run.stdout) for name, run in (("paged", paged), ("reported", reported), ("later", later))}
    assert len(set(steps["paged"])) == 1
    assert steps["paged"][0] != _messages(shown.stdout)[0]
    first, form, thanks, pressed = steps["reported"]
    assert (form, pressed) == (None, first)
    assert thanks not in (None, first)
    assert steps["later"] == [pressed]  # without a step before it, the click uses the latest reply with that button
    assert len(app.seen) == 12


def _messages(printed: str) -> list[str | None]:
    """The message of each step."""
    answers = [json.loads(line) for line in printed.splitlines()]
    return [answer["message"] and answer["message"]["id"] for answer in answers]
