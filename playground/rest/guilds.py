"""REST routes that read guilds, channels, members and voice states, and change a member's nickname, voice and roles."""

from http import HTTPMethod
from typing import Final

from playground.errors import Form, Refusal, unknown
from playground.gateway.voice import Voice
from playground.json_types import Json, snowflake
from playground.rest.app import Answer, Call, Rule, nothing
from playground.state import permissions, serializers
from playground.state.lookup import fold
from playground.state.state import Guild, Member, World
from playground.validation.fields import Fields

NICK_MAX: Final = 32
GUILDS_MAX: Final = 200  # per page
ID_MAX: Final = 2**63 - 1
LISTED: Final = (
    *("id", "name", "icon", "banner", "features"),
    *("approximate_member_count", "approximate_presence_count"),
)  # fields of a guild in GET /users/@me/guilds


class Guilds:
    """Routes for guilds, channels, members and voice states."""

    def __init__(self, world: World, voice: Voice) -> None:
        self._world = world
        self._voice = voice

    def rules(self) -> list[Rule]:
        """The routes of this module."""
        get, patch, put, delete = HTTPMethod.GET, HTTPMethod.PATCH, HTTPMethod.PUT, HTTPMethod.DELETE
        guild = "/guilds/{guild_id}"
        return [
            Rule(get, "/users/@me/guilds", self._mine),
            Rule(get, "/users/{user_id}", self._user),
            Rule(get, guild, self._guild),
            Rule(get, guild + "/channels", self._channels),
            Rule(get, guild + "/roles", self._roles),
            Rule(get, guild + "/members", self._members),
            Rule(get, guild + "/members/search", self._search),
            Rule(get, guild + "/members/{user_id}", self._member),
            Rule(patch, guild + "/members/{user_id}", self._change_member),
            Rule(put, guild + "/members/{user_id}/roles/{role_id}", self._give_role),
            Rule(delete, guild + "/members/{user_id}/roles/{role_id}", self._take_role),
            Rule(get, guild + "/voice-states/{user_id}", self._voice_state),
            Rule(get, guild + "/emojis", self._nothing_of),
            Rule(get, guild + "/stickers", self._nothing_of),
            Rule(get, "/channels/{channel_id}", self._channel),
        ]

    async def _nothing_of(self, call: Call) -> Answer:
        """An empty list, as guilds of this server have no emoji and stickers."""
        self._find(call)
        return Answer([])

    async def _mine(self, call: Call) -> Answer:
        app, counted = self._world.application, call.wants("with_counts")
        after, before = call.number("after", 0, ID_MAX, default=0), call.number("before", 0, ID_MAX, default=ID_MAX)
        page = sorted(number for number in self._world.guilds if after < number < before)
        count = call.number("limit", 1, GUILDS_MAX, default=GUILDS_MAX)
        found: list[Json] = []
        for number in page[-count:] if "before" in call.query else page[:count]:
            guild = self._world.guilds[number]
            whole = serializers.guild(guild, member_count=counted)
            mine = {"owner": False, "permissions": str(permissions.of_member(guild, guild.member(app)))}
            found.append({name: whole[name] for name in LISTED if name in whole} | mine)
        return Answer(found)

    async def _user(self, call: Call) -> Answer:
        return Answer(serializers.user(self._world.user(call.id("user_id"))))

    async def _guild(self, call: Call) -> Answer:
        return Answer(serializers.guild(self._find(call), member_count=call.wants("with_counts")))

    async def _channels(self, call: Call) -> Answer:
        channels = self._find(call).channels.values()
        return Answer([serializers.channel(channel) for channel in channels if not channel.is_hidden])

    async def _roles(self, call: Call) -> Answer:
        return Answer([serializers.role(role) for role in self._find(call).roles.values()])

    async def _members(self, call: Call) -> Answer:
        self._find(call)
        raise Refusal(403, 50001, "Missing Access")  # the list requires the privileged GUILD_MEMBERS intent

    async def _search(self, call: Call) -> Answer:
        start, most = fold(call.query.get("query", "")), call.number("limit", 1, 1000, default=1)
        found = [
            serializers.member(member)
            for member in self._find(call).members.values()
            if fold(member.user.username).startswith(start) or fold(member.display_name).startswith(start)
        ]
        return Answer(found[:most])

    async def _member(self, call: Call) -> Answer:
        return Answer(serializers.member(self._find(call).member(self._user_id(call))))

    async def _change_member(self, call: Call) -> Answer:
        guild = self._find(call)
        member = guild.member(self._user_id(call))
        body, form = call.json(), Form()
        if "nick" in body:
            member.nick = Fields(form, (), body).text("nick", NICK_MAX) or None
            form.check()
        if "channel_id" in body or "mute" in body or "deaf" in body:
            if member.voice is None:
                raise Refusal(400, 40032, "Target user is not connected to voice.")
            target = guild.channels.get(snowflake(body.get("channel_id")) or 0)
            if target:
                self._voice.connect(guild, member, target)
            elif "channel_id" in body:
                self._voice.disconnect(guild, member)
            self._voice.change(guild, member, **{name: bool(body[name]) for name in ("mute", "deaf") if name in body})
        return Answer(serializers.member(member))

    async def _give_role(self, call: Call) -> Answer:
        member, role = self._member_and_role(call)
        if role not in member.roles:
            member.roles.append(role)
        return nothing()

    async def _take_role(self, call: Call) -> Answer:
        member, role = self._member_and_role(call)
        member.roles = [one for one in member.roles if one != role]
        return nothing()

    def _member_and_role(self, call: Call) -> tuple[Member, int]:
        """The member and the role of a call; refuses roles that are not below the app's highest role."""
        guild = self._find(call)
        member = guild.member(self._user_id(call))
        role = guild.roles.get(call.id("role_id"))
        if role is None:
            raise unknown("Role")
        own = max((guild.roles[one].position for one in guild.member(self._world.application).roles), default=0)
        if role.position >= own or role.id == guild.id:
            raise Refusal(403, 50013, "Missing Permissions")
        return member, role.id

    async def _voice_state(self, call: Call) -> Answer:
        guild = self._find(call)
        member = self._in_guild(guild, self._user_id(call))
        if member is None or member.voice is None:
            raise unknown("Voice State")
        shape = serializers.voice_state(member, guild, member.voice)
        return Answer(shape | {"self_stream": member.voice.self_stream})

    async def _channel(self, call: Call) -> Answer:
        channel = self._world.channel(call.id("channel_id"))
        if channel.is_hidden:
            raise Refusal(403, 50001, "Missing Access")
        return Answer(serializers.channel(channel))

    def _find(self, call: Call) -> Guild:
        return self._world.guild(call.id("guild_id"))

    def _user_id(self, call: Call) -> int:
        return self._world.application if call.path["user_id"] == "@me" else call.id("user_id")

    def _in_guild(self, guild: Guild, user: int) -> Member | None:
        return guild.members.get(user)
