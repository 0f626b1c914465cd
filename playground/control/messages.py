"""Control API routes for user actions on messages: write, edit, react, dismiss and vote."""

from typing import Final

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from core.clock import Clock
from playground.control.app import asked, steering
from playground.errors import unknown
from playground.gateway.message_events import CREATED, UPDATED, Telling
from playground.gateway.sessions import DIRECT_POLLS, GUILD_POLLS
from playground.http_log.deliveries import Actor, Deliveries
from playground.interactions.actors import find_actor
from playground.interactions.builder import uploads
from playground.json_types import Json, is_list, is_whole, snowflake
from playground.rest.reactions import Reactions
from playground.state import permissions, polls
from playground.state.lookup import NotFound
from playground.state.message_store import Posting
from playground.state.state import Message, World
from playground.validation import message as check_message
from playground.validation.message import Before
from playground.validation.upload import Upload

RARE: Final = ("embeds", "components")  # sent by link previews and other apps, not written by users


class ControlMessages:
    """Control routes by which a user writes, edits, reacts, dismisses and votes."""

    def __init__(
        self,
        world: World,
        deliveries: Deliveries,
        posting: Posting,
        telling: Telling,
        clock: Clock,
        reactions: Reactions,
    ) -> None:
        self._reactions = reactions
        self._world = world
        self._deliveries = deliveries
        self._posting = posting
        self._telling = telling
        self._clock = clock

    def routes(self) -> list[Route]:
        """The routes under /playground."""
        return [
            Route("/playground/messages", steering(self._write), methods=["POST"]),
            Route("/playground/messages/{number:int}", steering(self._edit), methods=["PATCH"]),
            Route("/playground/reactions", steering(self._react), methods=["POST"]),
            Route("/playground/dismiss", steering(self._dismiss), methods=["POST"]),
            Route("/playground/votes", steering(self._vote), methods=["POST"]),
        ]

    async def _write(self, request: Request) -> Response:
        body = await asked(request)
        actor = find_actor(self._world, body)
        files = dict(enumerate(uploads(body)))
        _check_may_write(actor, with_files=bool(files))
        answered = self._message(actor, body["reply_to"]) if body.get("reply_to") else None
        forwarded = self._message(actor, body["forward"]) if body.get("forward") else None
        content: Json = {"content": body.get("content") or "", "allowed_mentions": _allowed(actor)}
        content |= {name: body[name] for name in ("poll", *RARE) if name in body}
        if forwarded:
            content["message_reference"] = {"type": check_message.FORWARD}
        message = self._post(actor, content, files, answered, forwarded)
        return JSONResponse({"message": self._posting.shape(message)})

    def _post(
        self,
        actor: Actor,
        content: Json,
        files: dict[int, Upload],
        answered: Message | None,
        forwarded: Message | None,
    ) -> Message:
        remarks = check_message.check(content, files, Before())
        message = self._posting.place(actor.channel.id, actor.user)
        self._posting.write_checked(message, content, files, remarks, pings_all=False)
        if answered:
            self._posting.answer(message, answered, pings=True)
        if forwarded:
            self._posting.forward(message, forwarded)
        self._telling.message(CREATED, message)
        return message

    async def _edit(self, request: Request) -> Response:
        body = await asked(request)
        actor = find_actor(self._world, body)
        message = self._message(actor, request.path_params["number"])
        if message.author is not actor.user:
            raise NotFound("Only who wrote a message can edit it.", status=403)
        content: Json = {"allowed_mentions": _allowed(actor)}
        content |= {name: body[name] for name in ("content", *RARE) if name in body}
        self._posting.write(message, content, {}, pings_all=False, is_edit=True)
        self._posting.edited(message)
        self._telling.message(UPDATED, message)
        return JSONResponse({"message": self._posting.shape(message)})

    async def _react(self, request: Request) -> Response:
        body = await asked(request)
        actor = find_actor(self._world, body)
        message, emoji = self._message(actor, body.get("message")), str(body.get("emoji") or "")
        if body.get("on") is False:
            self._reactions.take(message, emoji, actor.user.id)
        else:
            self._reactions.add(message, emoji, actor.user)
        return JSONResponse({"message": self._posting.shape(message)})

    async def _dismiss(self, request: Request) -> Response:
        body = await asked(request)
        actor = find_actor(self._world, body)
        if body.get("reply"):
            return self._dismiss_failure(actor, body["reply"])
        message = self._message(actor, body.get("message"))
        if message.reader is None:
            raise NotFound("Everybody sees that message; only one that you alone see can be dismissed.", status=403)
        self._posting.remove(message)
        return JSONResponse({"dismissed": str(message.id)})

    def _dismiss_failure(self, actor: Actor, number: object) -> Response:
        delivery = self._deliveries.find(snowflake(number) or 0)
        if delivery is None or delivery.actor.user is not actor.user:
            raise NotFound(f"No reply {number} of {actor.name} is known.", status=404)
        delivery.dismiss()
        return JSONResponse({"dismissed": str(delivery.id)})

    async def _vote(self, request: Request) -> Response:
        body = await asked(request)
        actor = find_actor(self._world, body)
        message = self._message(actor, body.get("message"))
        answers = body.get("answers")
        if not is_list(answers) or not all(is_whole(answer) for answer in answers):
            raise NotFound('Say what you vote for: {"message": "1", "answers": [2]}; an empty list takes it back.')
        added, removed = polls.vote(message, actor.user, answers, self._clock.now())
        for event, chosen in (("MESSAGE_POLL_VOTE_ADD", added), ("MESSAGE_POLL_VOTE_REMOVE", removed)):
            for answer in chosen:
                self._tell_vote(event, actor, message, answer)
        self._posting.changed(message)
        return JSONResponse({"message": self._posting.shape(message)})

    def _tell_vote(self, event: str, actor: Actor, message: Message, answer: int) -> None:
        shape: Json = {"user_id": str(actor.user.id), "answer_id": answer}
        self._telling.about(event, message, shape, intents=(GUILD_POLLS, DIRECT_POLLS))

    def _message(self, actor: Actor, number: object) -> Message:
        message = self._world.messages.get(snowflake(number) or 0)
        if message is None or message.reader not in (None, actor.user.id):
            raise unknown("Message")
        return message


def _check_may_write(actor: Actor, *, with_files: bool) -> None:
    if actor.guild and actor.member:
        has = permissions.of_member(actor.guild, actor.member)
        permissions.check_writing(has, actor.channel, more=permissions.ATTACH_FILES if with_files else 0)


def _allowed(actor: Actor) -> Json:
    """The mentions that ping in a message written by a user."""
    if actor.guild and actor.member and permissions.of_member(actor.guild, actor.member) & permissions.MENTION_EVERYONE:
        return {"parse": ["users", "roles", "everyone"]}
    return {"parse": ["users"]}
