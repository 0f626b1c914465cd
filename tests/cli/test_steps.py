import pytest

from cli.errors import USAGE, CliError
from cli.steps import Step, read_steps

VALUED = frozenset({"--as", "--press", "--target"})


def steps(
    text: str | None, *arguments: str, target: str | None = None, completes: bool = False
) -> list[tuple[str, object]]:
    return [
        (one.name, one.request)
        for one in read_steps(text, arguments, valued=VALUED, target=target, completes=completes)
    ]


def test_steps_run_in_the_order_in_which_they_are_written() -> None:
    found = steps(
        "/leaderboard",
        "--press", "Next", "--as", "--press", "/leaderboard", "--select=Board=xp, streak", "--press", "Jump to me",
    )  # fmt: skip

    assert found == [
        ("/leaderboard", {"text": "/leaderboard"}),
        ("press Next", {"press": "Next"}),
        ("choose xp, streak in Board", {"select": "Board", "values": ["xp", "streak"]}),
        ("press Jump to me", {"press": "Jump to me"}),
    ]


def test_steps_send_neighbouring_fields_together() -> None:
    found = steps(None, "--field", "Title=Exam=week", "--field=Notes=", "--press", "Edit", "--field", "Title=Rest")

    assert found == [
        ("submit", {"submit": {"Title": "Exam=week", "Notes": ""}}),
        ("press Edit", {"press": "Edit"}),
        ("submit", {"submit": {"Title": "Rest"}}),
    ]


def test_steps_take_a_command_with_or_without_its_slash() -> None:
    assert read_steps(" profile ", ["profile"], valued=VALUED, target=None, completes=False) == [
        Step("/profile", {"text": "/profile"})
    ]


def test_steps_can_ask_for_completions() -> None:
    found = steps("/my timezone zone:seo", "--autocomplete", completes=True)

    assert found == [("/my timezone zone:seo …", {"autocomplete": "/my timezone zone:seo"})]


def test_steps_use_menus_on_somebody() -> None:
    found = steps(None, "--user-menu", "Profile", "--target", "ada", target="ada")

    assert found == [("Profile on ada", {"user_menu": "Profile", "target": "ada"})]


def test_steps_use_menus_without_a_target() -> None:
    assert steps(None, "--user-menu=Profile", "--message-menu", "Star") == [
        ("Profile", {"user_menu": "Profile"}),
        ("Star", {"message_menu": "Star"}),
    ]
    assert steps(None, "--message-menu", "Star", target="7") == [
        ("Star on 7", {"message_menu": "Star", "message": "7"})
    ]


def test_steps_end_where_options_end() -> None:
    assert steps("/help", "--", "--press", "Next") == [("/help", {"text": "/help"})]


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ([], 'Say what to try, for example: lyceum try "/profile".'),
        (["--select", "Board"], '--select is written --select "LABEL=VALUE,VALUE", and "Board" is not.'),
        (["--field", "=x"], '--field is written --field "NAME=VALUE", and "=x" is not.'),
    ],
)
def test_steps_say_what_is_wrong(arguments: list[str], sentence: str) -> None:
    with pytest.raises(CliError) as problem:
        read_steps(None, arguments, valued=VALUED, target=None, completes=False)

    assert (str(problem.value), problem.value.code) == (sentence, USAGE)
