"""Validates message bodies for creation and edits as Discord does: text, embeds, mentions, files, polls and flags."""

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from playground.errors import Form, Refusal
from playground.json_types import Json, is_list, is_object, snowflake
from playground.validation.components import check_legacy, check_url, check_v2
from playground.validation.fields import Fields, Path
from playground.validation.upload import Upload
from wire import limits

SUPPRESS_EMBEDS: Final = 1 << 2
EPHEMERAL: Final = 1 << 6
LOADING: Final = 1 << 7
SUPPRESS_NOTIFICATIONS: Final = 1 << 12
VOICE_MESSAGE: Final = 1 << 13
COMPONENTS_V2: Final = 1 << 15
SETTABLE: Final = SUPPRESS_EMBEDS | EPHEMERAL | SUPPRESS_NOTIFICATIONS | VOICE_MESSAGE | COMPONENTS_V2

FORWARD: Final = 1  # reference type

POLL_QUESTION_MAX: Final = 300
POLL_ANSWER_MAX: Final = 55
POLL_ANSWERS_MAX: Final = 10
POLL_HOURS_MAX: Final = 768
POLL_HOURS: Final = 24  # default duration
EMBED_MEDIA: Final = ("image", "thumbnail", "video")
EMBED_IMAGES: Final = (".jpg", ".jpeg", ".png", ".webp", ".gif")


@dataclass(frozen=True, slots=True)
class Before:
    """The message before an edit; for a new message all fields are empty."""

    flags: int = 0
    content: str = ""
    embeds: int = 0
    components: int = 0
    filenames: tuple[tuple[int, str], ...] = ()  # attachment id and filename
    is_edit: bool = False
    size_limit: int = limits.FILE_BYTES_MAX
    allowed_flags: int = SETTABLE


def check(body: Json, files: dict[int, Upload], before: Before, *, path: Path = ()) -> list[str]:
    """Validate a message body; returns remarks about problems that Discord would accept.

    Raises:
        Refusal: with all errors at once, as Discord does.
    """
    form = Form()
    fields = Fields(form, path, body)
    flags = fields.whole("flags", 0, 2**31 - 1) or 0
    if flags & ~before.allowed_flags and not before.is_edit:
        fields.refuse("flags", "MESSAGE_FLAGS_INVALID", f"Only these flags may be set here: {before.allowed_flags}")
    is_v2 = bool((flags | before.flags) & COMPONENTS_V2)
    fields.text("content", limits.CONTENT_MAX)
    fields.flag("tts")
    _check_embeds(fields)
    _check_mentions(fields)
    filenames = _check_files(fields, files, before)
    if before.is_edit and not before.flags & LOADING:
        fields.forbid("poll", message="A poll cannot be added to a message that is there already")
    _check_poll(fields)
    if is_v2:
        _check_v2_alone(fields, before)
        check_v2(fields, filenames)
    else:
        check_legacy(fields, filenames)
    form.check()
    _refuse_empty(body, files, before, is_v2=is_v2)
    return _remarks(body, filenames)


def is_forward(body: Json) -> bool:
    """Whether a body forwards a message."""
    reference = body.get("message_reference")
    return is_object(reference) and reference.get("type") == FORWARD


def file_names(body: Json, files: dict[int, Upload]) -> dict[int, Json]:
    """The entry in `attachments` of each new file: filename, description, spoiler."""
    told: dict[int, Json] = {}
    given = body.get("attachments")
    for entry in given if is_list(given) else []:
        index = snowflake(entry.get("id"))
        if index is not None and index in files:
            told[index] = entry
    return told


def _check_embeds(message: Fields) -> None:
    total = 0
    for embed in message.objects("embeds", limits.EMBEDS_MAX):
        texts = [
            embed.text("title", limits.EMBED_TITLE_MAX),
            embed.text("description", limits.EMBED_DESCRIPTION_MAX),
        ]
        check_url(embed, "url", most=limits.EMBED_URL_MAX, schemes=("http", "https"))
        embed.whole("color", 0, limits.COLOUR_MAX)
        _check_time(embed)
        for part in embed.objects("fields", limits.EMBED_FIELDS_MAX):
            texts.append(part.text("name", limits.EMBED_FIELD_NAME_MAX, required=True))
            texts.append(part.text("value", limits.EMBED_FIELD_VALUE_MAX, required=True))
            _refuse_blank(part, "name", "value")
            part.flag("inline")
        if footer := embed.object("footer"):
            texts.append(footer.text("text", limits.EMBED_FOOTER_MAX, required=True))
            _check_picture(footer, "icon_url")
        if author := embed.object("author"):
            texts.append(author.text("name", limits.EMBED_AUTHOR_MAX, required=True))
            check_url(author, "url", most=limits.EMBED_URL_MAX, schemes=("http", "https"))
            _check_picture(author, "icon_url")
        for name in EMBED_MEDIA:
            if media := embed.object(name):
                media.require("url")
                _check_picture(media, "url")
        total += sum(len(text) for text in texts if text)
    if total > limits.EMBED_TEXT_MAX:
        message.refuse(
            "embeds", "MAX_EMBED_SIZE_EXCEEDED", f"Embed size exceeds maximum size of {limits.EMBED_TEXT_MAX}"
        )


def _refuse_blank(part: Fields, *names: str) -> None:
    for name in names:
        if part.values.get(name) == "":
            part.form.required(part.at(name))


def _check_picture(part: Fields, name: str) -> None:
    check_url(part, name, most=limits.EMBED_URL_MAX, schemes=("http", "https", "attachment"))


def _check_time(embed: Fields) -> None:
    text = embed.text("timestamp", 40)
    if text is None:
        return
    try:
        datetime.fromisoformat(text)
    except ValueError:
        embed.refuse("timestamp", "DATE_TIME_TYPE_PARSE", f"Could not parse {text}. Should be ISO8601.")


def _check_mentions(message: Fields) -> None:
    allowed = message.object("allowed_mentions")
    if allowed is None:
        return
    parse = allowed.entries("parse", 3)
    for index, kind in enumerate(parse):
        if kind not in ("roles", "users", "everyone"):
            allowed.form.add(
                allowed.at("parse", index), "BASE_TYPE_CHOICES", "Value must be one of ('users', 'roles', 'everyone')."
            )
    for kind in ("users", "roles"):
        ids = allowed.entries(kind, limits.MENTIONED_MAX)
        if ids and kind in parse:
            allowed.form.add(
                message.at("allowed_mentions"),
                "MESSAGE_ALLOWED_MENTIONS_PARSE_EXCLUSIVE",
                f'parse:["{kind}"] and {kind}: [ids...] are mutually exclusive.',
            )
        for index, one in enumerate(ids):
            if snowflake(one) is None:
                allowed.form.add(allowed.at(kind, index), "NUMBER_TYPE_COERCE", f'Value "{one}" is not snowflake.')


def _check_files(message: Fields, files: dict[int, Upload], before: Before) -> frozenset[str]:
    kept = dict(before.filenames)
    names: dict[int, str] = {index: upload.filename for index, upload in files.items()}
    is_listed = message.has("attachments")
    still: set[str] = set()
    for entry in message.objects("attachments", limits.ATTACHMENTS_MAX):
        number = entry.id("id")
        entry.text("description", limits.ALT_MAX)
        name = entry.text("filename", limits.FILENAME_MAX)
        if number is not None and number in files:
            names[number] = name or names[number]
        elif number is not None and number in kept:
            still.add(kept[number])
        elif number is not None:
            entry.refuse("id", "ATTACHMENT_NOT_FOUND", f"Attachment data not found for attachment with id {number}")
    for upload in files.values():
        if len(upload.content) > before.size_limit:
            raise Refusal(413, 40005, "Request entity too large")
    if not is_listed:
        still = set(kept.values())
    if len(still) + len(files) > limits.ATTACHMENTS_MAX:
        raise Refusal(400, 30015, f"Maximum number of attachments in a message reached ({limits.ATTACHMENTS_MAX})")
    return frozenset(still | set(names.values()))


def _check_poll(message: Fields) -> None:
    poll = message.object("poll")
    if poll is None:
        return
    if question := poll.object("question", required=True):
        question.text("text", POLL_QUESTION_MAX, least=1, required=True)
    for answer in poll.objects("answers", POLL_ANSWERS_MAX, least=1, required=True):
        if media := answer.object("poll_media", required=True):
            media.text("text", POLL_ANSWER_MAX, least=1)
    poll.whole("duration", 1, POLL_HOURS_MAX)


def _check_v2_alone(message: Fields, before: Before) -> None:
    for name, old in (("content", len(before.content)), ("embeds", before.embeds), ("poll", 0), ("sticker_ids", 0)):
        given = message.values.get(name, ...)
        if given not in (..., None, "", []) or (given is ... and old):
            message.refuse(
                name,
                "MESSAGE_CANNOT_USE_LEGACY_FIELDS_WITH_COMPONENTS_V2",
                f"The '{name}' field cannot be used when using MessageFlags.IS_COMPONENTS_V2",
            )


def _refuse_empty(body: Json, files: dict[int, Upload], before: Before, *, is_v2: bool) -> None:
    old = {"content": before.content, "embeds": before.embeds, "components": before.components}
    old["attachments"] = len(before.filenames)
    names = ("components",) if is_v2 else ("content", "embeds", "components", "attachments", "poll", "sticker_ids")
    left: list[Any] = [body.get(name) if name in body else old.get(name) for name in names]
    if (files and not is_v2) or is_forward(body):
        return
    if not any(entry.strip() if isinstance(entry, str) else entry for entry in left):
        raise Refusal(400, 50006, "Cannot send an empty message")


def _remarks(body: Json, filenames: frozenset[str]) -> list[str]:
    remarks: list[str] = []
    embeds: list[Json] = body.get("embeds") or []
    for embed in embeds:
        for name in EMBED_MEDIA:
            media: Json = embed.get(name) or {}
            url = str(media.get("url", ""))
            file = url.removeprefix("attachment://")
            if url == file:
                continue
            if file not in filenames:
                remarks.append(f'The {name} of an embed points to "{url}", but no file of that name is attached.')
            elif not file.lower().endswith(EMBED_IMAGES):
                remarks.append(f'Discord shows no "{file}" in an embed: only {", ".join(EMBED_IMAGES)}.')
    return remarks


USER_MENTION: Final = re.compile(r"<@!?(\d{15,20})>")
ROLE_MENTION: Final = re.compile(r"<@&(\d{15,20})>")
EVERYONE: Final = re.compile(r"@(everyone|here)\b")
