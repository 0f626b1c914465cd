"""Validates the app's payloads against Discord's OpenAPI file, when the machine has that file."""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, cast

import msgspec

from playground.json_types import Json, is_list, is_object, is_whole

if TYPE_CHECKING:
    from jsonschema import Draft202012Validator

CALLBACKS: Final = {
    1: "PongInteractionCallbackRequest",
    4: "CreateMessageInteractionCallbackRequest",
    5: "CreateMessageInteractionCallbackRequest",
    6: "UpdateMessageInteractionCallbackRequest",
    7: "UpdateMessageInteractionCallbackRequest",
    8: "ApplicationCommandAutocompleteCallbackRequest",
    9: "ModalInteractionCallbackRequest",
    12: "LaunchActivityInteractionCallbackRequest",
}  # by response type
EDIT: Final = "IncomingWebhookUpdateRequestPartial"
FOLLOW_UP: Final = "IncomingWebhookRequestPartial"
COMMANDS: Final = "/paths/~1applications~1{application_id}~1commands/put/requestBody/content/application~1json/schema"

_URN: Final = "urn:discord"
_BLANK: Final = re.compile(r"\{[^}]*\}")
_FOLLOW_UPS: Final = "/webhooks/{}/{}"
_UNIONS: Final = ("anyOf", "oneOf")
_BITFIELDS: Final = frozenset({"default_member_permissions", "permissions", "allow", "deny"})
_SHOWN_MAX: Final = 200  # characters of a finding


@dataclass(frozen=True, slots=True)
class Finding:
    """One validation error of a payload."""

    path: str  # such as data.embeds[0].title; empty: the whole payload
    message: str

    def __str__(self) -> str:
        """Path and message in one line."""
        return f"{self.path}: {self.message}" if self.path else self.message


class Description:
    """Discord's OpenAPI file; loaded on first use, validators are cached."""

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._validators: dict[str, Draft202012Validator] = {}

    @property
    def is_there(self) -> bool:
        """Whether the file is available; without it there are no findings."""
        return self._path is not None and self._path.is_file()

    def schema_of(self, method: str, route: str, sent: object) -> str | None:
        """The schema of a request to `route`, such as "/channels/{channel_id}/messages"; None: not in the file."""
        blank = _BLANK.sub("{}", route)
        if blank.startswith("/interactions/") and is_object(sent):
            return callback_schema(sent)
        if (method, blank) == ("POST", _FOLLOW_UPS):
            return FOLLOW_UP
        return self._requests.get((method, blank)) if self.is_there else None

    def findings(self, schema: str, sent: object) -> list[Finding]:
        """The validation errors of `sent`, by path; `schema` is a name or a JSON pointer.

        Types that differ between file and documentation are not reported if the API accepts both.
        """
        if not self.is_there:
            return []
        errors: Iterable[Any] = cast("Any", self._validator(schema)).iter_errors(sent)
        return list(dict.fromkeys(finding for error in errors for finding in _findings(error)))

    def _validator(self, schema: str) -> "Draft202012Validator":
        if schema not in self._validators:
            from jsonschema import Draft202012Validator  # noqa: PLC0415 - importing it takes a quarter of a second

            pointer = schema if schema.startswith("/") else f"/components/schemas/{schema}"
            self._validators[schema] = Draft202012Validator({"$ref": f"{_URN}#{pointer}"}, registry=self._registry)
        return self._validators[schema]

    @cached_property
    def _file(self) -> Json:
        return msgspec.json.decode(self._path.read_bytes(), type=Json) if self._path else {}

    @cached_property
    def _registry(self) -> Any:
        from referencing import Registry, Resource  # noqa: PLC0415 - a dependency of jsonschema

        resource: Resource[Any] = Resource.opaque(self._file)
        return Registry[Any]().with_resource(_URN, resource)

    @cached_property
    def _requests(self) -> dict[tuple[str, str], str]:
        """The JSON pointer to the body schema of every request that has one."""
        found: dict[tuple[str, str], str] = {}
        for path, methods in self._file["paths"].items():
            for method, operation in methods.items():
                if is_object(operation) and "application/json" in operation.get("requestBody", {}).get("content", {}):
                    pointer = f"/paths/{_escaped(path)}/{method}/requestBody/content/application~1json/schema"
                    found[method.upper(), _BLANK.sub("{}", path)] = pointer
        return found


def callback_schema(answer: Json) -> str | None:
    """The schema of an interaction response, inline or by callback; None: the file has no such type."""
    kind = answer.get("type")
    return CALLBACKS.get(kind) if isinstance(kind, int) else None


def _escaped(path: str) -> str:
    return path.replace("~", "~0").replace("/", "~1")


def _findings(error: Any) -> list[Finding]:
    """The relevant errors of a failed union: those of the variant that was most likely intended."""
    if _is_documented(error):
        return []
    if error.validator not in _UNIONS or not error.context:
        return [Finding(_place(error), _words(error))]
    variants: dict[int, list[Any]] = {}
    for each in error.context:
        variants.setdefault(each.schema_path[0], []).append(each)
    fitting = [errors for errors in variants.values() if not any(map(_is_other_variant, errors))]
    if fitting:
        return [finding for each in min(fitting, key=len) for finding in _findings(each)]
    kind = error.instance.get("type") if is_object(error.instance) else None
    if kind is not None:
        return [Finding(f"{_place(error)}.type".removeprefix("."), f"{_short(kind)} may not stand here")]
    allowed = [each.validator_value for errors in variants.values() for each in errors if each.validator == "const"]
    if allowed:
        return [Finding(_place(error), f"{_short(error.instance)} is none of {', '.join(map(_short, allowed))}")]
    kinds = dict.fromkeys(_listed(each.validator_value) for each in error.context if each.validator == "type")
    return [Finding(_place(error), f"{_short(error.instance)} is not of type {' or '.join(kinds)}")]


def _is_other_variant(error: Any) -> bool:
    """Whether an error only excludes a variant: another `type` or constant, or not an object."""
    place = list(error.relative_path)
    return place == ["type"] or (not place and error.validator in ("type", "const"))


def _is_documented(error: Any) -> bool:
    """Whether the documentation permits it: permissions as strings, ids of new attachments as numbers."""
    if error.validator != "type" or not error.path:
        return False
    value, place = error.instance, list(error.absolute_path)
    if place[-1] in _BITFIELDS:
        return isinstance(value, str) and value.isascii() and value.isdecimal()
    return place[-1] == "id" and place[-3:-2] == ["attachments"] and is_whole(value)


def _place(error: Any) -> str:
    return str(error.json_path).removeprefix("$").removeprefix(".")


def _count(error: Any) -> str:
    return f"{len(error.instance):,}"


_WORDS: Final[dict[str, Callable[[Any], str]]] = {
    "maxLength": lambda error: f"{_count(error)} characters are more than {error.validator_value:,}",
    "minLength": lambda error: f"{_count(error)} characters are fewer than {error.validator_value:,}",
    "maxItems": lambda error: f"{_count(error)} entries are more than {error.validator_value:,}",
    "minItems": lambda error: f"{_count(error)} entries are fewer than {error.validator_value:,}",
    "type": lambda error: f"{_short(error.instance)} is not of type {_listed(error.validator_value)}",
}  # jsonschema's own messages would repeat the whole value


def _words(error: Any) -> str:
    say = _WORDS.get(error.validator)
    return say(error) if say else _cut(str(error.message))


def _short(value: object) -> str:
    if is_object(value):
        return "an object"
    return "a list" if is_list(value) else _cut(msgspec.json.encode(value).decode())


def _listed(kinds: str | list[str]) -> str:
    return kinds if isinstance(kinds, str) else " or ".join(kinds)


def _cut(text: str) -> str:
    return text if len(text) <= _SHOWN_MAX else f"{text[:_SHOWN_MAX]}…"
