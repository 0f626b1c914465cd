"""Discord's REST API as methods: interaction responses, application commands, direct messages, voice states, our app.

Channel messages and roles are effects: see wire/effects.py.

Source: https://discord.com/developers/docs/reference
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from typing import Final, TypeVar

from msgspec import MsgspecError, Struct, ValidationError
from msgspec.json import Decoder, decode

from core.ids import ApplicationId, ChannelId, GuildId, InteractionId, UserId
from wire.body import body
from wire.embeds import Json
from wire.errors import DiscordUnavailable, UnknownMember, UnknownMessage, UnknownVoiceState, UnknownWebhook
from wire.lenient import read
from wire.message import Message, to_webhook_edit, to_webhook_message
from wire.objects import ReceivedMessage
from wire.reply import Reply, to_callback
from wire.routes import Route, route
from wire.transport import Transport

_RACE_DELAYS: Final = (
    0.4,
    0.8,
    1.6,
    3.2,
)  # times the backoff; Discord may process our initial response after our edit

_GONE_DELAYS: Final = (*_RACE_DELAYS, 6.4)  # 3.1 s in total: an initial response that is missing by then never arrives

T = TypeVar("T")


class Application(Struct, frozen=True):
    """Our application at Discord."""

    id: ApplicationId
    name: str = ""
    verify_key: str = ""
    interactions_endpoint_url: str | None = None
    flags: int = 0  # bit field; contains the enabled privileged intents


class CurrentVoiceState(Struct, frozen=True):
    """The current voice state of a member."""

    channel_id: ChannelId | None = None
    self_mute: bool | None = False
    self_deaf: bool | None = False
    mute: bool | None = False
    deaf: bool | None = False
    self_stream: bool | None = False
    self_video: bool | None = False
    suppress: bool | None = False


class _Id(Struct, frozen=True):
    id: int


_id: Final = Decoder(_Id, strict=False)
_message: Final = Decoder(ReceivedMessage, strict=False)
_application: Final = Decoder(Application, strict=False)
_objects: Final = Decoder(list[Json])
_voice_state: Final = Decoder(CurrentVoiceState, strict=False)


class Rest(Transport):
    """REST client with the routes that we use. Methods raise DiscordError and DiscordUnavailable, like request()."""

    # Interaction responses: without bot token, not subject to the global limit.

    async def respond(self, interaction: InteractionId, token: str, reply: Reply) -> None:
        """Send the initial response by POST; our HTTP response must then be 202 and empty."""
        where = route("POST", "/interactions/{interaction}/{token}/callback", interaction=interaction, token=token)
        await self.request(where, to_callback(reply))

    async def edit_original(self, application: ApplicationId, token: str, message: Message) -> ReceivedMessage:
        """Replace the initial response by `message` completely; within 15 minutes of the interaction.

        Raises:
            UnknownWebhook: the token has expired.
            UnknownMessage: the response was deleted. Right after a deferral, Discord may return either error until it
                has processed our initial response; that is retried four times within a second and a half.
        """
        where = route("PATCH", "/webhooks/{webhook}/{token}/messages/@original", webhook=application, token=token)
        edited = to_webhook_edit(message)
        return _read(_message, await self._despite_race(lambda: self.request(where, edited)))

    async def get_original(self, application: ApplicationId, token: str) -> ReceivedMessage:
        """The current state of the initial response."""
        where = route("GET", "/webhooks/{webhook}/{token}/messages/@original", webhook=application, token=token)
        return _read(_message, await self._despite_race(lambda: self.request(where)))

    async def delete_original(self, application: ApplicationId, token: str) -> None:
        """Delete the initial response; after this it is certainly gone, and a followup is a separate message.

        Raises:
            UnknownWebhook: the token has expired, or Discord has not processed our initial response.
        """
        where = route("DELETE", "/webhooks/{webhook}/{token}/messages/@original", webhook=application, token=token)
        with suppress(UnknownMessage):  # after all retries: the response was deleted before
            await self._despite_race(lambda: self.request(where), _GONE_DELAYS)

    async def follow_up(self, application: ApplicationId, token: str, message: Message) -> ReceivedMessage:
        """Send a followup message; at most five where only the user installed the app."""
        where = route("POST", "/webhooks/{webhook}/{token}", webhook=application, token=token)
        return _read(_message, await self.request(where, to_webhook_message(message)))

    async def _despite_race(self, attempt: Callable[[], Awaitable[T]], delays: Sequence[float] = _RACE_DELAYS) -> T:
        for delay in delays:
            try:
                return await attempt()
            except (UnknownWebhook, UnknownMessage):
                await asyncio.sleep(delay * self._backoff_s)
        return await attempt()

    # Requests with the bot token.

    async def create_dm(self, user: UserId) -> ChannelId:
        """The DM channel with a user; the same id on every call."""
        sent = body({"recipient_id": str(user)})
        content = await self.request(route("POST", "/users/@me/channels"), sent, is_repeatable=True)
        return ChannelId(_read(_id, content).id)

    async def put_commands(
        self, application: ApplicationId, commands: Sequence[Mapping[str, object]], *, guild: GuildId | None = None
    ) -> list[Json]:
        """Replace all commands of a scope; returns them with their ids."""
        return _read(_objects, await self.request(_commands_route("PUT", application, guild), body(list(commands))))

    async def get_commands(self, application: ApplicationId, *, guild: GuildId | None = None) -> list[Json]:
        """The commands of a scope with all localisations, which a comparison needs."""
        query = {"with_localizations": "true"}
        return _read(_objects, await self.request(_commands_route("GET", application, guild), query=query))

    async def check(self) -> None:
        """Return if Discord responds and accepts our token; else raise."""
        await self.request(route("GET", "/gateway/bot"))

    async def get_voice_state(self, guild: GuildId, user: UserId) -> CurrentVoiceState | None:
        """The voice state of a member; None: not in voice, or not a member any more.

        Source: https://discord.com/developers/docs/resources/voice#get-user-voice-state
        """
        where = route("GET", "/guilds/{guild}/voice-states/{user}", guild=guild, user=user)
        try:
            return _read(_voice_state, await self.request(where))
        except (UnknownVoiceState, UnknownMember):
            return None

    async def get_current_application(self) -> Application:
        """Our application, as stored at Discord."""
        return _read(_application, await self.request(route("GET", "/applications/@me")))


def _read(decoder: Decoder[T], content: bytes) -> T:
    """Decode a response body.

    Raises:
        DiscordUnavailable: the body is unreadable. Discord may have executed the request nevertheless.
    """
    try:
        try:
            return decoder.decode(content)
        except ValidationError:  # an unexpected field that we do not need must not turn a success into a failure
            return read(decoder.decode, decode(content), is_needed=lambda path: path[0] == "id")
    except (MsgspecError, UnicodeDecodeError) as error:
        raise DiscordUnavailable(f"Discord's answer cannot be read: {error}.") from error


def _commands_route(method: str, application: ApplicationId, guild: GuildId | None) -> Route:
    if guild is None:
        return route(method, "/applications/{application}/commands", application=application)
    template = "/applications/{application}/guilds/{guild}/commands"
    return route(method, template, application=application, guild=guild)
