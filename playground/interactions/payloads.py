"""Builds interaction payloads: the envelope common to all five types, and the `data` and `resolved` objects."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from core.ids import snowflake_time
from playground.http_log.deliveries import PING, Actor, Delivery
from playground.json_types import Json
from playground.state import permissions, serializers
from playground.state.state import GROUP, Attachment, Channel, Guild, Member, Role, User, World
from wire.limits import FILE_BYTES_MAX

IN_GUILD: Final = 0
IN_BOT_DM: Final = 1
IN_PRIVATE: Final = 2


@dataclass(slots=True)
class Resolved:
    """The `resolved` objects of an interaction."""

    world: World
    guild: Guild | None
    actor: Member | None
    base_url: str
    _objects: dict[str, dict[str, Json]] = field(default_factory=dict[str, dict[str, Json]])

    def add_user(self, user: User, member: Member | None) -> str:
        """Add a user, with member data in a guild; returns the id."""
        self._add("users", user.id, serializers.user(user))
        if member and self.guild:
            partial = serializers.member(member, with_user=False, with_voice=False)
            self._add("members", user.id, partial | {"permissions": str(permissions.of_member(self.guild, member))})
        return str(user.id)

    def add_role(self, role: Role) -> str:
        """Add a role; returns the id."""
        return self._add("roles", role.id, serializers.role(role))

    def add_channel(self, channel: Channel) -> str:
        """Add a channel; returns the id."""
        if self.guild and self.actor:
            shape = serializers.resolved_channel(channel, self.guild, self.actor, self.world.application)
        else:
            shape = serializers.channel(channel)
        return self._add("channels", channel.id, shape)

    def add_message(self, message: int, shape: Json) -> str:
        """Add a message; returns the id."""
        return self._add("messages", message, shape)

    def add_attachment(self, file: Attachment) -> str:
        """Add an attachment; returns the id."""
        file.is_ephemeral = True
        return self._add("attachments", file.id, serializers.attachment(file, base_url=self.base_url))

    def shape(self) -> Json:
        """`{"resolved": …}`, or an empty object if nothing was added."""
        return {"resolved": self._objects} if self._objects else {}

    def _add(self, kind: str, number: int, shape: Json) -> str:
        self._objects.setdefault(kind, {})[str(number)] = shape
        return str(number)


def envelope(delivery: Delivery, world: World, data: Json | None, message: Json | None = None) -> Json:
    """The complete payload of an interaction."""
    actor, guild = delivery.actor, delivery.actor.guild
    payload: Json = {
        "app_permissions": str(permissions.of_app(guild, world.application, actor.channel)),
        "application_id": str(world.application),
        "attachment_size_limit": FILE_BYTES_MAX,
        "authorizing_integration_owners": owners(actor),
        "channel": _channel(actor.channel, guild, actor.member),
        "channel_id": str(actor.channel.id),
        "context": context_of(actor),
    }
    if data is not None:
        payload["data"] = data
    bought = active_entitlements(world, actor, snowflake_time(delivery.id))
    payload |= {"entitlements": bought, "entitlement_sku_ids": [one["sku_id"] for one in bought]}
    if guild and actor.member:
        payload |= {
            "guild": {"features": ["COMMUNITY"], "id": str(guild.id), "locale": guild.locale},
            "guild_id": str(guild.id),
            "guild_locale": guild.locale,
        }
    payload |= {"id": str(delivery.id), "locale": actor.locale}
    if guild and actor.member:
        bits = str(permissions.of_member(guild, actor.member))
        payload["member"] = serializers.member(actor.member) | {"permissions": bits}
    if message is not None:
        payload["message"] = message
    payload |= {"token": delivery.token, "type": delivery.kind, "version": 1}
    if guild is None:
        payload["user"] = serializers.user(actor.user)
    return payload


def context_of(actor: Actor) -> int:
    """The interaction context type of the actor's channel."""
    if actor.guild:
        return IN_GUILD
    return IN_PRIVATE if actor.channel.type == GROUP else IN_BOT_DM


def owners(actor: Actor) -> Json:
    """The `authorizing_integration_owners` object."""
    if actor.brings_app:
        return {"1": str(actor.user.id)}
    return {"0": str(actor.guild.id) if actor.guild else "0"}


def active_entitlements(world: World, actor: Actor, now: datetime) -> list[Json]:
    """The entitlements of the actor and of the guild that are active at `now`."""
    found: list[Json] = []
    mine = {str(actor.user.id), str(actor.guild.id) if actor.guild else ""}
    for one in world.entitlements.values():
        begun = not one["starts_at"] or datetime.fromisoformat(one["starts_at"]) <= now
        ended = bool(one["ends_at"]) and datetime.fromisoformat(one["ends_at"]) <= now
        if (one.get("guild_id") or one["user_id"]) in mine and begun and not ended and not one["deleted"]:
            found.append(one)
    return found


def ping(delivery: Delivery, world: World) -> Json:
    """The payload of a PING, with which Discord validates an endpoint."""
    return {
        "application_id": str(world.application),
        "entitlements": [],
        "id": str(delivery.id),
        "token": delivery.token,
        "type": PING,
        "user": serializers.user(delivery.actor.user),
        "version": 1,
    }


def command_data(command: Json, options: list[Any], resolved: Resolved, *, target: str | None = None) -> Json:
    """The `data` object of a command or autocomplete interaction."""
    data: Json = {"id": command["id"], "name": command["name"], "type": command["type"]}
    if options:
        data["options"] = options
    if command.get("guild_id"):
        data["guild_id"] = command["guild_id"]
    if target:
        data["target_id"] = target
    return data | resolved.shape()


def _channel(channel: Channel, guild: Guild | None, actor: Member | None) -> Json:
    shape = serializers.channel(channel)
    shape.pop("permission_overwrites", None)
    if guild and actor:
        shape["permissions"] = str(permissions.of_member(guild, actor))
    return shape
