"""REST routes for the app: its profile, endpoint URLs, emoji list and application commands."""

from http import HTTPMethod
from typing import Final

from nacl.signing import SigningKey

from playground.errors import Form, Refusal, bad_form
from playground.interactions.delivery import Courier, Endpoint
from playground.interactions.registered_commands import Commands
from playground.interactions.webhook_events import DISABLED, ENABLED, KINDS, Events
from playground.json_types import Json, is_list
from playground.rate_limits import COMMANDS
from playground.rest.app import Answer, Call, Rule, nothing
from playground.state import serializers
from playground.state.changes import Changes, CommandsChanged
from playground.state.message_content import APPLICATION_FLAG
from playground.state.state import World
from playground.validation.fields import Fields

DESCRIPTION_MAX: Final = 400
TAGS_MAX: Final = 5


class Application:
    """Routes for the app's profile and its commands."""

    def __init__(
        self,
        world: World,
        commands: Commands,
        courier: Courier,
        events: Events,
        *,
        key: SigningKey,
        endpoint: Endpoint,
        changes: Changes,
    ) -> None:
        self._world = world
        self._commands = commands
        self._courier = courier
        self._events = events
        self._key = key
        self._endpoint = endpoint
        self._changes = changes
        self._details: Json = {"description": "", "tags": []}

    def rules(self) -> list[Rule]:
        """The routes of this module."""
        every = "/applications/{application_id}/commands"
        here = "/applications/{application_id}/guilds/{guild_id}/commands"
        rules = [
            Rule(HTTPMethod.GET, "/applications/@me", self._show),
            Rule(HTTPMethod.GET, "/oauth2/applications/@me", self._show),
            Rule(HTTPMethod.PATCH, "/applications/@me", self._change),
            Rule(HTTPMethod.GET, "/users/@me", self._show_bot),
            Rule(HTTPMethod.GET, "/applications/{application_id}/emojis", self._list_emoji),
        ]
        for path in (every, here):
            rules += [
                Rule(HTTPMethod.GET, path, self._list),
                Rule(HTTPMethod.POST, path, self._create, COMMANDS),
                Rule(HTTPMethod.PUT, path, self._replace, COMMANDS),
                Rule(HTTPMethod.GET, path + "/{command_id}", self._get),
                Rule(HTTPMethod.PATCH, path + "/{command_id}", self._edit, COMMANDS),
                Rule(HTTPMethod.DELETE, path + "/{command_id}", self._delete, COMMANDS),
            ]
        return rules

    async def _show(self, _call: Call) -> Answer:
        return Answer(self._shape())

    async def _show_bot(self, _call: Call) -> Answer:
        shape = serializers.user(self._world.bot)
        return Answer(shape | {"verified": True, "mfa_enabled": True, "locale": "en-US", "email": None, "bio": ""})

    async def _list_emoji(self, call: Call) -> Answer:
        self._scope(call)
        return Answer({"items": []})

    async def _change(self, call: Call) -> Answer:
        body = call.json()
        if "interactions_endpoint_url" in body:
            url = body["interactions_endpoint_url"]
            await self.set_endpoint(str(url) if url else None)
        await self._subscribe(body)
        self._set_flags(body)
        description, tags = body.get("description"), body.get("tags")
        if isinstance(description, str):
            if len(description) > DESCRIPTION_MAX:
                raise bad_form(
                    ("description",), "BASE_TYPE_MAX_LENGTH", f"Must be {DESCRIPTION_MAX} or fewer in length."
                )
            self._details["description"] = description
        if is_list(tags):
            if len(tags) > TAGS_MAX:
                raise bad_form(("tags",), "BASE_TYPE_MAX_LENGTH", f"Must be {TAGS_MAX} or fewer in length.")
            self._details["tags"] = tags
        return Answer(self._shape())

    def _set_flags(self, body: Json) -> None:
        """Change the privileged intents: an app may change only their flags."""
        form = Form()
        flags = Fields(form, (), body).whole("flags", 0, 2**31 - 1)
        form.check()
        if flags is not None:
            self._world.message_content = bool(flags & APPLICATION_FLAG)
            self._changes.tell(CommandsChanged())

    async def set_endpoint(self, url: str | None) -> None:
        """Save the interactions endpoint after validating it as Discord does.

        Raises:
            Refusal: the endpoint does not answer PING correctly, or accepts a wrong signature.
        """
        trouble = await self._courier.verify(url) if url else None
        if trouble:
            raise bad_form(
                ("interactions_endpoint_url",),
                "APPLICATION_INTERACTIONS_ENDPOINT_URL_INVALID",
                f"The specified interactions endpoint url could not be verified: {trouble}.",
            )
        self._endpoint.url = url
        self._changes.tell(CommandsChanged())

    async def set_events(self, url: str | None) -> None:
        """Save the webhook events URL for all event types, after validating it as Discord does.

        Raises:
            Refusal: the URL does not answer PING correctly, or accepts a wrong signature.
        """
        status = ENABLED if url else DISABLED
        await self._subscribe(
            {"event_webhooks_url": url, "event_webhooks_status": status, "event_webhooks_types": list(KINDS)}
        )

    async def _subscribe(self, body: Json) -> None:
        wanted = self._events.subscription
        form = Form()
        fields = Fields(form, (), body)
        status = fields.choice("event_webhooks_status", (DISABLED, ENABLED))
        kinds = fields.entries("event_webhooks_types", len(KINDS))
        for index, kind in enumerate(kinds):
            if kind not in KINDS:
                form.add(("event_webhooks_types", index), "BASE_TYPE_CHOICES", f"Value must be one of {KINDS}.")
        form.check()
        if "event_webhooks_url" in body:
            url = body["event_webhooks_url"]
            trouble = await self._events.verify(str(url)) if url else None
            if trouble:
                raise bad_form(
                    ("event_webhooks_url",),
                    "APPLICATION_EVENT_WEBHOOKS_URL_INVALID",
                    f"The specified event webhooks url could not be verified: {trouble}.",
                )
            wanted.url = str(url) if url else None
        wanted.status = wanted.status if status is None else status
        if "event_webhooks_types" in body:
            wanted.kinds = [str(kind) for kind in kinds]

    async def _list(self, call: Call) -> Answer:
        found = self._commands.listed(self._scope(call), with_localizations=call.wants("with_localizations"))
        return Answer(found)

    async def _create(self, call: Call) -> Answer:
        command, is_new = self._commands.create(self._scope(call), call.json())
        return Answer(command, 201 if is_new else 200)

    async def _replace(self, call: Call) -> Answer:
        return Answer(self._commands.replace(self._scope(call), call.body))

    async def _get(self, call: Call) -> Answer:
        return Answer(self._commands.get(self._scope(call), call.id("command_id")))

    async def _edit(self, call: Call) -> Answer:
        return Answer(self._commands.change(self._scope(call), call.id("command_id"), call.json()))

    async def _delete(self, call: Call) -> Answer:
        self._commands.delete(self._scope(call), call.id("command_id"))
        return nothing()

    def _scope(self, call: Call) -> int | None:
        if call.id("application_id") != self._world.application:
            raise Refusal(403, 20012, "You are not authorized to perform this action on this application")
        if "guild_id" not in call.path:
            return None
        guild = call.id("guild_id")
        if guild not in self._world.guilds:
            raise Refusal(403, 50001, "Missing Access")
        return guild

    def _shape(self) -> Json:
        bot = self._world.bot
        return {
            "id": str(self._world.application),
            "name": bot.username,
            "icon": bot.avatar,
            "summary": "",
            "bot_public": True,
            "bot_require_code_grant": False,
            "verify_key": self._key.verify_key.encode().hex(),
            "type": None,
            "flags": serializers.application_flags(self._world),
            "flags_new": str(serializers.application_flags(self._world)),
            "explicit_content_filter": 0,
            "approximate_user_authorization_count": 0,
            "eligible_oauth2_scopes": [],
            "hook": True,
            "bot": serializers.user(bot),
            "owner": serializers.user(bot),
            "team": None,
            "approximate_guild_count": len(self._world.guilds),
            "approximate_user_install_count": 0,
            "interactions_endpoint_url": self._endpoint.url,
            "role_connections_verification_url": None,
            "event_webhooks_url": self._events.subscription.url,
            "event_webhooks_status": self._events.subscription.status,
            "event_webhooks_types": self._events.subscription.kinds,
            "redirect_uris": [],
            "integration_types_config": {"0": {}, "1": {}},
            **self._details,
        }
