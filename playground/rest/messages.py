"""REST routes for messages in guild channels and direct messages."""

import time
from datetime import timedelta
from http import HTTPMethod
from typing import Final

from core.clock import Clock
from core.ids import snowflake_time
from playground.errors import Form, Refusal
from playground.gateway.message_events import CREATED, UPDATED, Telling
from playground.gateway.sessions import DIRECT_TYPING, GUILD_MESSAGES, GUILD_TYPING, Gateway
from playground.json_types import Json, is_object, snowflake
from playground.rate_limits import MESSAGES
from playground.rest.app import Answer, Call, Rule, nothing
from playground.state import message_content, permissions, serializers
from playground.state.message_store import Posting
from playground.state.state import Channel, Message, World
from playground.validation import message as check_message
from playground.validation.fields import Fields
from playground.validation.message import EPHEMERAL, SETTABLE, Before
from wire.limits import NONCE_MAX

ANSWER: Final = 0  # reference type
NONCE_LIVES_S: Final = 300  # Discord's documentation: "a few minutes"
BULK_MIN: Final = 2  # messages per bulk delete
BULK_MAX: Final = 100
BULK_REACHES: Final = timedelta(days=14)
ID_MAX: Final = 2**63 - 1
PAGE: Final = 50
PAGE_MAX: Final = 100
CHANNEL_FLAGS: Final = SETTABLE & ~EPHEMERAL


class Messages:
    """Routes for messages, called with the app's token."""

    def __init__(self, world: World, posting: Posting, telling: Telling, gateway: Gateway, clock: Clock) -> None:
        self._clock = clock
        self._world = world
        self._posting = posting
        self._telling = telling
        self._gateway = gateway
        self._nonces: dict[tuple[int, str], tuple[float, Message]] = {}

    def rules(self) -> list[Rule]:
        """The routes of this module."""
        one = "/channels/{channel_id}/messages/{message_id}"
        return [
            Rule(HTTPMethod.POST, "/channels/{channel_id}/messages", self._create, MESSAGES),
            Rule(HTTPMethod.GET, "/channels/{channel_id}/messages", self._list),
            Rule(HTTPMethod.GET, one, self._show),
            Rule(HTTPMethod.PATCH, one, self._edit, MESSAGES),
            Rule(HTTPMethod.DELETE, one, self._delete, MESSAGES),
            Rule(HTTPMethod.POST, "/channels/{channel_id}/messages/bulk-delete", self._delete_many, MESSAGES),
            Rule(HTTPMethod.POST, "/channels/{channel_id}/typing", self._type, MESSAGES),
            Rule(HTTPMethod.POST, "/users/@me/channels", self._open_direct),
        ]

    async def _create(self, call: Call) -> Answer:
        channel = self._world.channel(call.id("channel_id"))
        body = call.json()
        nonce = _nonce(body)
        known = self._known(channel.id, nonce) if body.get("enforce_nonce") is True else None
        if known:
            return Answer(self._posting.told(known))
        if channel.guild is not None:
            guild = self._world.guild(channel.guild)
            permissions.check_writing(permissions.of_app(guild, self._world.application, channel), channel)
        before = Before(allowed_flags=CHANNEL_FLAGS)
        remarks = check_message.check(body, call.files, before)
        referred = self._referred(channel, body)
        message = self._posting.place(channel.id, self._world.bot)
        self._posting.write_checked(message, body, call.files, remarks, pings_all=True)
        if referred and check_message.is_forward(body):
            self._posting.forward(message, referred)
        elif referred:
            self._posting.answer(message, referred, pings=_pings_author(body))
        if nonce is not None:
            self._nonces[channel.id, nonce] = (time.monotonic(), message)
        self._telling.message(CREATED, message)
        return Answer(self._posting.told(message))

    async def _list(self, call: Call) -> Answer:
        channel = self._world.channel(call.id("channel_id"))
        count = call.number("limit", 1, PAGE_MAX, default=PAGE)
        found = [one for one in self._world.messages.values() if one.channel == channel.id and one.reader is None]
        after, before = call.number("after", 0, ID_MAX, default=0), call.number("before", 0, ID_MAX, default=ID_MAX)
        found = [one for one in found if after < one.id < before]
        newest = sorted(found, key=lambda one: one.id, reverse=True)
        page = newest[-count:] if after else newest[:count]
        if "around" in call.query:
            middle = call.number("around", 0, ID_MAX, default=0)
            later = sum(one.id > middle for one in newest)
            page = newest[max(0, later - count // 2) :][:count]
        return Answer(self._telling.answers(page, call.remarks))

    async def _show(self, call: Call) -> Answer:
        return Answer(self._telling.answers([self._message(call)], call.remarks)[0])

    async def _edit(self, call: Call) -> Answer:
        message = self._message(call)
        if message.author is not self._world.bot:
            raise Refusal(403, 50005, "Cannot edit a message authored by another user")
        self._posting.write(message, call.json(), call.files, pings_all=True, is_edit=True)
        self._posting.edited(message)
        self._telling.message(UPDATED, message)
        return Answer(self._posting.told(message))

    async def _delete(self, call: Call) -> Answer:
        message = self._message(call)
        if not message.is_app:
            guild = self._world.guild_of(message.channel)
            if guild is None:
                raise Refusal(403, 50003, "Cannot execute action on a DM channel")
            permissions.check_app(guild, self._world.application, permissions.MANAGE_MESSAGES)
        self._posting.remove(message)
        self._telling.gone(message)
        return nothing()

    async def _delete_many(self, call: Call) -> Answer:
        channel = self._world.channel(call.id("channel_id"))
        guild = self._world.guild_of(channel.id)
        if guild is None:
            raise Refusal(400, 50003, "Cannot execute action on a DM channel")
        permissions.check_app(guild, self._world.application, permissions.MANAGE_MESSAGES)
        form = Form()
        given = Fields(form, (), call.json()).entries("messages", BULK_MAX, least=BULK_MIN, required=True)
        numbers = [snowflake(one) for one in given]
        for index, number in enumerate(numbers):
            if number is None:
                form.add(("messages", index), "NUMBER_TYPE_COERCE", f'Value "{given[index]}" is not snowflake.')
        if len(set(numbers)) < len(numbers):
            form.add(("messages",), "SET_TYPE_CONTAINS_DUPLICATES", "The set already contains one of these values")
        form.check()
        oldest = self._clock.now() - BULK_REACHES
        if any(snowflake_time(number or 0) < oldest for number in numbers):
            raise Refusal(400, 50034, "You can only bulk delete messages that are under 14 days old.")
        found = [self._world.messages[number] for number in numbers if number in self._world.messages]
        found = [one for one in found if one.channel == channel.id and one.reader is None]
        for message in found:
            self._posting.remove(message)
        shape: Json = {"channel_id": str(channel.id), "guild_id": str(guild.id), "ids": [str(one.id) for one in found]}
        if found:
            self._gateway.dispatch("MESSAGE_DELETE_BULK", shape, intent=GUILD_MESSAGES, guild=guild.id)
        return nothing()

    async def _type(self, call: Call) -> Answer:
        channel = self._world.channel(call.id("channel_id"))
        guild, app = self._world.guild_of(channel.id), self._world.application
        shape: Json = {"channel_id": str(channel.id), "user_id": str(app), "timestamp": int(self._clock.unix())}
        if guild is not None:
            permissions.check_writing(permissions.of_app(guild, app, channel), channel)
            shape |= {"guild_id": str(guild.id), "member": serializers.member(guild.member(app))}
        intent = DIRECT_TYPING if guild is None else GUILD_TYPING
        self._gateway.dispatch("TYPING_START", shape, intent=intent, guild=channel.guild)
        return nothing()

    async def _open_direct(self, call: Call) -> Answer:
        form = Form()
        fields = Fields(form, (), call.json())
        recipient = fields.id("recipient_id")
        if recipient is None:
            form.required(("recipient_id",))
        form.check()
        user = self._world.user(recipient or 0)
        if user.is_bot:
            raise Refusal(400, 50007, "Cannot send messages to this user")
        return Answer(serializers.channel(self._world.direct_channel(user)))

    def _message(self, call: Call) -> Message:
        return self._world.message(call.id("channel_id"), call.id("message_id"))

    def _referred(self, channel: Channel, body: Json) -> Message | None:
        """The message that a new one replies to or forwards; None: no reference, or an optional one that is missing."""
        form = Form()
        given = Fields(form, (), body).object("message_reference")
        if given is None:
            form.check()
            return None
        is_forward = given.choice("type", (ANSWER, check_message.FORWARD)) == check_message.FORWARD
        number, place = given.id("message_id"), given.id("channel_id")
        if is_forward:
            given.require("message_id", "channel_id")
        message = self._world.messages.get(number or 0)
        where = place if is_forward else channel.id
        is_there = message is not None and message.channel == where and message.reader is None
        if not is_there and (is_forward or given.values.get("fail_if_not_exists") is not False):
            form.add(("message_reference",), "REPLIES_UNKNOWN_MESSAGE", "Unknown message")
        form.check()
        if message is None or not is_there:
            return None
        if is_forward and not (self._world.message_content or message_content.is_open(message, self._world)):
            raise Refusal(403, 160014, "You cannot forward a message whose content you cannot read")
        return message

    def _known(self, channel: int, nonce: str | None) -> Message | None:
        oldest = time.monotonic() - NONCE_LIVES_S
        self._nonces = {key: value for key, value in self._nonces.items() if value[0] > oldest}
        found = self._nonces.get((channel, nonce)) if nonce is not None else None
        return found[1] if found else None


def _pings_author(body: Json) -> bool:
    """Whether a reply mentions the author: yes, unless `allowed_mentions` is present without `replied_user`."""
    allowed = body.get("allowed_mentions")
    return not is_object(allowed) or allowed.get("replied_user") is True


def _nonce(body: Json) -> str | None:
    nonce = body.get("nonce")
    if nonce is None:
        return None
    form = Form()
    if not isinstance(nonce, str | int) or isinstance(nonce, bool):
        form.wrong_type(("nonce",), "string")
    elif len(str(nonce)) > NONCE_MAX:
        form.too_long(("nonce",), NONCE_MAX)
    form.check()
    return str(nonce)
