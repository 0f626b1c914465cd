"""Stores the app's registered commands, global and per guild, and enforces Discord's daily creation limit."""

import time
from collections import deque
from typing import Any, Final

from playground.errors import Form, Refusal, unknown
from playground.json_types import Json, is_list, is_object
from playground.state.changes import Changes, CommandsChanged
from playground.state.ids import Snowflakes
from playground.validation.commands import BY_DISCORD, CHAT_INPUT, ENTRY_POINT, check_command, check_counts, check_list
from playground.validation.fields import Fields
from wire.limits import COMMAND_CREATES_PER_DAY

DAY_S: Final = 86_400
LIST_MAX: Final = 130  # commands of all types in one PUT; from Discord's OpenAPI file
DEFAULTS: Final[Json] = {
    "name_localizations": None,
    "description": "",
    "description_localizations": None,
    "default_member_permissions": None,
    "nsfw": False,
}
GLOBAL_DEFAULTS: Final[Json] = {"dm_permission": True, "contexts": None, "integration_types": [0]}
CHANGEABLE: Final = frozenset({*DEFAULTS, *GLOBAL_DEFAULTS, "name", "options", "default_permission", "handler"})

Scope = int | None  # a guild id, or None for global commands


class Commands:
    """Stores commands by scope; a command with an unchanged name keeps its id."""

    def __init__(self, application: int, ids: Snowflakes, changes: Changes) -> None:
        self._application = application
        self._ids = ids
        self._changes = changes
        self._scopes: dict[Scope, dict[int, Json]] = {}
        self._created: dict[Scope, deque[float]] = {}

    def listed(self, scope: Scope, *, with_localizations: bool) -> list[Json]:
        """All commands of a scope, oldest first."""
        found = self._scopes.get(scope, {}).values()
        return [command if with_localizations else without_translations(command) for command in found]

    def usable_in(self, guild: Scope) -> list[Json]:
        """The commands available in a guild: a guild command hides the global command with the same name and type."""
        found = {(command["type"], command["name"]): command for command in self._scopes.get(None, {}).values()}
        if guild is not None:
            found |= {(one["type"], one["name"]): one for one in self._scopes.get(guild, {}).values()}
        return list(found.values())

    def get(self, scope: Scope, number: int) -> Json:
        """One command.

        Raises:
            Refusal: 10063.
        """
        found = self._scopes.get(scope, {}).get(number)
        if found is None:
            raise unknown("application command")
        return found

    def is_there(self, guild: int, number: int) -> bool:
        """Whether a command id belongs to a guild's own commands or to the global ones."""
        return any(number in self._scopes.get(scope, {}) for scope in (guild, None))

    def create(self, scope: Scope, body: Json) -> tuple[Json, bool]:
        """Create a command, or replace the one with that name; the second value says whether it is new.

        Raises:
            Refusal: invalid body, too many commands, or the daily limit is used up.
        """
        form = Form()
        check_command(Fields(form, (), body), in_guild=scope is not None)
        form.check()
        before = self._named(scope, body)
        if before is None:
            kind = int(body.get("type") or CHAT_INPUT)
            count = sum(command["type"] == kind for command in self._scopes.get(scope, {}).values())
            check_counts({kind: count + 1})
            self._spend(scope, 1)
        made = self._made(scope, body, before)
        self._scopes.setdefault(scope, {})[int(made["id"])] = made
        self._changes.tell(CommandsChanged())
        return made, before is None

    def change(self, scope: Scope, number: int, body: Json) -> Json:
        """Edit fields of a command.

        Raises:
            Refusal: unknown command or invalid body.
        """
        before = self.get(scope, number)
        changed = before | {name: value for name, value in body.items() if name in CHANGEABLE}
        form = Form()
        candidate = {name: value for name, value in changed.items() if scope is None or name not in GLOBAL_DEFAULTS}
        check_command(Fields(form, (), candidate), in_guild=scope is not None)
        form.check()
        twin = self._named(scope, changed)
        if twin is not None and twin["id"] != before["id"]:
            raise Refusal(400, 50035, "Invalid Form Body", _name_taken())
        self._scopes[scope][number] = changed | {"version": str(self._ids.mint())}
        self._changes.tell(CommandsChanged())
        return self._scopes[scope][number]

    def replace(self, scope: Scope, body: Any) -> list[Json]:
        """Replace all commands of a scope.

        Raises:
            Refusal: invalid body, too many commands, or the daily limit is used up; nothing has changed then.
        """
        form = Form()
        if not is_list(body):
            form.wrong_type((), "list")
        elif len(body) > LIST_MAX:
            form.length((), 0, LIST_MAX)
        form.check()
        entries: list[Json] = body
        check_list(entries, in_guild=scope is not None)
        if self._entry_point(scope) and all(entry.get("type") != ENTRY_POINT for entry in entries):
            raise Refusal(
                400,
                50240,
                "You cannot remove this app's Entry Point command in a bulk update operation. Please include the Entry "
                "Point command in your update request or delete it separately.",
            )
        named = [(entry, self._named(scope, entry)) for entry in entries]
        self._spend(scope, sum(before is None for _, before in named))
        made = [self._made(scope, entry, before) for entry, before in named]
        self._scopes[scope] = {int(command["id"]): command for command in made}
        self._changes.tell(CommandsChanged())
        return made

    def make_activity(self, *, on: bool) -> None:
        """Create or delete the Entry Point command, as Discord does when an app enables or disables Activities."""
        known = self._entry_point(None)
        if on and known is None:
            body: Json = {
                "name": "launch",
                "type": ENTRY_POINT,
                "handler": BY_DISCORD,
                "integration_types": [0, 1],
                "contexts": [0, 1, 2],
            }
            made = self._made(None, body, None)
            self._scopes.setdefault(None, {})[int(made["id"])] = made
            self._changes.tell(CommandsChanged())
        elif known and not on:
            self.delete(None, int(known["id"]))

    def _entry_point(self, scope: Scope) -> Json | None:
        commands = self._scopes.get(scope, {}).values()
        return next((one for one in commands if one["type"] == ENTRY_POINT), None)

    def delete(self, scope: Scope, number: int) -> None:
        """Delete a command.

        Raises:
            Refusal: 10063.
        """
        self.get(scope, number)
        del self._scopes[scope][number]
        self._changes.tell(CommandsChanged())

    def _named(self, scope: Scope, body: Json) -> Json | None:
        key = (body.get("type") or CHAT_INPUT, body.get("name"))
        commands = self._scopes.get(scope, {}).values()
        return next((one for one in commands if (one["type"], one["name"]) == key), None)

    def _spend(self, scope: Scope, count: int) -> None:
        spent = self._created.setdefault(scope, deque())
        now = time.monotonic()
        while spent and spent[0] < now - DAY_S:
            spent.popleft()
        if len(spent) + count > COMMAND_CREATES_PER_DAY:
            message = f"Max number of daily application command creates has been reached ({COMMAND_CREATES_PER_DAY})"
            raise Refusal(400, 30034, message)
        spent.extend([now] * count)

    def _made(self, scope: Scope, body: Json, before: Json | None) -> Json:
        number = before["id"] if before else str(self._ids.mint())
        given = {name: value for name, value in body.items() if name in CHANGEABLE and value is not None}
        made: Json = {
            "id": number,
            "application_id": str(self._application),
            "version": "",
            "type": body.get("type") or CHAT_INPUT,
            **DEFAULTS,
            **(GLOBAL_DEFAULTS if scope is None else {"guild_id": str(scope)}),
            **given,
        }
        made["version"] = before["version"] if before else number
        if before and made != before:
            made["version"] = str(self._ids.mint())
        return made


def without_translations(entry: Json) -> Json:
    """A command or option in a list without `with_localizations`."""
    shape = {name: value for name, value in entry.items() if not name.endswith("_localizations")}
    for name in ("options", "choices"):
        if is_list(shape.get(name)):
            shape[name] = [without_translations(child) for child in shape[name] if is_object(child)]
    return shape


def _name_taken() -> Json:
    taken = {"code": "APPLICATION_COMMANDS_DUPLICATE_NAME", "message": "Application command names must be unique"}
    return {"name": {"_errors": [taken]}}
