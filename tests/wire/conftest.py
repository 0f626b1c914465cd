"""Fixtures: payload files, and validation of sent payloads against Discord's OpenAPI file."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests import discords_file as file
from wire.body import Body

HERE = Path(__file__).parent

Payload = Callable[[str], bytes]
Judge = Callable[[str, object], object]


@pytest.fixture(scope="session")
def payload() -> Payload:
    return lambda name: (HERE / "payloads" / f"{name}.json").read_bytes()


@pytest.fixture(scope="session")
def discords_file() -> None:
    """Skips a test that only validates against Discord's file if the file is missing."""
    file.must_be_here()


@pytest.fixture(scope="session")
def judge() -> Judge:
    """Validates a payload by a schema's name or JSON pointer; fails if it is invalid, else returns the payload.

    Without Discord's file it only returns the payload, for the test's other assertions.
    """

    def validate(schema: str, sent: object) -> object:
        decoded: Any = json.loads(sent.content) if isinstance(sent, Body) else sent
        assert file.refusals(schema, decoded) == []
        return decoded

    return validate
