"""Discord's error responses: JSON bodies of the form `{"message", "code", "errors"}` and their HTTP status."""

from collections.abc import Sequence
from typing import Final

from playground.json_types import Json

Path = Sequence[str | int]

UNKNOWN_CODES: Final = {
    "Application": 10002,
    "Channel": 10003,
    "Guild": 10004,
    "Member": 10007,
    "Message": 10008,
    "Role": 10011,
    "User": 10013,
    "Emoji": 10014,
    "Webhook": 10015,
    "interaction": 10062,
    "application command": 10063,
    "application command permissions": 10066,
    "Voice State": 10065,
}  # discord.com/developers/docs/topics/opcodes-and-status-codes#json

_CONVERSIONS: Final = {
    "dictionary": ("DICT_TYPE_CONVERT", "Only dictionaries may be used in a DictType"),
    "list": ("LIST_TYPE_CONVERT", "Only iterables may be used in a ListType"),
}


class Refusal(Exception):
    """An error response of Discord, returned to the client as JSON."""

    def __init__(self, status: int, code: int, message: str, errors: Json | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.errors = errors

    def body(self) -> Json:
        """The JSON body of the response."""
        body: Json = {"message": self.message, "code": self.code}
        if self.errors:
            body["errors"] = self.errors
        return body

    def plainly(self) -> str:
        """The error as one readable line: paths and messages."""
        if not self.errors:
            return f"{self.message} (Discord's code {self.code})"
        found = [f"{where}: {what}" if where else what for where, what in _leaves(self.errors)]
        return f"{self.message}: {'; '.join(found)} (Discord's code {self.code})"


class Form:
    """Collects all validation errors of a body, so that one response reports them together, as Discord does."""

    def __init__(self) -> None:
        self._tree: Json = {}

    def add(self, path: Path, code: str, message: str) -> None:
        """Record one error at `path`, such as ("embeds", 0, "title")."""
        node = self._tree
        for step in path:
            node = node.setdefault(str(step), {})
        node.setdefault("_errors", []).append({"code": code, "message": message})

    def too_long(self, path: Path, most: int) -> None:
        """Record a text longer than `most` characters."""
        self.add(path, "BASE_TYPE_MAX_LENGTH", f"Must be {most} or fewer in length.")

    def length(self, path: Path, least: int, most: int) -> None:
        """Record a text or list whose length is not in `least` to `most`."""
        self.add(path, "BASE_TYPE_BAD_LENGTH", f"Must be between {least} and {most} in length.")

    def required(self, path: Path) -> None:
        """Record a missing required field."""
        self.add(path, "BASE_TYPE_REQUIRED", "This field is required")

    def wrong_type(self, path: Path, wanted: str) -> None:
        """Record a value of the wrong JSON type; `wanted` is such as "dictionary", "list", "string"."""
        code, message = _CONVERSIONS.get(
            wanted, (f"{wanted.upper()}_TYPE_CONVERT", f"Could not interpret the value as {wanted}.")
        )
        self.add(path, code, message)

    def check(self) -> None:
        """Refuse the body when an error was recorded.

        Raises:
            Refusal: 400 with code 50035 and the tree of errors.
        """
        if self._tree:
            raise Refusal(400, 50035, "Invalid Form Body", self._tree)


def unknown(thing: str) -> Refusal:
    """404 for an object that does not exist, with Discord's error code for it."""
    return Refusal(404, UNKNOWN_CODES[thing], f"Unknown {thing}")


def bad_form(path: Path, code: str, message: str) -> Refusal:
    """A 400 response with an error of one field."""
    form = Form()
    form.add(path, code, message)
    try:
        form.check()
    except Refusal as refusal:
        return refusal
    raise AssertionError


def _leaves(tree: Json, path: tuple[str, ...] = ()) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    for key, value in tree.items():
        if key == "_errors":
            found += [(".".join(path), str(error["message"])) for error in value]
        else:
            found += _leaves(value, (*path, key))
    return found
