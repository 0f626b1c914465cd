"""Discord's own description of its API, where the machine has it."""

import json
import os
from functools import lru_cache
from pathlib import Path
from typing import Any

import jsonschema
import pytest

Json = dict[str, Any]

BESIDE_THE_REPOSITORY = Path(__file__).parents[3] / "shared" / "discord" / "openapi.json"


@lru_cache
def description() -> Json | None:
    path = Path(os.environ.get("LYCEUM_OPENAPI") or BESIDE_THE_REPOSITORY)
    return json.loads(path.read_text(encoding="utf-8")) if path.exists() else None


def must_fit(shape: Any, schema: str) -> None:
    """Fails when a shape is not what Discord's file says; skips the test where the file is not there."""
    known = description()
    if known is None:
        pytest.skip("Discord's OpenAPI file is not here; LYCEUM_OPENAPI says where it is")
    reference = {"$ref": f"#/components/schemas/{schema}"}
    validator = jsonschema.Draft202012Validator(reference | {"components": known["components"]})
    errors = sorted(validator.iter_errors(shape), key=lambda error: list(error.path))  # pyright: ignore[reportUnknownMemberType, reportUnknownArgumentType, reportUnknownLambdaType]
    assert not errors, [f"{list(error.path)}: {error.message[:300]}" for error in errors]
