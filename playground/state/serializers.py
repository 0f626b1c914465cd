"""Converts users, guilds, channels, members, messages and webhooks to the JSON that Discord sends."""

from datetime import datetime
from typing import Any, Final

from playground.json_types import Json, is_list, is_object
from playground.state import message_content, permissions
from playground.state.fixtures import PRIVATE_THREAD, STAGE, TEXT, VOICE
from playground.state.state import (
    Attachment,
    Channel,
    Guild,
    Member,
    Message,
    Role,
    Thread,
    User,
    VoiceState,
    Webhook,
    World,
)

HIDDEN_NAME: Final = "___hidden___"  # name of channels that the app may not view
HIDDEN_FLAG: Final = 1 << 17

THREAD_ONLY: Final = ("owner_id", "thread_metadata", "message_count", "member_count", "total_message_sent")
THREAD_MEMBERS_TOLD: Final = 50  # maximum reported by Discord


def moment(at: datetime | None) -> str | None:
    """An ISO 8601 timestamp in Discord's format: microseconds and offset."""
    return at.isoformat(timespec="microseconds") if at else None


def user(person: User) -> Json:
    """A user object, as in responses about other users."""
    shape: Json = {
        "id": str(person.id),
        "username": person.username,
        "avatar": person.avatar,
        "discriminator": "0" if not person.is_bot else "0042",
        "public_flags": person.flags,
        "flags": person.flags,
        "banner": None,
        "accent_color": None,
        "global_name": person.global_name,
        "avatar_decoration_data": None,
        "collectibles": None,
        "banner_color": None,
        "clan": None,
        "primary_guild": None,
    }
    if person.is_bot:
        shape["bot"] = True
    return shape


def member(person: Member, *, with_user: bool = True, with_voice: bool = True) -> Json:
    """A member object; `deaf` and `mute` are omitted where Discord omits them."""
    shape: Json = {
        "avatar": person.avatar,
        "banner": None,
        "communication_disabled_until": None,
        "flags": 0,
        "joined_at": moment(person.joined_at),
        "nick": person.nick,
        "pending": False,
        "premium_since": None,
        "roles": [str(role) for role in person.roles],
        "unusual_dm_activity_until": None,
    }
    if with_voice:
        shape["mute"] = bool(person.voice and person.voice.mute)
        shape["deaf"] = bool(person.voice and person.voice.deaf)
    if with_user:
        shape["user"] = user(person.user)
    return shape


def application_flags(world: World) -> int:
    """The app's public flags."""
    return message_content.APPLICATION_FLAG if world.message_content else 0


def role(rank: Role) -> Json:
    """A role object."""
    return {
        "id": str(rank.id),
        "name": rank.name,
        "description": None,
        "permissions": str(rank.permissions),
        "position": rank.position,
        "color": rank.colour,
        "colors": {"primary_color": rank.colour, "secondary_color": None, "tertiary_color": None},
        "hoist": False,
        "managed": rank.name == "Lyceum",
        "mentionable": False,
        "icon": None,
        "unicode_emoji": None,
        "flags": 0,
    }


def channel(place: Channel) -> Json:
    """A channel object of any supported type."""
    shape: Json = {"id": str(place.id), "type": place.type, "flags": 0}
    if place.thread:
        return shape | _thread(place, place.thread)
    if place.recipient:
        return shape | {
            "last_message_id": _id(place.last_message),
            "recipients": [user(place.recipient)],
        }
    shape |= {
        "name": place.name,
        "guild_id": _id(place.guild),
        "parent_id": _id(place.parent),
        "position": place.position,
        "permission_overwrites": [],
    }
    if place.type in (TEXT, VOICE, STAGE):
        shape |= {
            "last_message_id": _id(place.last_message),
            "nsfw": False,
            "rate_limit_per_user": 0,
            "topic": place.topic,
        }
    if place.is_voice:
        shape |= {"bitrate": 64_000, "user_limit": 0, "rtc_region": None}
    return shape


def channel_for_app(place: Channel) -> Json:
    """A channel for the gateway: one that the app may not view has type and position, but no name.

    Source: Discord's change of 16 November 2026; interactions are not affected.
    """
    if not place.is_hidden:
        return channel(place)
    denied = {"id": _id(place.guild), "type": 0, "allow": "0", "deny": str(permissions.VIEW_CHANNEL)}
    reduced: Json = dict.fromkeys(channel(place))
    return reduced | {
        "id": str(place.id),
        "type": place.type,
        "guild_id": _id(place.guild),
        "position": place.position,
        "name": HIDDEN_NAME,
        "flags": HIDDEN_FLAG,
        "permission_overwrites": [denied],
    }


def _thread(place: Channel, thread: Thread) -> Json:
    details: Json = {
        "archived": thread.is_archived,
        "archive_timestamp": moment(thread.archived_at or thread.made_at),
        "auto_archive_duration": thread.archives_after_min,
        "locked": thread.is_locked,
        "create_timestamp": moment(thread.made_at),
    }
    if place.type == PRIVATE_THREAD:
        details["invitable"] = thread.is_invitable
    return {
        "guild_id": _id(place.guild),
        "parent_id": _id(place.parent),
        "owner_id": str(thread.owner),
        "name": place.name,
        "last_message_id": _id(place.last_message),
        "rate_limit_per_user": thread.slowmode_s,
        "message_count": thread.messages,
        "total_message_sent": thread.ever_sent,
        "member_count": min(len(thread.joined), THREAD_MEMBERS_TOLD),
        "thread_metadata": details,
    }


def thread_member(place: Channel, user: int, joined_at: datetime) -> Json:
    """A thread member object."""
    return {"id": str(place.id), "user_id": str(user), "join_timestamp": moment(joined_at), "flags": 0}


def resolved_channel(place: Channel, guild: Guild, actor: Member, app: int) -> Json:
    """A channel in `resolved`: partial, with the permissions of the member and of the app."""
    whole = channel(place)
    keep = (
        "id",
        "type",
        "name",
        "parent_id",
        "flags",
        "topic",
        "position",
        "nsfw",
        "rate_limit_per_user",
        *THREAD_ONLY,
    )
    return {key: whole[key] for key in (*keep, "guild_id", "last_message_id") if key in whole} | {
        "permissions": str(permissions.of_member(guild, actor)),
        "app_permissions": str(permissions.of_app(guild, app, place)),
    }


def voice_state(person: Member, guild: Guild | None, state: VoiceState | None, *, session: str = "") -> Json:
    """A voice state; `guild` None: inside GUILD_CREATE; `state` None: the member has left `session`."""
    shape: Json = {
        "channel_id": str(state.channel) if state else None,
        "user_id": str(person.user.id),
        "session_id": state.session if state else session,
        "deaf": bool(state and state.deaf),
        "mute": bool(state and state.mute),
        "self_deaf": bool(state and state.self_deaf),
        "self_mute": bool(state and state.self_mute),
        "self_video": bool(state and state.self_video),
        "suppress": bool(state and state.suppress),
        "request_to_speak_timestamp": None,
    }
    if state and state.self_stream:
        shape["self_stream"] = True
    if guild:
        shape["guild_id"] = str(guild.id)
        shape["member"] = member(person)
    return shape


def guild(server: Guild, *, member_count: bool = False) -> Json:
    """A guild object without fields that only the gateway sends."""
    shape: Json = {
        "id": str(server.id),
        "name": server.name,
        "icon": server.icon,
        "description": None,
        "home_header": None,
        "splash": None,
        "discovery_splash": None,
        "features": ["COMMUNITY"],
        "banner": None,
        "owner_id": str(server.owner),
        "application_id": None,
        "region": "deprecated",
        "afk_channel_id": _id(server.afk_channel),
        "afk_timeout": 300,
        "system_channel_id": None,
        "system_channel_flags": 0,
        "widget_enabled": False,
        "widget_channel_id": None,
        "verification_level": 1,
        "roles": [role(rank) for rank in server.roles.values()],
        "default_message_notifications": 1,
        "mfa_level": 0,
        "explicit_content_filter": 2,
        "max_presences": None,
        "max_members": 500_000,
        "max_stage_video_channel_users": 50,
        "max_video_channel_users": 25,
        "vanity_url_code": None,
        "premium_tier": 0,
        "premium_subscription_count": 0,
        "preferred_locale": server.locale,
        "rules_channel_id": None,
        "safety_alerts_channel_id": None,
        "public_updates_channel_id": None,
        "premium_progress_bar_enabled": False,
        "nsfw": False,
        "nsfw_level": 0,
        "incidents_data": None,
        "emojis": [],
        "stickers": [],
    }
    if member_count:
        shape |= {
            "approximate_member_count": len(server.members),
            "approximate_presence_count": len(server.members) // 3,
        }
    return shape


def guild_create(server: Guild, app: int) -> Json:
    """The GUILD_CREATE payload without the presence intent: members are the app and those in voice."""
    present = [person for person in server.members.values() if person.voice or person.user.id == app]
    return guild(server) | {
        "joined_at": moment(server.joined_at),
        "large": len(server.members) > 250,  # noqa: PLR2004 - the maximum of large_threshold
        "unavailable": False,
        "member_count": len(server.members),
        "voice_states": [voice_state(person, None, person.voice) for person in server.in_voice()],
        "members": [member(person) for person in present],
        "channels": [channel_for_app(place) for place in server.channels.values()],
        "threads": [
            channel(place) for place in server.threads.values() if place.thread and not place.thread.is_archived
        ],
        "presences": [],
        "stage_instances": [],
        "guild_scheduled_events": [],
        "soundboard_sounds": [],
    }


def attachment(file: Attachment, *, base_url: str) -> Json:
    """An attachment object with a URL of this server."""
    url = f"{base_url}/playground/attachments/{file.id}"
    shape: Json = {
        "id": str(file.id),
        "filename": file.filename,
        "size": len(file.content),
        "url": url,
        "proxy_url": url,
        "content_type": file.content_type,
    }
    if file.description is not None:
        shape["description"] = file.description
    if file.width and file.height:
        shape |= {"width": file.width, "height": file.height}
    if file.is_ephemeral:
        shape["ephemeral"] = True
    if file.is_spoiler:
        shape["flags"] = 1 << 3
    return shape


def message(post: Message, world: World, *, base_url: str) -> Json:
    """A message object; `attachment://` references are replaced by URLs."""
    files = {file.filename: attachment(file, base_url=base_url) for file in post.attachments}
    shape: Json = {
        "id": str(post.id),
        "channel_id": str(post.channel),
        "type": post.type,
        "author": user(post.author) | ({"discriminator": "0000"} if post.webhook else {}),
        "content": post.content,
        "timestamp": moment(post.at),
        "edited_timestamp": moment(post.edited_at),
        "tts": post.tts,
        "mention_everyone": post.mentions_everyone,
        "mentions": [user(world.users[person]) for person in post.mentions],
        "mention_roles": [str(rank) for rank in post.mention_roles],
        "attachments": list(files.values()),
        "embeds": [_with_addresses(embed, files) for embed in post.embeds],
        "components": [_with_addresses(part, files) for part in post.components],
        "pinned": post.pinned_at is not None,
        "flags": post.flags,
    }
    if post.is_app:
        shape["application_id"] = str(world.application)
    if post.webhook or (post.is_app and post.interaction):
        shape["webhook_id"] = str(post.webhook or world.application)
    if post.reactions:
        shape["reactions"] = [reaction(emoji, who, world.application) for emoji, who in post.reactions.items()]
    if post.interaction:
        shape["interaction_metadata"] = post.interaction
    if post.nonce is not None:
        shape["nonce"] = post.nonce
    if post.reference:
        shape["message_reference"] = post.reference
    branch = world.channels.get(post.id)
    if branch and branch.thread:
        shape["thread"] = channel(branch)
    return shape


def reaction(emoji: str, who: list[int], app: int) -> Json:
    """The reaction object of one emoji."""
    return {
        "emoji": {"id": None, "name": emoji},
        "count": len(who),
        "count_details": {"burst": 0, "normal": len(who)},
        "burst_colors": [],
        "me_burst": False,
        "me": app in who,
    }


def webhook(hook: Webhook, app: int, *, base_url: str, with_token: bool, with_user: bool) -> Json:
    """A webhook object; without its creator in requests authorised by the webhook token."""
    shape: Json = {
        "id": str(hook.id),
        "type": 1,
        "name": hook.name,
        "avatar": hook.avatar,
        "application_id": str(app),
        "channel_id": str(hook.channel),
        "guild_id": str(hook.guild),
    }
    if with_user:
        shape["user"] = user(hook.creator)
    if with_token:
        shape |= {"token": hook.token, "url": f"{base_url}/api/webhooks/{hook.id}/{hook.token}"}
    return shape


def _with_addresses(part: Any, files: dict[str, Json]) -> Any:
    if is_list(part):
        return [_with_addresses(entry, files) for entry in part]
    if not is_object(part):
        return part
    shape = {key: _with_addresses(value, files) for key, value in part.items()}
    if file := _file(part.get("url"), files):
        known = {key: file[key] for key in ("url", "proxy_url", "width", "height", "content_type") if key in file}
        shape |= known | {"attachment_id": file["id"]}
    if file := _file(part.get("icon_url"), files):
        shape |= {"icon_url": file["url"], "proxy_icon_url": file["proxy_url"]}
    return shape


def _file(url: Any, files: dict[str, Json]) -> Json | None:
    """The file that a URL refers to, None if it is another URL."""
    name = str(url).removeprefix("attachment://")
    return files.get(name) if name != url else None


def _id(snowflake: int | None) -> str | None:
    return None if snowflake is None else str(snowflake)
