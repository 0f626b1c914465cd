"""Wording of all error messages: cause and next step, without ids, blame or developer jargon."""

import inspect
import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from enum import Enum
from typing import Any

import pytest

from app.commands.sync import commands_json
from app.interactions import dispatch
from core.enums import Language
from core.errors import DomainError
from core.i18n import translator_for
from handlers import FEATURES
from services.timezones.search import ZoneChoice

UNKIND = re.compile(
    r"\b(error|exception|invalid|failed|failure|illegal|wrong|null|none|must|cannot be)\b", re.IGNORECASE
)
SAMPLES: dict[object, object] = {
    str: "Ana",
    int: 3,
    datetime: datetime(2026, 11, 21, tzinfo=UTC),
    date: date(2026, 11, 21),
    timedelta: timedelta(hours=4),
    tuple[ZoneChoice, ...]: (ZoneChoice("America/Chicago", "Chicago", "09:05", "UTC−6"),),
}


def _all(kind: type[DomainError]) -> Iterator[type[DomainError]]:
    for each in kind.__subclasses__():
        if not each.__module__.startswith("tests"):
            yield each
        yield from _all(each)


def _sample(annotation: Any) -> Any:
    if isinstance(annotation, type) and issubclass(annotation, Enum):
        return next(iter(annotation))
    return SAMPLES[annotation]


assert dispatch  # imports every module that defines errors: features by the list, the app by this
REFUSALS = sorted(set(_all(DomainError)), key=lambda each: each.__name__) if commands_json(FEATURES) else []


@pytest.mark.parametrize("kind", REFUSALS, ids=lambda each: each.__name__)
def test_a_refusal_says_what_is_so_and_what_to_do(kind: type[DomainError]) -> None:
    parameters = list(inspect.signature(kind.__init__, eval_str=True).parameters.values())[1:]
    error = kind(*(_sample(each.annotation) for each in parameters))

    sentence = str(error)
    assert sentence == error.message(translator_for(Language.EN))
    assert re.search(r"[.?!:] \S", sentence), "one part says what is so, another what to do next"
    assert sentence.endswith(".")
    assert not UNKIND.search(sentence)
    assert not re.search(r"\d{15,}", sentence)


def test_there_are_refusals() -> None:
    assert len(REFUSALS) > 8
