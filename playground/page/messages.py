"""Renders messages as HTML: author, reply and command context, text, attachments, embeds, components and polls."""

from dataclasses import replace
from datetime import timedelta
from typing import Final

from markupsafe import Markup

from playground.http_log.deliveries import COMMAND, Delivery
from playground.interactions.callbacks import CHAT_COMMAND, MENU_COMMAND, REPLY
from playground.json_types import Json
from playground.page import embeds, template_helpers
from playground.page.drawing import draw as draw_template
from playground.page.drawing import member_picture, picture
from playground.page.markdown_context import Reading
from playground.page.sidebars import colour_of
from playground.rest.threads import CREATED as THREAD_CREATED
from playground.rest.threads import STARTER as THREAD_STARTER
from playground.state import polls, serializers
from playground.state.message_store import PINNED
from playground.state.state import Message, User
from playground.validation.commands import SUB_COMMAND, SUB_COMMAND_GROUP
from playground.validation.message import EPHEMERAL, LOADING, SUPPRESS_EMBEDS, SUPPRESS_NOTIFICATIONS
from render.html.emoji import is_jumbo
from wire.limits import TOKEN_LIVES_S

GIVEN_UP_AFTER: Final = timedelta(seconds=TOKEN_LIVES_S)  # from then on the deferred message can no longer be edited
EXCERPT_MAX: Final = 400  # characters in the preview of a replied-to message; CSS cuts off what does not fit the line


def draw(
    message: Message, *, reading: Reading, base_url: str, asked: Delivery | None, reply: Delivery | None
) -> Markup:
    """Render one message as a list item.

    Args:
        message: a message visible to the reader.
        reading: the reader and the current time.
        base_url: base URL of this server; only its own images are loaded, others are named.
        asked: the interaction that created the message, None if it is no longer stored.
        reply: the latest interaction that created or edited the message.
    """
    shown = _shown(message, reading)
    shape = template_helpers.loose(serializers.message(shown, reading.world, base_url=""))
    return draw_template(
        "told.html" if message.type in (THREAD_CREATED, PINNED) else "message.html",
        message=message,
        shown=shown,
        reply=reply,
        author=_author(shown.author, reading),
        used=_used(message, asked, reading),
        answered=_answered(message, reading),
        is_thinking=bool(message.flags & LOADING),
        is_given_up=bool(message.flags & LOADING) and reading.now - message.at > GIVEN_UP_AFTER,
        is_private=bool(message.flags & EPHEMERAL),
        is_silent=bool(message.flags & SUPPRESS_NOTIFICATIONS),
        is_pinged=_is_pinged(message, reading),
        is_jumbo=is_jumbo(shown.content),
        embeds=[] if shown.flags & SUPPRESS_EMBEDS else embeds.arrange(shown, shape["embeds"]),
        components=shape["components"] if shown is message else [],
        attachments=embeds.lay_out(shown, shape["attachments"]),
        poll=template_helpers.loose(_poll(message, reading)) if message.poll else None,
        branch=_branch(message, reading),
        pinned=int(message.reference["message_id"]) if message.type == PINNED and message.reference else None,
        reading=reading,
        **template_helpers.Helpers(reading, base_url).by_name(),
    )


def draw_failure(delivery: Delivery, *, reading: Reading) -> Markup:
    """Render the failure notice of an interaction without a response."""
    return draw_template(
        "failure.html",
        delivery=delivery,
        author=_author(reading.world.bot, reading),
        used=_command_of(delivery.began, reading) if delivery.began.kind == COMMAND else None,
        reading=reading,
    )


def _shown(message: Message, reading: Reading) -> Message:
    """The message to display: the snapshot of a forward, or the original message of a thread starter."""
    if message.forwarded:
        return replace(message.forwarded, id=message.id, author=message.author, at=message.at, edited_at=None)
    if message.type != THREAD_STARTER or message.reference is None:
        return message
    return reading.world.messages.get(int(message.reference["message_id"]), message)


def _author(user: User, reading: Reading) -> Json:
    guild = reading.seat.guild
    member = guild.members.get(user.id) if guild else None
    return {
        "id": user.id,
        "name": member.display_name if member else user.display_name,
        "locale": user.locale,
        "is_bot": user.is_bot,
        "picture": member_picture(guild, member, size_px=80) if guild and member else picture(user, size_px=80),
        "colour": colour_of(guild, member) if guild and member else 0,
    }


def _used(message: Message, asked: Delivery | None, reading: Reading) -> Json | None:
    """The user and command that a message responds to; None: it is not the first response to a command."""
    if message.interaction is None or message.type not in (CHAT_COMMAND, MENU_COMMAND):
        return None
    if asked is None:
        return {"by": _author(reading.world.user(int(message.interaction["user"]["id"])), reading), "command": None}
    return _command_of(asked.began, reading)


def _command_of(delivery: Delivery, reading: Reading) -> Json:
    data: Json = delivery.payload.get("data") or {}
    names = [str(data.get("name") or "")]
    options: list[Json] = data.get("options") or []
    while options and options[0].get("type") in (SUB_COMMAND, SUB_COMMAND_GROUP):
        names.append(str(options[0]["name"]))
        options = options[0].get("options") or []
    is_menu = data.get("target_id") is not None
    return {
        "by": _author(delivery.actor.user, reading),
        "command": names[0] if is_menu else "/" + " ".join(names),
        "options": " ".join(f"{option['name']}:{option.get('value')}" for option in options),
    }


def _answered(message: Message, reading: Reading) -> Json | None:
    """The message that this one replies to, None if it is no reply."""
    if message.type != REPLY or message.reference is None:
        return None
    other = reading.world.messages.get(int(message.reference["message_id"]))
    if other is None or other.reader not in (None, reading.seat.user.id):
        return {"id": None}
    return _excerpt(other, reading)


def _excerpt(message: Message, reading: Reading) -> Json:
    """A message as a one-line preview."""
    kinds = (
        (message.attachments, "a file"),
        (message.embeds, "an embed"),
        (message.components, "components"),
        (message.poll, "a poll"),
    )
    return {
        "id": message.id,
        "by": _author(message.author, reading),
        "text": message.content.replace("\n", " ")[:EXCERPT_MAX],
        "kind": next((name for there, name in kinds if there), "a message"),
        "at": message.at,
    }


def _branch(message: Message, reading: Reading) -> Json | None:
    """The thread started from a message, or announced by it; None: there is none."""
    reference = message.reference or {}
    number = int(reference["channel_id"]) if message.type == THREAD_CREATED else message.id
    channel = reading.world.channels.get(number)
    if channel is None or channel.thread is None or channel is reading.seat.channel:
        return None
    last = reading.world.messages.get(channel.last_message or 0)
    return {
        "name": channel.name,
        "address": reading.seat.query(channel=channel.id),
        "count": channel.thread.messages,
        "is_archived": channel.thread.is_archived,
        "last": _excerpt(last, reading) if last and last.type != THREAD_STARTER else None,
    }


def _is_pinged(message: Message, reading: Reading) -> bool:
    """Whether the message mentions the reader: by user, role or @everyone, or as a reply to the reader."""
    seat = reading.seat
    roles = seat.member.roles if seat.member else []
    answered = _answered(message, reading) or {"id": None}
    is_answer_to_me = answered["id"] is not None and answered["by"]["id"] == seat.user.id
    return (
        seat.user.id in message.mentions
        or message.mentions_everyone
        or any(role in roles for role in message.mention_roles)
        or (is_answer_to_me and message.author is not seat.user)
    )


def _poll(message: Message, reading: Reading) -> Json:
    poll = message.poll or {}
    counts = {answer: len(voters) for answer, voters in message.votes.items()}
    mine = [answer for answer, voters in message.votes.items() if reading.seat.user.id in voters]
    total = sum(counts.values())
    most = max(counts.values(), default=0)
    answers = [
        {
            "id": one["answer_id"],
            "media": one["poll_media"],
            "count": counts.get(one["answer_id"], 0),
            "share": round(100 * counts.get(one["answer_id"], 0) / total) if total else 0,
            "is_mine": one["answer_id"] in mine,
            "is_first": bool(most) and counts.get(one["answer_id"], 0) == most,
        }
        for one in poll["answers"]
    ]
    return {
        "question": poll["question"],
        "answers": answers,
        "takes_many": poll["allow_multiselect"],
        "total": total,
        "voters": len({voter for voters in message.votes.values() for voter in voters}),
        "is_over": polls.is_over(message, reading.now),
        "has_voted": bool(mine),
        "expiry": poll["expiry"],
    }
