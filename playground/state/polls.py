"""Polls: creation from a request body, votes, end and JSON form."""

from datetime import datetime, timedelta

from playground.errors import Refusal
from playground.json_types import Json
from playground.state import serializers
from playground.state.state import Message, User
from playground.validation.message import POLL_HOURS


def opened(body: Json, at: datetime) -> Json:
    """Create the poll of a new message from a validated body."""
    answers: list[Json] = body["answers"]
    return {
        "question": body["question"],
        "answers": [{"answer_id": number, "poll_media": one["poll_media"]} for number, one in enumerate(answers, 1)],
        "expiry": serializers.moment(at + timedelta(hours=body.get("duration") or POLL_HOURS)),
        "allow_multiselect": bool(body.get("allow_multiselect")),
        "layout_type": body.get("layout_type") or 1,
    }


def shape(message: Message, now: datetime) -> Json:
    """The poll as JSON for the app, with current votes; the app itself cannot vote."""
    counts = [
        {"id": answer, "count": len(voters), "me_voted": False} for answer, voters in message.votes.items() if voters
    ]
    return (message.poll or {}) | {"results": {"is_finalized": is_over(message, now), "answer_counts": counts}}


def is_over(message: Message, now: datetime) -> bool:
    """Whether voting has ended."""
    return bool(message.poll) and datetime.fromisoformat(message.poll["expiry"]) <= now


def end(message: Message, now: datetime) -> None:
    """End the voting.

    Raises:
        Refusal: there is no poll, or it has ended.
    """
    _check_open(message, now)
    message.poll = (message.poll or {}) | {"expiry": serializers.moment(now)}


def vote(message: Message, user: User, answers: list[int], now: datetime) -> tuple[list[int], list[int]]:
    """Set a user's votes to exactly these answers; returns the added and the removed answers.

    Raises:
        Refusal: no poll or it has ended, unknown answer, or several answers where one is allowed.
    """
    _check_open(message, now)
    poll = message.poll or {}
    known = [one["answer_id"] for one in poll["answers"]]
    if any(answer not in known for answer in answers):
        raise Refusal(400, 50035, "Invalid Form Body: the poll has no such answer")
    if len(answers) > 1 and not poll["allow_multiselect"]:
        raise Refusal(400, 50035, "Invalid Form Body: the poll takes one answer")
    before = [answer for answer, voters in message.votes.items() if user.id in voters]
    added = [answer for answer in answers if answer not in before]
    removed = [answer for answer in before if answer not in answers]
    for answer in added:
        message.votes.setdefault(answer, []).append(user.id)
    for answer in removed:
        message.votes[answer].remove(user.id)
    return added, removed


def _check_open(message: Message, now: datetime) -> None:
    if not message.poll:
        raise Refusal(400, 520006, "This message does not have a poll")
    if is_over(message, now):
        raise Refusal(400, 520001, "Poll expired")
