"""REST routes for threads: start, change, delete and list threads, and manage their members."""

from dataclasses import dataclass
from datetime import datetime
from http import HTTPMethod
from typing import Final

from core.clock import Clock
from playground.errors import Form, Refusal, unknown
from playground.gateway.message_events import CREATED as MESSAGE_CREATED
from playground.gateway.message_events import Telling
from playground.gateway.sessions import GUILDS, Gateway
from playground.json_types import Json
from playground.rest.app import Answer, Call, Rule, nothing
from playground.state import permissions, serializers
from playground.state.changes import Changes, GuildChanged
from playground.state.fixtures import ANNOUNCEMENT_THREAD, PRIVATE_THREAD, PUBLIC_THREAD, TEXT
from playground.state.ids import Snowflakes
from playground.state.message_store import Posting
from playground.state.state import Channel, Guild, Message, Thread, World
from playground.validation.fields import Fields

NAME_MAX: Final = 100  # characters
ARCHIVES_AFTER_MIN: Final = (60, 1440, 4320, 10_080)
USUALLY_AFTER_MIN: Final = 4320
SLOWMODE_MAX_S: Final = 21_600
ID_MAX: Final = 2**63 - 1
ARCHIVED_MIN: Final = 2  # per page
ARCHIVED_MAX: Final = 100
CREATED: Final = 18  # types of system messages
STARTER: Final = 21


@dataclass(frozen=True, slots=True)
class Wish:
    """Thread fields of a validated body; None: left out."""

    name: str | None
    archives_after_min: int | None
    slowmode_s: int | None


class Threads:
    """Routes for threads of text channels. Threads are archived only on request, not after inactivity."""

    def __init__(
        self,
        world: World,
        posting: Posting,
        telling: Telling,
        gateway: Gateway,
        changes: Changes,
        *,
        ids: Snowflakes,
        clock: Clock,
    ) -> None:
        self._world = world
        self._posting = posting
        self._telling = telling
        self._gateway = gateway
        self._changes = changes
        self._ids = ids
        self._clock = clock

    def rules(self) -> list[Rule]:
        """The routes of this module."""
        channel, member = "/channels/{channel_id}", "/channels/{channel_id}/thread-members/{user_id}"
        return [
            Rule(HTTPMethod.POST, channel + "/messages/{message_id}/threads", self._start_on_message),
            Rule(HTTPMethod.POST, channel + "/threads", self._start),
            Rule(HTTPMethod.PATCH, channel, self._change),
            Rule(HTTPMethod.DELETE, channel, self._delete),
            Rule(HTTPMethod.GET, channel + "/threads/archived/public", self._list_public),
            Rule(HTTPMethod.GET, channel + "/threads/archived/private", self._list_private),
            Rule(HTTPMethod.GET, channel + "/users/@me/threads/archived/private", self._list_joined),
            Rule(HTTPMethod.GET, channel + "/thread-members", self._members),
            Rule(HTTPMethod.GET, member, self._show_member),
            Rule(HTTPMethod.PUT, member, self._join),
            Rule(HTTPMethod.DELETE, member, self._leave),
            Rule(HTTPMethod.GET, "/guilds/{guild_id}/threads/active", self._list),
        ]

    async def _start_on_message(self, call: Call) -> Answer:
        parent, guild = self._parent(call)
        message = self._world.messages.get(call.id("message_id"))
        if message is None or message.channel != parent.id or message.reader is not None:
            raise unknown("Message")
        wish = _read(call)
        self._check_may_start(guild, parent, PUBLIC_THREAD)
        if message.id in self._world.channels:
            raise Refusal(400, 160004, "A thread has already been created for this message")
        thread = self._open(guild, parent, message.id, PUBLIC_THREAD, wish)
        self._place(thread, STARTER, reference={"message_id": str(message.id), "channel_id": str(parent.id)})
        self._begin(guild, thread, wish)
        self._posting.changed(message)
        return Answer(self._shape(thread), 201)

    async def _start(self, call: Call) -> Answer:
        parent, guild = self._parent(call)
        wish = _read(call)
        form = Form()
        kinds = (ANNOUNCEMENT_THREAD, PUBLIC_THREAD, PRIVATE_THREAD)
        kind = Fields(form, (), call.json()).choice("type", kinds) or PRIVATE_THREAD
        form.check()
        if kind == ANNOUNCEMENT_THREAD:
            raise Refusal(400, 50024, "Cannot execute action on this channel type")
        self._check_may_start(guild, parent, kind)
        thread = self._open(guild, parent, self._ids.mint(), kind, wish)
        self._begin(guild, thread, wish)
        if kind == PUBLIC_THREAD:
            self._place(parent, CREATED, reference={"channel_id": str(thread.id)}, content=thread.name)
        return Answer(self._shape(thread), 201)

    async def _change(self, call: Call) -> Answer:
        channel, thread = self._thread(call)
        guild = self._world.guild(channel.guild or 0)
        body, form = call.json(), Form()
        fields = Fields(form, (), body)
        wish, is_archived = _wish(fields), fields.flag("archived") if "archived" in body else thread.is_archived
        is_locked = fields.flag("locked") if "locked" in body else thread.is_locked
        form.check()
        has = permissions.of_app(guild, self._world.application, channel)
        if not has & permissions.MANAGE_THREADS and (thread.owner != self._world.application or "locked" in body):
            raise Refusal(403, 50013, "Missing Permissions")
        if thread.is_archived and is_archived:
            raise Refusal(400, 50083, "Thread is archived")
        channel.name = wish.name or channel.name
        thread.archives_after_min = wish.archives_after_min or thread.archives_after_min
        thread.slowmode_s = thread.slowmode_s if wish.slowmode_s is None else wish.slowmode_s
        if is_archived != thread.is_archived:
            thread.archived_at = self._clock.now()
        thread.is_archived, thread.is_locked = is_archived, is_locked
        self._gateway.announce_channel("THREAD_UPDATE", channel)
        self._show(guild, channel)
        return Answer(self._shape(channel))

    async def _delete(self, call: Call) -> Answer:
        channel, _ = self._thread(call)
        guild = self._world.guild(channel.guild or 0)
        permissions.check_app(guild, self._world.application, permissions.MANAGE_THREADS)
        shape = self._shape(channel)
        for message in [one for one in self._world.messages.values() if one.channel == channel.id]:
            self._posting.remove(message)
        del guild.threads[channel.id], self._world.channels[channel.id]
        told: Json = {name: shape[name] for name in ("id", "guild_id", "parent_id", "type")}
        self._gateway.dispatch("THREAD_DELETE", told, intent=GUILDS, guild=guild.id)
        self._show(guild, channel)
        return Answer(shape)

    async def _list_public(self, call: Call) -> Answer:
        return self._archived(call, PUBLIC_THREAD, before=call.moment("before"))

    async def _list_private(self, call: Call) -> Answer:
        parent, guild = self._parent(call)
        if not permissions.of_app(guild, self._world.application, parent) & permissions.MANAGE_THREADS:
            raise Refusal(403, 50013, "Missing Permissions")
        return self._archived(call, PRIVATE_THREAD, before=call.moment("before"))

    async def _list_joined(self, call: Call) -> Answer:
        until = call.number("before", 0, ID_MAX, default=ID_MAX)
        return self._archived(call, PRIVATE_THREAD, until=until, is_joined=True)

    def _archived(
        self, call: Call, kind: int, *, before: datetime | None = None, until: int = ID_MAX, is_joined: bool = False
    ) -> Answer:
        """Archived threads of a channel, the last archived first; only those with an id below `until`."""
        parent, guild = self._parent(call)
        count, app = call.number("limit", ARCHIVED_MIN, ARCHIVED_MAX, default=ARCHIVED_MAX), self._world.application
        found: list[tuple[datetime, Channel, Thread]] = []
        for one in guild.threads.values():
            thread = one.thread
            if thread is None or not thread.is_archived or (one.type, one.parent) != (kind, parent.id):
                continue
            at = thread.archived_at or thread.made_at
            if (before is None or at < before) and one.id < until and (app in thread.joined or not is_joined):
                found.append((at, one, thread))
        found.sort(key=lambda entry: (entry[0], entry[1].id), reverse=True)
        page = found[:count]
        mine = [
            serializers.thread_member(one, app, thread.joined[app]) for _, one, thread in page if app in thread.joined
        ]
        threads = [serializers.channel(one) for _, one, _ in page]
        return Answer({"threads": threads, "members": mine, "has_more": len(found) > count})

    async def _show_member(self, call: Call) -> Answer:
        channel, thread = self._thread(call)
        user = self._user(call)
        if user not in thread.joined:
            raise unknown("Member")
        return Answer(serializers.thread_member(channel, user, thread.joined[user]))

    async def _members(self, call: Call) -> Answer:
        channel, thread = self._thread(call)
        return Answer([serializers.thread_member(channel, user, since) for user, since in thread.joined.items()])

    async def _join(self, call: Call) -> Answer:
        channel, thread = self._thread(call)
        guild = self._world.guild(channel.guild or 0)
        if thread.is_archived:
            raise Refusal(400, 50083, "Thread is archived")
        thread.joined.setdefault(guild.member(self._user(call)).user.id, self._clock.now())
        self._show(guild, channel)
        return nothing()

    async def _leave(self, call: Call) -> Answer:
        _, thread = self._thread(call)
        user = self._user(call)
        if self._world.application not in (user, thread.owner):
            raise Refusal(403, 50013, "Missing Permissions")
        thread.joined.pop(user, None)
        return nothing()

    async def _list(self, call: Call) -> Answer:
        guild = self._world.guild(call.id("guild_id"))
        found = [one for one in guild.threads.values() if one.thread and not one.thread.is_archived]
        mine = [
            serializers.thread_member(one, self._world.application, since)
            for one in found
            if one.thread and (since := one.thread.joined.get(self._world.application))
        ]
        return Answer({"threads": [serializers.channel(one) for one in found], "members": mine, "has_more": False})

    def _parent(self, call: Call) -> tuple[Channel, Guild]:
        channel = self._world.channel(call.id("channel_id"))
        if channel.type != TEXT or channel.guild is None:
            raise Refusal(400, 50024, "Cannot execute action on this channel type")
        return channel, self._world.guild(channel.guild)

    def _thread(self, call: Call) -> tuple[Channel, Thread]:
        channel = self._world.channel(call.id("channel_id"))
        if channel.thread is None:
            raise Refusal(400, 50024, "Cannot execute action on this channel type")
        return channel, channel.thread

    def _user(self, call: Call) -> int:
        return self._world.application if call.path["user_id"] == "@me" else call.id("user_id")

    def _check_may_start(self, guild: Guild, parent: Channel, kind: int) -> None:
        is_private = kind == PRIVATE_THREAD
        needed = permissions.CREATE_PRIVATE_THREADS if is_private else permissions.CREATE_PUBLIC_THREADS
        if not permissions.of_app(guild, self._world.application, parent) & needed:
            raise Refusal(403, 50013, "Missing Permissions")

    def _open(self, guild: Guild, parent: Channel, number: int, kind: int, wish: Wish) -> Channel:
        thread = Channel(number, kind, wish.name or "", guild.id, parent.id)
        guild.threads[number] = self._world.channels[number] = thread
        return thread

    def _begin(self, guild: Guild, channel: Channel, wish: Wish) -> None:
        """Initialise the thread and dispatch THREAD_CREATE; later messages count, the starter message does not."""
        app, now = self._world.application, self._clock.now()
        after = wish.archives_after_min or USUALLY_AFTER_MIN
        channel.thread = Thread(app, now, after, wish.slowmode_s or 0, {app: now})
        told = serializers.channel(channel) | {"newly_created": True}
        self._gateway.dispatch("THREAD_CREATE", told, intent=GUILDS, guild=guild.id)
        self._show(guild, channel)

    def _place(self, channel: Channel, kind: int, *, reference: dict[str, str], content: str = "") -> Message:
        """Create a system message."""
        message = self._posting.place(channel.id, self._world.bot)
        message.type, message.content = kind, content
        message.reference = {"type": 0, "guild_id": str(channel.guild)} | reference
        self._posting.changed(message)
        self._telling.message(MESSAGE_CREATED, message)
        return message

    def _show(self, guild: Guild, channel: Channel) -> None:
        """Publish changes so that pages redraw the channel list and the starter message."""
        self._changes.tell(GuildChanged(guild))
        if channel.id in self._world.messages:
            self._posting.changed(self._world.messages[channel.id])

    def _shape(self, channel: Channel) -> Json:
        app = self._world.application
        joined_at = channel.thread.joined.get(app) if channel.thread else None
        mine: Json = {"member": serializers.thread_member(channel, app, joined_at)} if joined_at else {}
        return serializers.channel(channel) | mine


def _read(call: Call) -> Wish:
    form = Form()
    fields = Fields(form, (), call.json())
    fields.require("name")
    wish = _wish(fields)
    form.check()
    return wish


def _wish(fields: Fields) -> Wish:
    return Wish(
        fields.text("name", NAME_MAX, least=1),
        fields.choice("auto_archive_duration", ARCHIVES_AFTER_MIN),
        fields.whole("rate_limit_per_user", 0, SLOWMODE_MAX_S),
    )
