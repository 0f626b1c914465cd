"""Discord's own description of its API as a judge; without the file (LYCEUM_OPENAPI says where) everything passes."""

import json
import os
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path
from typing import Any, Final, cast

from jsonschema import Draft202012Validator, ValidationError
from referencing import Registry, Resource

SPEC: Final = Path(
    os.environ.get("LYCEUM_OPENAPI") or Path(__file__).parents[2] / "shared" / "discord" / "openapi.json"
)
CALLBACKS: Final = {
    1: "PongInteractionCallbackRequest",
    4: "CreateMessageInteractionCallbackRequest",
    5: "CreateMessageInteractionCallbackRequest",
    6: "UpdateMessageInteractionCallbackRequest",
    7: "UpdateMessageInteractionCallbackRequest",
    8: "ApplicationCommandAutocompleteCallbackRequest",
    9: "ModalInteractionCallbackRequest",
}
EDIT: Final = "IncomingWebhookUpdateRequestPartial"
FOLLOW_UP: Final = "IncomingWebhookRequestPartial"
COMMANDS: Final = "/paths/~1applications~1{application_id}~1commands/put/requestBody/content/application~1json/schema"


def refusals(schema: str, sent: object) -> list[str]:
    """What Discord's file says against `sent`; `schema` is a name or a JSON pointer."""
    if not SPEC.exists():
        return []
    found = cast("Iterable[ValidationError]", cast("Any", _validator(schema)).iter_errors(sent))
    return [f"{error.json_path}: {error.message[:200]}" for error in found]


@lru_cache
def _validator(schema: str) -> Draft202012Validator:
    pointer = schema if schema.startswith("/") else f"/components/schemas/{schema}"
    return Draft202012Validator({"$ref": f"urn:discord#{pointer}"}, registry=_registry())


@lru_cache(maxsize=1)
def _registry() -> "Registry[Any]":
    resource: Resource[Any] = Resource.opaque(json.loads(SPEC.read_bytes()))
    return Registry[Any]().with_resource("urn:discord", resource)
