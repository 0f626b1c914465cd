"""What a feature can make happen at Discord after its transaction is committed: values, their rows, and the doing.

A handler returns them as `then=(SendMessage(…), GiveRole(…))` of its reply. What a row holds is the request as Discord
reads it, checked before the commit, so that a later version of the house can still do what an earlier one decided.
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
    """A message in a channel."""

    channel: ChannelId
    message: Message


class DirectMessage(Effect, frozen=True, kw_only=True):
    """A message to a person; where they take none, it goes to `otherwise`, or nowhere when that is None."""

    user: UserId
    message: Message
    otherwise: ChannelId | None = None


class EditMessageEffect(Effect, frozen=True, kw_only=True):
    """A message of ours in a channel becomes this one as a whole."""

    channel: ChannelId
    message_id: MessageId
    message: Message


class AddRole(Effect, frozen=True, kw_only=True):
    """A role for a member; who has it keeps it."""

    guild: GuildId  # pyright: ignore[reportGeneralTypeIssues] - a role is always a guild's, and is told
    user: UserId
    role: RoleId
    reason: str | None = None  # for the audit log


class RemoveRole(Effect, frozen=True, kw_only=True):
    """No longer that role for a member; who lacks it goes without."""

    guild: GuildId  # pyright: ignore[reportGeneralTypeIssues] - a role is always a guild's, and is told
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
}  # as rows name them; never change one, rows may be waiting
SENDS: Final = frozenset({"send_message", "direct_message"})  # doing them twice is seen, but for the nonce


class _Payload(Struct, frozen=True, omit_defaults=True):
    """A row's payload: whom it is about, and the request's body."""

    channel: ChannelId | None = None
    user: UserId | None = None
    role: RoleId | None = None
    guild: GuildId | None = None
    message_id: MessageId | None = None
    otherwise: ChannelId | None = None
    body: Json = {}  # the message as Discord reads it
    files: tuple[File, ...] = ()
    reason: str | None = None


# The one character that PostgreSQL cannot keep, as JSON writes it; behind one more backslash it is what somebody wrote.
_NUL: Final = re.compile(r"(?<!\\)((?:\\\\)*)\\u0000")
_encoder: Final = Encoder()
_payload: Final = Decoder(_Payload)


def pack(effect: Effect) -> str:
    """The payload of an effect's row, as JSON.

    Raises:
        Unsendable: Discord would refuse it.
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
    """Make it happen; a second time with the same nonce within minutes changes nothing more.

    Args:
        rest: authorised as the app.
        kind: one of KINDS' names.
        payload: from pack().
        nonce: at most 25 characters; Discord gives back the message that was sent with it a few minutes ago.

    Raises:
        LimitExceeded: the nonce.
        DiscordError: Discord said no.
        DiscordUnavailable: nobody knows, unless it says `is_unseen`.
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
