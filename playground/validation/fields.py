"""Reads a JSON object field by field and collects validation errors."""

from collections.abc import Collection
from typing import Any

from playground.errors import Form
from playground.json_types import Json, is_list, is_object, is_whole, snowflake

Path = tuple[str | int, ...]


class Fields:
    """A JSON object at a path; readers record errors in the form and return None for invalid fields.

    A null field counts as missing, as in most of Discord's API.
    """

    def __init__(self, form: Form, path: Path, values: Json) -> None:
        self.form = form
        self.path = path
        self.values = values

    def at(self, *steps: str | int) -> Path:
        """The path of a nested value."""
        return (*self.path, *steps)

    @property
    def kind(self) -> int:
        """The integer in `type`; 0 if there is none."""
        kind = self.values.get("type")
        return kind if is_whole(kind) else 0

    def refuse(self, name: str, code: str, message: str) -> None:
        """Record an error of a field."""
        self.form.add(self.at(name), code, message)

    def has(self, name: str) -> bool:
        """Whether the field is present and not null."""
        return self.values.get(name) is not None

    def require(self, *names: str) -> bool:
        """Whether all these fields are present; records an error for each missing one."""
        missing = [name for name in names if not self.has(name)]
        for name in missing:
            self.form.required(self.at(name))
        return not missing

    def forbid(self, *names: str, message: str) -> None:
        """Record an error for each of these fields that is present."""
        for name in names:
            if self.values.get(name) not in (None, [], ""):
                self.refuse(name, "BASE_TYPE_FORBIDDEN", message)

    def text(self, name: str, most: int, *, least: int = 0, required: bool = False) -> str | None:
        """A string of `least` to `most` characters."""
        value = self._given(name, required=required)
        if value is None:
            return None
        if not isinstance(value, str):
            self.form.wrong_type(self.at(name), "string")
            return None
        if len(value) > most or len(value) < least:
            if least:
                self.form.length(self.at(name), least, most)
            else:
                self.form.too_long(self.at(name), most)
        return value

    def whole(self, name: str, least: int, most: int, *, required: bool = False) -> int | None:
        """An integer from `least` to `most`."""
        value = self._given(name, required=required)
        if value is None:
            return None
        if not is_whole(value):
            self.form.wrong_type(self.at(name), "int")
            return None
        if value < least:
            self.refuse(name, "NUMBER_TYPE_MIN", f"int value should be greater than or equal to {least}.")
        elif value > most:
            self.refuse(name, "NUMBER_TYPE_MAX", f"int value should be less than or equal to {most}.")
        return value

    def number(self, name: str, most: float) -> float | None:
        """A number between -`most` and `most`."""
        value = self._given(name, required=False)
        if value is None:
            return None
        if not isinstance(value, int | float) or isinstance(value, bool):
            self.form.wrong_type(self.at(name), "float")
            return None
        if abs(value) > most:
            self.refuse(name, "NUMBER_TYPE_MAX", f"float value should be less than or equal to {most}.")
        return value

    def choice(self, name: str, allowed: Collection[int], *, required: bool = False) -> int | None:
        """An integer out of `allowed`."""
        value = self._given(name, required=required)
        if value is None:
            return None
        if not is_whole(value) or value not in allowed:
            self.refuse(name, "BASE_TYPE_CHOICES", f"Value must be one of {{{', '.join(map(str, sorted(allowed)))}}}.")
            return None
        return value

    def flag(self, name: str) -> bool:
        """A boolean; false if missing."""
        value = self._given(name, required=False)
        if value is not None and not isinstance(value, bool):
            self.form.wrong_type(self.at(name), "boolean")
        return value is True

    def id(self, name: str) -> int | None:
        """A snowflake."""
        value = self._given(name, required=False)
        found = snowflake(value)
        if value is not None and found is None:
            self.refuse(name, "NUMBER_TYPE_COERCE", f'Value "{value}" is not snowflake.')
        return found

    def entries(self, name: str, most: int, *, least: int = 0, required: bool = False) -> list[Any]:
        """An array of `least` to `most` entries of any type."""
        value = self._given(name, required=required)
        if value is None:
            return []
        if not is_list(value):
            self.form.wrong_type(self.at(name), "list")
            return []
        if len(value) < least or (least and len(value) > most):
            self.form.length(self.at(name), least, most)
        elif len(value) > most:
            self.form.too_long(self.at(name), most)
        return value

    def objects(self, name: str, most: int, *, least: int = 0, required: bool = False) -> "list[Fields]":
        """An array of objects."""
        found: list[Fields] = []
        for index, entry in enumerate(self.entries(name, most, least=least, required=required)):
            if is_object(entry):
                found.append(Fields(self.form, self.at(name, index), entry))
            else:
                self.form.wrong_type(self.at(name, index), "dictionary")
        return found

    def object(self, name: str, *, required: bool = False) -> "Fields | None":
        """An object."""
        value = self._given(name, required=required)
        if value is None:
            return None
        if not is_object(value):
            self.form.wrong_type(self.at(name), "dictionary")
            return None
        return Fields(self.form, self.at(name), value)

    def _given(self, name: str, *, required: bool) -> Any:
        value = self.values.get(name)
        if value is None and required:
            self.form.required(self.at(name))
        return value
