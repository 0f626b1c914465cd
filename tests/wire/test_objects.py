"""Our types parse every object that Discord's OpenAPI file allows in interactions and REST responses."""

import json
from typing import Any, Final

import pytest
from msgspec.json import Decoder

from tests import discords_file
from wire.objects import Attachment, Entitlement, Member, ReceivedMessage, Role, User
from wire.rest import Application

Json = dict[str, Any]

SCHEMAS: Final = {
    "UserResponse": User,
    "GuildMemberResponse": Member,
    "GuildRoleResponse": Role,
    "MessageAttachmentResponse": Attachment,
    "MessageResponse": ReceivedMessage,
    "EntitlementResponse": Entitlement,
    "PrivateApplicationResponse": Application,
}
DEPTH_MAX = 6
BITS = str(1 << 52)  # permissions: strings without a format in the file
FORMATS = {
    "snowflake": "1019475255913222144",
    "date-time": "2026-11-30T14:40:00.064834",  # without a zone, as on some of Discord's pages
    "uri": "https://cdn.discordapp.com/a.png",
    "nonce": "1",
}


class Examples:
    """Examples of a schema: `least` has only required fields and null where allowed; otherwise all fields."""

    def __init__(self, document: Json, *, least: bool) -> None:
        self._document = document
        self._least = least

    def of(self, schema: Json, depth: int = 0) -> Any:
        while "$ref" in schema:
            found: Any = self._document
            for step in schema["$ref"].removeprefix("#/").split("/"):
                found = found[step]
            schema = found
        for several in ("oneOf", "anyOf", "allOf"):
            if several in schema:
                return self._one_of(schema[several], depth)
        if "const" in schema or "enum" in schema:
            return schema.get("const", schema.get("enum", [None])[-1])
        kinds = schema["type"] if isinstance(schema.get("type"), list) else [schema.get("type")]
        if "null" in kinds and (self._least or depth > DEPTH_MAX):
            return None
        return self._of_kind(next((kind for kind in kinds if kind != "null"), "null"), schema, depth)

    def _one_of(self, options: list[Json], depth: int) -> Any:
        others = [option for option in options if option.get("type") != "null"]
        if len(others) < len(options) and (self._least or depth > DEPTH_MAX):
            return None
        return self.of(others[-1], depth)

    def _of_kind(self, kind: str | None, schema: Json, depth: int) -> Any:
        if kind == "object":
            return self._object(schema, depth)
        if kind == "array":
            many = 0 if depth > DEPTH_MAX else schema.get("minItems", 0) if self._least else 2
            return [self.of(schema["items"], depth + 1)] * many
        if kind == "string":
            return FORMATS.get(schema.get("format", ""), "" if self._least else "Lyceum")
        plain = {"integer": 0 if self._least else 2**31 - 1, "number": 0.5, "boolean": not self._least, "null": None}
        return plain.get(kind or "", {"of": "tomorrow"})

    def _object(self, schema: Json, depth: int) -> Json:
        required = schema.get("required", [])
        return {
            name: BITS if name in {"permissions", "allow", "deny"} else self.of(inner, depth + 1)
            for name, inner in schema.get("properties", {}).items()
            if name in required or not (self._least or depth > DEPTH_MAX)
        }


@pytest.mark.parametrize("least", [True, False], ids=["least", "most"])
@pytest.mark.parametrize("name", SCHEMAS)
def test_what_discords_file_allows_is_read_in_the_first_pass(name: str, *, least: bool) -> None:
    discords_file.must_be_here()
    document: Json = json.loads(discords_file.SPEC.read_bytes())
    example = Examples(document, least=least).of(document["components"]["schemas"][name])

    read: Any = Decoder(SCHEMAS[name], strict=False).decode(json.dumps(example).encode())

    if "id" in example:
        assert str(read.id) == example["id"]
