import pytest

from core.errors import ServiceUnavailable
from wire.errors import (
    BY_CODE,
    CannotDirectMessage,
    Denied,
    DiscordError,
    DiscordUnavailable,
    LimitExceeded,
    NotAllowed,
    PayloadTooLarge,
    Unauthorized,
    Unknown,
    UnknownMessage,
    duration,
    refusal,
)


@pytest.mark.parametrize(
    ("status", "code", "kind"),
    [
        (404, 10008, UnknownMessage),
        (403, 50007, CannotDirectMessage),
        (401, 0, Unauthorized),
        (403, 0, Denied),
        (404, 12345, Unknown),
        (413, 0, PayloadTooLarge),
        (400, 99999, DiscordError),
    ],
)
def test_refusal_is_typed_by_code_then_by_status(status: int, code: int, kind: type[DiscordError]) -> None:
    error = refusal(status, code, "No.", details={"a": 1})

    assert type(error) is kind
    assert (error.status, error.code, error.message, error.details) == (status, code, "No.", {"a": 1})
    assert str(error) == f"{status} {code}: No."


def test_every_code_that_the_product_treats_apart_has_a_type() -> None:
    assert {10003, 10004, 10007, 10008, 10013, 10015, 10062, 50001, 50007, 50013, 50035} <= BY_CODE.keys()


def test_discord_unavailable_is_trouble_outside() -> None:
    assert issubclass(DiscordUnavailable, ServiceUnavailable)
    assert not issubclass(DiscordUnavailable, DiscordError)


def test_limits_and_rules_say_field_limit_and_actual() -> None:
    too_much, too_little = LimitExceeded("content", limit=2000, actual=2001), LimitExceeded("rows", limit=1, actual=0)

    assert str(too_much) == "content: 2001 given, at most 2000 allowed"
    assert str(too_little) == "rows: 0 given, at least 1 allowed"
    assert str(NotAllowed("button", "needs a label")) == "button: needs a label"
    assert isinstance(too_much, ValueError)


def test_a_refusal_tells_each_field_and_why() -> None:
    tree = {
        "embeds": {"0": {"title": {"_errors": [{"code": "A", "message": "Must be 256 or fewer in length."}]}}},
        "_errors": [{"code": "B", "message": "Nothing to send"}, {"code": "C"}],
    }

    error = refusal(400, 50035, "Invalid Form Body", details=tree)

    assert error.reasons == (
        ("embeds.0.title", "Must be 256 or fewer in length."),
        ("", "Nothing to send"),
        ("", "C"),
    )
    assert str(error) == (
        "400 50035: Invalid Form Body (embeds.0.title: Must be 256 or fewer in length; Nothing to send; C)"
    )


def test_a_refusal_is_bounded_and_repeats_nothing_that_a_member_may_have_written() -> None:
    leaf = {"_errors": [{"code": "A", "message": f'Value "{"my secret words " * 40}" is not a valid URL.'}]}
    many = {str(number): leaf for number in range(30)}

    told = str(refusal(400, 50035, "Invalid Form Body", details=many))

    assert "secret" not in told
    assert told.startswith('400 50035: Invalid Form Body (0: Value "…" is not a valid URL; 1: ')
    assert told.endswith("; and 22 more)")


@pytest.mark.parametrize("tree", [None, [], "text", {"_errors": "text"}, {"a": ["b"]}, {"a": {"_errors": [None]}}])
def test_a_tree_of_another_shape_breaks_nothing(tree: object) -> None:
    assert str(refusal(400, 50035, "No.", details=tree)).startswith("400 50035: No.")


@pytest.mark.parametrize(
    ("seconds", "told"),
    [(0.2, "0 s"), (119, "119 s"), (150, "2 min"), (3600, "1 h"), (54_321.5, "15 h 5 min"), (86_399, "24 h")],
)
def test_a_wait_is_told_in_units_that_people_use(seconds: float, told: str) -> None:
    assert duration(seconds) == told
