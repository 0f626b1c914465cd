"""Polls of a message: types, limits and JSON.

Source: https://discord.com/developers/docs/resources/poll
"""

from typing import Final

from msgspec import Struct

from wire.checks import check_length, check_range
from wire.components import Emoji, emoji_json
from wire.embeds import Json
from wire.limits import POLL_ANSWER_MAX, POLL_ANSWERS_MAX, POLL_HOURS_MAX, POLL_QUESTION_MAX

_LAYOUT: Final = 1  # the only layout type of Discord


class PollAnswer(Struct, frozen=True):
    """One answer of a poll."""

    text: str
    emoji: Emoji | str | None = None


class Poll(Struct, frozen=True):
    """A poll; cannot be edited. Allowed only in new messages and in the edit that resolves a deferral."""

    question: str
    answers: tuple[PollAnswer, ...]
    hours: int = 24
    multiple: bool = False  # users may select several answers


def poll_json(poll: Poll) -> Json:
    """The poll as API JSON.

    Raises:
        InvalidPayload: a limit is exceeded.
    """
    check_length("poll.question", poll.question, 1, POLL_QUESTION_MAX)
    check_length("poll.answers", poll.answers, 1, POLL_ANSWERS_MAX)
    check_range("poll.hours", poll.hours, 1, POLL_HOURS_MAX)
    return {
        "question": {"text": poll.question},
        "answers": [{"poll_media": _answer_json(answer)} for answer in poll.answers],
        "duration": poll.hours,
        "allow_multiselect": poll.multiple,
        "layout_type": _LAYOUT,
    }


def _answer_json(answer: PollAnswer) -> Json:
    check_length("poll.answer", answer.text, 1, POLL_ANSWER_MAX)
    shape: Json = {"text": answer.text}
    if isinstance(answer.emoji, Emoji):
        return shape | {"emoji": {"id": str(answer.emoji.id)}}
    return shape | {"emoji": emoji_json(answer.emoji)} if answer.emoji is not None else shape
