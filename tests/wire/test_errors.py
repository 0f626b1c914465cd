import pytest

from core.errors import OutsideTrouble
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
    assert issubclass(DiscordUnavailable, OutsideTrouble)
    assert not issubclass(DiscordUnavailable, DiscordError)


def test_limits_and_rules_say_field_limit_and_actual() -> None:
    too_much, too_little = LimitExceeded("content", limit=2000, actual=2001), LimitExceeded("rows", limit=1, actual=0)

    assert str(too_much) == "content: 2001 given, at most 2000 allowed"
    assert str(too_little) == "rows: 0 given, at least 1 allowed"
    assert str(NotAllowed("button", "needs a label")) == "button: needs a label"
    assert isinstance(too_much, ValueError)
