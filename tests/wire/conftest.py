"""Payload files, and Discord's OpenAPI file as a judge of what we send."""

import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator, ValidationError
from referencing import Registry, Resource

from wire.body import Body

HERE = Path(__file__).parent
SPEC = Path(os.environ.get("LYCEUM_OPENAPI") or HERE.parents[2] / "shared" / "discord" / "openapi.json")

Payload = Callable[[str], bytes]
Judge = Callable[[str, object], object]


def _errors(validator: Any, instance: object) -> Iterator[ValidationError]:
    yield from validator.iter_errors(instance)


@pytest.fixture(scope="session")
def payload() -> Payload:
    return lambda name: (HERE / "payloads" / f"{name}.json").read_bytes()


@pytest.fixture(scope="session")
def discords_file() -> None:
    """For tests that ask nothing but what Discord's file says."""
    if not SPEC.exists():
        pytest.skip("Discord's OpenAPI file is not beside this repository, and LYCEUM_OPENAPI does not name it")


@pytest.fixture(scope="session")
def judge() -> Judge:
    """Takes a schema's name or JSON pointer and a payload; fails when Discord's file refuses it, else gives it.

    Without the file it only gives the payload, for what else the test says about it.
    """
    if not SPEC.exists():
        return lambda _, sent: json.loads(sent.content) if isinstance(sent, Body) else sent
    resource: Resource[Any] = Resource.opaque(json.loads(SPEC.read_bytes()))
    registry: Registry[Any] = Registry[Any]().with_resource("urn:discord", resource)
    validators: dict[str, Draft202012Validator] = {}

    def validate(schema: str, sent: object) -> object:
        pointer = schema if schema.startswith("/") else f"/components/schemas/{schema}"
        if pointer not in validators:
            validators[pointer] = Draft202012Validator({"$ref": f"urn:discord#{pointer}"}, registry=registry)
        decoded: Any = json.loads(sent.content) if isinstance(sent, Body) else sent
        errors = [f"{error.json_path}: {error.message[:200]}" for error in _errors(validators[pointer], decoded)]
        assert errors == []
        return decoded

    return validate
