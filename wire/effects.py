"""Effects: Discord requests that run after the transaction commits (messages, roles), as outbox payloads and calls.

A handler returns them as `effects=(SendMessage(…), AddRole(…))` of its reply. An outbox row holds the body of the API
request, validated before the commit, so that a later version of the app can still run effects of an earlier one.
"""

import re
from typing import Final, TypeVar

from msgspec import Struct
from msgspec.json import Decoder, Encoder

from core.ids import ChannelId, GuildId, MessageId, RoleId, UserId
from wire.body import Body, File, body
from wire.checks import check_length
from wire.embeds import Json
from wire.errors import CannotDirectMessage, NoMutualGuild, NotAllowed
from wire.limits import NONCE_MAX
from wire.message import Effect, Message, create_json, edit_json
from wire.rest import Rest
from wire.routes import route


class SendMessage(Effect, frozen=True, kw_only=True):
    """Send a message to a channel."""

    channel: ChannelId
    message: Message


class DirectMessage(Effect, frozen=True, kw_only=True):
    """Send a direct message; if the user accepts none, send it to channel `otherwise`, or drop it if that is None."""

    user: UserId
    message: Message
    otherwise: ChannelId | None = None


class EditMessageEffect(Effect, frozen=True, kw_only=True):
    """Replace a message of ours in a channel completely."""

    channel: ChannelId
    message_id: MessageId
    message: Message


class AddRole(Effect, frozen=True, kw_only=True):
    """Add a role to a member; no change if they have it."""

    guild: GuildId  # pyright: ignore[reportGeneralTypeIssues] - a role always needs its guild
    user: UserId
    role: RoleId
    reason: str | None = None  # for the audit log


class RemoveRole(Effect, frozen=True, kw_only=True):
    """Remove a role from a member; no change if they lack it."""

    guild: GuildId  # pyright: ignore[reportGeneralTypeIssues] - a role always needs its guild
    user: UserId
    role: RoleId
    reason: str | None = None


T = TypeVar("T")
KINDS: Final[dict[type[Effect], str]] = {
    SendMessage: "send_message",
    DirectMessage: "direct_message",
    EditMessageEffect: "change_message",
    AddRole: "give_role",
    RemoveRole: "take_role",
}  # kinds as stored in outbox rows; never rename one, rows may be pending
SENDS: Final = frozenset({"send_message", "direct_message"})  # a repetition would be visible, but for the nonce


class _Payload(Struct, frozen=True, omit_defaults=True):
    """Payload of an outbox row: the target ids and the request body."""

    channel: ChannelId | None = None
    user: UserId | None = None
    role: RoleId | None = None
    guild: GuildId | None = None
    message_id: MessageId | None = None
    otherwise: ChannelId | None = None
    body: Json = {}  # the message as API JSON
    files: tuple[File, ...] = ()
    reason: str | None = None


# NUL as JSON escapes it, which PostgreSQL cannot store; after another backslash it is literal text of a user.
_NUL: Final = re.compile(r"(?<!\\)((?:\\\\)*)\\u0000")
_encoder: Final = Encoder()
_payload: Final = Decoder(_Payload)


def pack(effect: Effect) -> str:
    """The outbox payload of an effect, as JSON.

    Raises:
        InvalidPayload: Discord would reject it.
    """
    match effect:
        case SendMessage():
            packed = _Payload(channel=effect.channel, body=_new(effect.message), files=effect.message.files)
        case DirectMessage():
            packed = _Payload(
                user=effect.user, otherwise=effect.otherwise, body=_new(effect.message), files=effect.message.files
            )
        case EditMessageEffect():
            packed = _Payload(
                channel=effect.channel,
                message_id=effect.message_id,
                body=edit_json(_alone(effect.message)),
                files=effect.message.files,
            )
        case AddRole() | RemoveRole():
            packed = _Payload(guild=effect.guild, user=effect.user, role=effect.role, reason=effect.reason)
        case _:
            raise TypeError(f"{type(effect).__name__} is no kind of effect.")
    return _NUL.sub(r"\1", _encoder.encode(packed).decode())


async def perform(rest: Rest, kind: str, payload: str, *, nonce: str) -> None:
    """Run an effect at Discord; a repetition with the same nonce within a few minutes has no further effect.

    Args:
        rest: client with the token of the app.
        kind: a value of KINDS.
        payload: from pack().
        nonce: at most 25 characters; Discord returns the message sent with the same nonce a few minutes ago.

    Raises:
        LimitExceeded: the nonce is too long.
        DiscordError: Discord rejected the request.
        DiscordUnavailable: the outcome is unknown; with `is_unseen` Discord did nothing.
    """
    what = _payload.decode(payload)
    match kind:
        case "send_message":
            await _send(rest, _given(what.channel), what, nonce)
        case "direct_message":
            try:
                channel = await rest.create_dm(_given(what.user))
                await _send(rest, channel, what, nonce)
            except (CannotDirectMessage, NoMutualGuild):
                if what.otherwise is None:
                    raise
                await _send(rest, what.otherwise, what, nonce)
        case "change_message":
            where = route(
                "PATCH",
                "/channels/{channel}/messages/{message}",
                channel=_given(what.channel),
                message=_given(what.message_id),
            )
            await rest.request(where, _body(what))
        case "give_role" | "take_role":
            method = "PUT" if kind == "give_role" else "DELETE"
            where = route(
                method,
                "/guilds/{guild}/members/{user}/roles/{role}",
                guild=_given(what.guild),
                user=_given(what.user),
                role=_given(what.role),
            )
            await rest.request(where, reason=what.reason)
        case _:
            raise ValueError(f"No version of this house knows how to {kind}.")


async def _send(rest: Rest, channel: ChannelId, what: _Payload, nonce: str) -> None:
    check_length("nonce", nonce, 1, NONCE_MAX)
    where = route("POST", "/channels/{channel}/messages", channel=channel)
    await rest.request(where, _body(what, nonce=nonce, enforce_nonce=True), is_repeatable=True)


def _body(what: _Payload, **more: object) -> Body:
    return body(what.body | more, what.files)


def _new(message: Message) -> Json:
    if message.private:
        raise NotAllowed("message.private", "is for answers to interactions only")
    return create_json(_alone(message))


def _alone(message: Message) -> Message:
    if message.effects:
        raise NotAllowed("message.then", "is for replies only")
    return message


def _given(value: T | None) -> T:
    if value is None:
        raise ValueError("The row lacks what its kind needs.")
    return value
