"""REST routes for channel webhooks: manage them, and write, edit and delete messages with their token."""

import re
import secrets
from http import HTTPMethod
from typing import Final

from playground.errors import Form, Refusal, unknown
from playground.gateway.message_events import CREATED, UPDATED, Telling
from playground.gateway.sessions import GUILD_WEBHOOKS, Gateway
from playground.json_types import Json, snowflake
from playground.rate_limits import INTERACTIONS
from playground.rest.app import Answer, Call, Rule, nothing, snowflake_at
from playground.state import avatars, permissions, serializers
from playground.state.fixtures import STAGE, TEXT, VOICE
from playground.state.ids import Snowflakes
from playground.state.message_store import Posting
from playground.state.state import Channel, Guild, Message, User, Webhook, World
from playground.validation import message as check_message
from playground.validation.fields import Fields
from playground.validation.message import EPHEMERAL, SETTABLE, Before

NAME_MAX: Final = 80
PER_CHANNEL_MAX: Final = 15
RESERVED: Final = re.compile("clyde|discord", re.IGNORECASE)  # not allowed in webhook names
IMAGE: Final = re.compile(r"data:image/(?:png|jpeg|gif|webp);base64,[A-Za-z0-9+/=\s]+")
FLAGS: Final = SETTABLE & ~EPHEMERAL


class Webhooks:
    """Manages webhooks and executes them. Their URLs are shared with interactions, which use the app's id."""

    def __init__(
        self, world: World, posting: Posting, telling: Telling, gateway: Gateway, *, ids: Snowflakes, base_url: str
    ) -> None:
        self._world = world
        self._posting = posting
        self._telling = telling
        self._gateway = gateway
        self._ids = ids
        self._base_url = base_url

    def rules(self) -> list[Rule]:
        """The routes that only webhooks have."""
        channel, one = "/channels/{channel_id}/webhooks", "/webhooks/{application_id}"
        by_token = one + "/{token}"
        rules = [
            Rule(HTTPMethod.POST, channel, self._create),
            Rule(HTTPMethod.GET, channel, self._list_of_channel),
            Rule(HTTPMethod.GET, "/guilds/{guild_id}/webhooks", self._list_of_guild),
        ]
        for method, handler in (
            (HTTPMethod.GET, self._show),
            (HTTPMethod.PATCH, self._change),
            (HTTPMethod.DELETE, self._delete),
        ):
            rules += [
                Rule(method, one, handler),
                Rule(
                    method, by_token, handler, INTERACTIONS, needs_token=False, is_interaction=True, bucket="webhooks"
                ),
            ]
        return rules

    # Handlers called by the interaction routes, which share these URLs

    async def execute(self, call: Call) -> Answer:
        """Create a message; with `wait` the response contains it."""
        hook = self._by_token(call)
        body, channel = call.json(), self._place(call, hook)
        form = Form()
        name = Fields(form, (), body).text("username", NAME_MAX, least=1)
        form.check()
        _check_name(("username",), name)
        remarks = check_message.check(body, call.files, Before(allowed_flags=FLAGS))
        author = User(hook.id, name or hook.name, avatar=hook.avatar, is_bot=True)
        message = self._posting.place(channel.id, author)
        message.webhook, message.is_app = hook.id, True
        call.remarks += self._posting.write_checked(message, body, call.files, remarks, pings_all=True)
        self._telling.message(CREATED, message)
        return Answer(self._posting.told(message)) if call.wants("wait") else nothing()

    async def show_message(self, call: Call) -> Answer:
        """Return a message of the webhook."""
        return Answer(self._posting.told(self._message(call)))

    async def edit_message(self, call: Call) -> Answer:
        """Edit a message of the webhook."""
        message = self._message(call)
        call.remarks += self._posting.write(message, call.json(), call.files, pings_all=True, is_edit=True)
        self._posting.edited(message)
        self._telling.message(UPDATED, message)
        return Answer(self._posting.told(message))

    async def delete_message(self, call: Call) -> Answer:
        """Delete a message of the webhook."""
        message = self._message(call)
        self._posting.remove(message)
        self._telling.gone(message)
        return nothing()

    # Handlers of webhook routes

    async def _create(self, call: Call) -> Answer:
        channel, guild = self._channel(call)
        form = Form()
        fields = Fields(form, (), call.json())
        name = fields.text("name", NAME_MAX, least=1, required=True)
        has_avatar = _has_avatar(fields)
        form.check()
        _check_name(("name",), name)
        if len(self._of_channel(channel.id)) >= PER_CHANNEL_MAX:
            raise Refusal(400, 30007, f"Maximum number of webhooks reached ({PER_CHANNEL_MAX})")
        number = self._ids.mint()
        avatar = avatars.avatar_hash(number) if has_avatar else None
        token = secrets.token_urlsafe(51)
        hook = Webhook(number, channel.id, guild.id, name or "", token, self._world.bot, avatar)
        self._world.webhooks[number] = hook
        self._tell(hook)
        return Answer(self._shape(hook))

    async def _list_of_channel(self, call: Call) -> Answer:
        channel, _ = self._channel(call)
        return Answer([self._shape(hook) for hook in self._of_channel(channel.id)])

    async def _list_of_guild(self, call: Call) -> Answer:
        guild = self._world.guild(call.id("guild_id"))
        permissions.check_app(guild, self._world.application, permissions.MANAGE_WEBHOOKS)
        return Answer([self._shape(hook) for hook in self._world.webhooks.values() if hook.guild == guild.id])

    async def _show(self, call: Call) -> Answer:
        return Answer(self._shape(self._found(call), with_user="token" not in call.path))

    async def _change(self, call: Call) -> Answer:
        hook, body, form = self._found(call), call.json(), Form()
        fields = Fields(form, (), body)
        name, has_avatar = fields.text("name", NAME_MAX, least=1), _has_avatar(fields)
        form.check()
        _check_name(("name",), name)
        target = snowflake(body.get("channel_id"))
        if target is not None and "token" not in call.path:
            channel = self._world.channel(target)
            if channel.guild != hook.guild or channel.type not in (TEXT, VOICE, STAGE):
                raise unknown("Channel")
            hook.channel = channel.id
        hook.name = name or hook.name
        if "avatar" in body:
            hook.avatar = avatars.avatar_hash(hook.id) if has_avatar else None
        self._tell(hook)
        return Answer(self._shape(hook, with_user="token" not in call.path))

    async def _delete(self, call: Call) -> Answer:
        hook = self._found(call)
        del self._world.webhooks[hook.id]
        self._tell(hook)
        return nothing()

    def _shape(self, hook: Webhook, *, with_user: bool = True) -> Json:
        app = self._world.application
        return serializers.webhook(hook, app, base_url=self._base_url, with_token=True, with_user=with_user)

    def _found(self, call: Call) -> Webhook:
        if "token" in call.path:
            return self._by_token(call)
        hook = self._by_id(call)
        guild = self._world.guild(hook.guild)
        permissions.check_app(guild, self._world.application, permissions.MANAGE_WEBHOOKS)
        return hook

    def _by_id(self, call: Call) -> Webhook:
        hook = self._world.webhooks.get(call.id("application_id"))
        if hook is None:
            raise unknown("Webhook")
        return hook

    def _by_token(self, call: Call) -> Webhook:
        hook = self._by_id(call)
        if not secrets.compare_digest(hook.token.encode(), call.path["token"].encode()):
            raise Refusal(401, 50027, "Invalid Webhook Token")
        return hook

    def _channel(self, call: Call) -> tuple[Channel, Guild]:
        channel = self._world.channel(call.id("channel_id"))
        guild = self._world.guild_of(channel.id)
        if guild is None or channel.type not in (TEXT, VOICE, STAGE):
            raise Refusal(400, 50024, "Cannot execute action on this channel type")
        permissions.check_app(guild, self._world.application, permissions.MANAGE_WEBHOOKS)
        return channel, guild

    def _of_channel(self, channel: int) -> list[Webhook]:
        return [hook for hook in self._world.webhooks.values() if hook.channel == channel]

    def _place(self, call: Call, hook: Webhook) -> Channel:
        """The target channel of a message: the webhook's channel, or one of its threads."""
        wanted = call.query.get("thread_id")
        channel = self._world.channel(hook.channel)
        if wanted is None:
            return channel
        thread = self._world.channel(snowflake_at(("thread_id",), wanted))
        if thread.thread is None or thread.parent != channel.id:
            raise unknown("Channel")
        return thread

    def _message(self, call: Call) -> Message:
        hook, place = self._by_token(call), None
        place = self._place(call, hook)
        message = self._world.message(place.id, call.id("message_id"))
        if message.webhook != hook.id:
            raise unknown("Message")
        return message

    def _tell(self, hook: Webhook) -> None:
        shape: Json = {"guild_id": str(hook.guild), "channel_id": str(hook.channel)}
        self._gateway.dispatch("WEBHOOKS_UPDATE", shape, intent=GUILD_WEBHOOKS, guild=hook.guild)


def _has_avatar(fields: Fields) -> bool:
    given = fields.values.get("avatar")
    if given is not None and not (isinstance(given, str) and IMAGE.fullmatch(given)):
        fields.refuse("avatar", "IMAGE_INVALID", "Invalid image data")
    return given is not None


def _check_name(path: tuple[str, ...], name: str | None) -> None:
    word = RESERVED.search(name or "")
    if word:
        form = Form()
        form.add(path, "USERNAME_INVALID_CONTAINS", f'{path[-1].title()} cannot contain "{word[0].lower()}"')
        form.check()
