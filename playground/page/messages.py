"""Messages as a person sees them: who said it and why, the text, and everything that hangs below it."""

from typing import Final

from markupsafe import Markup

from playground import polls, shapes
from playground.check_commands import SUB_COMMAND, SUB_COMMAND_GROUP
from playground.check_message import COMPONENTS_V2, EPHEMERAL, LOADING, SUPPRESS_EMBEDS
from playground.deliveries import COMMAND, Delivery
from playground.jsons import Json, is_object, snowflake
from playground.page import parts
from playground.page.columns import colour_of
from playground.page.drawing import draw as draw_template
from playground.page.drawing import member_picture, picture
from playground.page.emoji import is_jumbo
from playground.page.reading import Reading
from playground.world import Message, User

EXCERPT_MAX: Final = 120  # characters of a message that is answered


def draw(
    message: Message, *, reading: Reading, base_url: str, asked: Delivery | None, reply: Delivery | None
) -> Markup:
    """One message as an element of the list.

    Args:
        message: seen by the reader.
        reading: who reads it, and when.
        base_url: of this server; files and pictures of its own are shown, those of others are only named.
        asked: the interaction that it was written for, None when that is not known any more.
        reply: the latest interaction that wrote or changed it.
    """
    shape = parts.loose(shapes.message(message, reading.world, base_url=""))
    return draw_template(
        "message.html",
        message=message,
        reply=reply,
        author=_author(message.author, reading),
        used=_used(message, asked, reading),
        answered=_answered(message, reading),
        is_thinking=bool(message.flags & LOADING),
        is_private=bool(message.flags & EPHEMERAL),
        is_pinged=reading.seat.user.id in message.mentions or message.mentions_everyone,
        is_jumbo=is_jumbo(message.content),
        embeds=[] if message.flags & SUPPRESS_EMBEDS else _described(message, shape["embeds"]),
        components=shape["components"],
        attachments=_loose(message, shape["attachments"]),
        poll=parts.loose(_poll(message, reading)) if message.poll else None,
        reading=reading,
        **parts.Helpers(reading, base_url).by_name(),
    )


def draw_failure(delivery: Delivery, *, reading: Reading) -> Markup:
    """The line that stands where an answer should be."""
    return draw_template(
        "failure.html",
        delivery=delivery,
        author=_author(reading.world.bot, reading),
        used=_command_of(delivery, reading) if delivery.kind == COMMAND else None,
        reading=reading,
    )


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
    """Who used which command for this message; None: it is no first answer to a command."""
    if message.interaction is None or message.interaction["type"] != COMMAND or message.reference:
        return None
    if asked is None:
        return {"by": _author(reading.world.user(int(message.interaction["user"]["id"])), reading), "command": None}
    return _command_of(asked, reading)


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
    """The message that this one answers, None when it answers none."""
    number = snowflake(message.reference.get("message_id")) if is_object(message.reference) else None
    if number is None:
        return None
    other = reading.world.messages.get(number)
    if other is None or other.reader not in (None, reading.seat.user.id):
        return {"id": None}
    kinds = (
        (other.attachments, "a file"),
        (other.embeds, "an embed"),
        (other.components, "components"),
        (other.poll, "a poll"),
    )
    kind = next((name for there, name in kinds if there), "a message")
    return {
        "id": number,
        "by": _author(other.author, reading),
        "text": other.content[:EXCERPT_MAX],
        "kind": kind,
    }


def _loose(message: Message, attachments: list[Json]) -> list[Json]:
    """The files that stand below the text: all but those that an embed shows; a layout shows its own."""
    if message.flags & COMPONENTS_V2:
        return []
    pictures = ("image", "thumbnail", "author", "footer")
    shown = {
        str(embed[name].get(key, "")).removeprefix("attachment://")
        for embed in message.embeds
        for name in pictures
        if name in embed
        for key in ("url", "icon_url")
    }
    return [file for file in attachments if file["filename"] not in shown]


def _described(message: Message, embeds: list[Json]) -> list[Json]:
    """The embeds, their pictures with the descriptions of the files that they are."""
    told = {str(file.id): file.description for file in message.attachments}
    for embed in embeds:
        for name in ("image", "thumbnail"):
            if embed[name] and not embed[name]["description"]:
                embed[name]["description"] = told.get(embed[name]["attachment_id"])
    return embeds


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
