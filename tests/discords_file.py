"""Validates payloads against Discord's OpenAPI file; without it (path: LYCEUM_OPENAPI) everything passes."""

import os
from pathlib import Path
from typing import Any, Final

import pytest

from playground.validation.openapi import Description

BESIDE_THE_REPOSITORY: Final = Path(__file__).parents[2] / "shared" / "discord" / "openapi.json"
SPEC: Final = Path(os.environ.get("LYCEUM_OPENAPI") or BESIDE_THE_REPOSITORY)
DESCRIPTION: Final = Description(SPEC)


def refusals(schema: str, sent: object) -> list[str]:
    """The validation errors of `sent` by Discord's file; `schema` is a schema's name or a JSON pointer."""
    return [str(finding) for finding in DESCRIPTION.findings(schema, sent)]


def must_be_here() -> None:
    """Skip the test if Discord's file is missing."""
    if not DESCRIPTION.is_there:
        pytest.skip("Discord's OpenAPI file is not beside this repository, and LYCEUM_OPENAPI does not name it")


def must_fit(shape: Any, schema: str) -> None:
    """Fail if a payload is not valid by Discord's file; skip the test if the file is missing."""
    must_be_here()
    assert refusals(schema, shape) == []
