"""Builds interactions from user actions and adds the payload that Discord would send for them."""

import base64
import binascii
from collections.abc import Iterator
from mimetypes import guess_type
from typing import Any

from playground.http_log.deliveries import COMMAND, COMPONENT, MODAL_SUBMIT, Actor, Deliveries, Delivery
from playground.interactions import payloads
from playground.interactions.delivery import Courier
from playground.interactions.payloads import Resolved
from playground.json_types import Json, is_list, is_object
from playground.state.lookup import NotFound
from playground.state.message_store import Posting
from playground.state.state import Attachment, Message, World
from playground.validation.upload import Upload


class Opening:
    """Creates interactions with their payloads, and finds the messages and modals that they come from."""

    def __init__(
        self, world: World, deliveries: Deliveries, courier: Courier, posting: Posting, *, base_url: str
    ) -> None:
        self._world = world
        self._deliveries = deliveries
        self._courier = courier
        self._posting = posting
        self._base_url = base_url

    def resolved(self, actor: Actor) -> Resolved:
        """An empty `resolved` collection for the actor's context."""
        return Resolved(self._world, actor.guild, actor.member, self._base_url)

    def files(self, body: Json) -> dict[str, Attachment]:
        """Store the uploaded files of a request and return them by name.

        Raises:
            NotFound: a file is not valid base64.
        """
        return {upload.filename: self._posting.keep(upload) for upload in uploads(body)}

    def command(
        self, actor: Actor, command: Json, options: list[Json], resolved: Resolved, *, kind: int = COMMAND
    ) -> Delivery:
        """A slash command, or its autocomplete interaction if `kind` is autocomplete."""
        return self._open(kind, actor, payloads.command_data(command, options, resolved))

    def menu(self, actor: Actor, command: Json, resolved: Resolved, *, target: str) -> Delivery:
        """A user or message command."""
        return self._open(COMMAND, actor, payloads.command_data(command, [], resolved, target=target))

    def user_target(self, actor: Actor, user: int) -> tuple[Resolved, str]:
        """The resolved target of a user command, and its id."""
        resolved = self.resolved(actor)
        member = actor.guild.members.get(user) if actor.guild else None
        return resolved, resolved.add_user(self._world.user(user), member)

    def message_target(self, actor: Actor, message: Message) -> tuple[Resolved, str]:
        """The resolved target of a message command, and its id."""
        resolved = self.resolved(actor)
        return resolved, resolved.add_message(message.id, self._posting.target(message))

    def component(
        self, actor: Actor, message: Message, part: Json, *, values: list[str] | None = None, resolved: Resolved
    ) -> Delivery:
        """A button click, or a selection with its values.

        Raises:
            NotFound: another app wrote the message, so that Discord would send the interaction to that app.
        """
        if not message.is_app:
            raise NotFound(f"That message is of {message.author.display_name}: its parts do not reach this app.")
        data: Json = {"component_type": part["type"], "custom_id": part["custom_id"], "id": part.get("id", 0)}
        if values is not None:
            data["values"] = values
        return self._open(COMPONENT, actor, data | resolved.shape(), message)

    def form(self, actor: Actor, opened: Delivery, components: list[Json], resolved: Resolved) -> Delivery:
        """A modal submit."""
        data: Json = {"custom_id": (opened.modal or {})["custom_id"], "components": components}
        sent = self._open(MODAL_SUBMIT, actor, data | resolved.shape(), opened.source)
        sent.opened_by = opened
        return sent

    def opened_form(self, actor: Actor, reply: Any) -> Delivery:
        """The interaction that opened a modal for the actor: one of those in `reply`, or the latest if `reply` is None.

        Raises:
            NotFound: there is none.
        """
        named = [str(one) for one in reply] if is_list(reply) else [str(reply)]
        for delivery in self._deliveries.latest_for(actor.user):
            if delivery.modal and (reply is None or str(delivery.id) in named):
                return delivery
        raise NotFound(
            f"No form is open for {actor.name}; run the command or press the button that opens it.", status=409
        )

    def messages(self, actor: Actor, wanted: Any) -> Iterator[Message]:
        """The messages a request may refer to, the most likely first.

        Args:
            actor: the user.
            wanted: ids of messages or of interactions, the most likely first: only these messages are candidates.
                None: the replies to this user, then public messages.

        Raises:
            NotFound: `wanted` contains an id that does not exist or that the user does not see.
        """
        if wanted is not None:
            for number in wanted if is_list(wanted) else [wanted]:
                yield from self._wanted(actor, str(number))
            return
        own = self._deliveries.latest_for(actor.user)
        for delivery in [*own, *(one for one in self._deliveries.everything() if one not in own)]:
            for message in (*reversed(delivery.follow_ups), delivery.original):
                if message and message.reader in (None, actor.user.id) and message.id in self._world.messages:
                    yield message

    def _wanted(self, actor: Actor, number: str) -> Iterator[Message]:
        delivery = self._deliveries.find(int(number)) if number.isdecimal() else None
        message = self._world.messages.get(int(number)) if number.isdecimal() else None
        found = [message] if message else []
        if delivery and not message:
            found = [one for one in (*reversed(delivery.follow_ups), delivery.original) if one]
            if not found:
                return  # the response has no message, such as a modal
        if not found:
            raise NotFound(f"No reply {number} is known; leave it out to use the latest one.", status=404)
        if found[0].reader not in (None, actor.user.id):
            raise NotFound(f"That reply is private; {actor.name} cannot see it.", status=403)
        yield from found

    def _open(self, kind: int, actor: Actor, data: Json, source: Message | None = None) -> Delivery:
        delivery = self._courier.open(kind, actor)
        delivery.source = source
        shape = self._posting.told(source) if source else None
        delivery.payload = payloads.envelope(delivery, self._world, data, shape)
        return delivery


def uploads(body: Json) -> list[Upload]:
    """Decode the base64 files of a request, by name.

    Raises:
        NotFound: a file is not valid base64.
    """
    given = body.get("files")
    found: list[Upload] = []
    for name, content in (given if is_object(given) else Json()).items():
        try:
            raw = base64.b64decode(str(content), validate=True)
        except binascii.Error:
            raise NotFound(f'The file "{name}" must be base64.') from None
        found.append(Upload(name, guess_type(name)[0] or "application/octet-stream", raw))
    return found
