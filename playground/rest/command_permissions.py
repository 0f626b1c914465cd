"""REST routes for a guild's command permissions: the app reads them, a user's Bearer token writes them."""

from http import HTTPMethod
from typing import Final

from playground.errors import Form, Refusal, unknown
from playground.gateway.sessions import EVERYBODY, Gateway
from playground.interactions.registered_commands import Commands
from playground.json_types import Json
from playground.rate_limits import COMMANDS
from playground.rest.app import Answer, Call, Rule
from playground.state.changes import Changes, CommandsChanged
from playground.state.state import Guild, World
from playground.validation.fields import Fields

ENTRIES_MAX: Final = 100
KINDS: Final = (1, 2, 3)  # types: role, user, channel


class CommandPermissions:
    """Stores a guild's permissions for the app's commands; the entry with the app's id applies to all commands."""

    def __init__(self, world: World, commands: Commands, gateway: Gateway, changes: Changes) -> None:
        self._world = world
        self._commands = commands
        self._gateway = gateway
        self._changes = changes

    def rules(self) -> list[Rule]:
        """The routes of this module."""
        every = "/applications/{application_id}/guilds/{guild_id}/commands/permissions"
        one = "/applications/{application_id}/guilds/{guild_id}/commands/{command_id}/permissions"
        return [
            Rule(HTTPMethod.GET, every, self._list),
            Rule(HTTPMethod.GET, one, self._show),
            Rule(HTTPMethod.PUT, one, self._replace, COMMANDS, needs_person=True),
        ]

    async def _list(self, call: Call) -> Answer:
        guild = self._guild(call)
        return Answer([self._shape(guild, number) for number in guild.command_permissions])

    async def _show(self, call: Call) -> Answer:
        guild, number = self._guild(call), self._command(call)
        if number not in guild.command_permissions:
            raise unknown("application command permissions")
        return Answer(self._shape(guild, number))

    async def _replace(self, call: Call) -> Answer:
        guild, number = self._guild(call), self._command(call)
        form = Form()
        entries: list[Json] = []
        for entry in Fields(form, (), call.json()).objects("permissions", ENTRIES_MAX):
            target, kind = entry.id("id"), entry.choice("type", KINDS, required=True)
            is_allowed = entry.flag("permission")
            entry.require("id", "permission")
            entries.append({"id": str(target), "type": kind, "permission": is_allowed})
        form.check()
        if entries:
            guild.command_permissions[number] = entries
        else:
            guild.command_permissions.pop(number, None)
        shape = self._shape(guild, number)
        self._gateway.dispatch("APPLICATION_COMMAND_PERMISSIONS_UPDATE", shape, intent=EVERYBODY, guild=guild.id)
        self._changes.tell(CommandsChanged())
        return Answer(shape)

    def _guild(self, call: Call) -> Guild:
        if call.id("application_id") != self._world.application:
            raise Refusal(403, 20012, "You are not authorized to perform this action on this application")
        found = self._world.guilds.get(call.id("guild_id"))
        if found is None:
            raise Refusal(403, 50001, "Missing Access")
        return found

    def _command(self, call: Call) -> int:
        number = call.id("command_id")
        if number != self._world.application and not self._commands.is_there(call.id("guild_id"), number):
            raise unknown("application command")
        return number

    def _shape(self, guild: Guild, number: int) -> Json:
        return {
            "id": str(number),
            "application_id": str(self._world.application),
            "guild_id": str(guild.id),
            "permissions": guild.command_permissions.get(number, []),
        }
