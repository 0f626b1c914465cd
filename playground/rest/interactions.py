"""REST routes authorised by an interaction token: the callback, follow-up messages, edits and deletions."""

from http import HTTPMethod

from playground.errors import Refusal, unknown
from playground.http_log.deliveries import Deliveries, Delivery
from playground.interactions.callbacks import Callbacks
from playground.rate_limits import INTERACTIONS
from playground.rest.app import Answer, Call, Handler, Rule, nothing, snowflake_at
from playground.rest.webhooks import Webhooks
from playground.state.message_store import Posting
from playground.state.state import Message
from playground.validation.message import EPHEMERAL, LOADING


class Interactions:
    """Routes authorised by an interaction token."""

    def __init__(
        self, application: int, deliveries: Deliveries, callbacks: Callbacks, posting: Posting, webhooks: Webhooks
    ) -> None:
        self._application = application
        self._webhooks = webhooks
        self._deliveries = deliveries
        self._callbacks = callbacks
        self._posting = posting

    def rules(self) -> list[Rule]:
        """The routes of this module; none needs the app's token."""

        def rule(method: HTTPMethod, path: str, handler: Handler) -> Rule:
            bucket = path.split("/")[1]  # routes of one token share a bucket; the callback has its own
            return Rule(method, path, handler, INTERACTIONS, needs_token=False, is_interaction=True, bucket=bucket)

        hook, webhooks = "/webhooks/{application_id}/{token}", self._webhooks
        message = hook + "/messages/{message_id}"
        return [
            rule(HTTPMethod.POST, "/interactions/{interaction_id}/{token}/callback", self._answer),
            rule(HTTPMethod.POST, hook, self._either(self._follow_up, webhooks.execute)),
            rule(HTTPMethod.GET, message, self._either(self._show, webhooks.show_message)),
            rule(HTTPMethod.PATCH, message, self._either(self._edit, webhooks.edit_message)),
            rule(HTTPMethod.DELETE, message, self._either(self._delete, webhooks.delete_message)),
        ]

    def _either(self, ours: Handler, webhooks: Handler) -> Handler:
        """A handler for URLs shared by interactions and channel webhooks: the app's id selects interactions."""

        async def handle(call: Call) -> Answer:
            return await (ours if call.id("application_id") == self._application else webhooks)(call)

        return handle

    async def _answer(self, call: Call) -> Answer:
        delivery = self._deliveries.to_answer(call.id("interaction_id"), call.path["token"])
        try:
            message = self._callbacks.take(delivery, call.body, call.files)
        except Refusal as refusal:
            delivery.problems.append(f"Discord would refuse this callback. {refusal.plainly()}")
            raise
        if not call.wants("with_response"):
            return nothing()
        interaction: dict[str, object] = {"id": str(delivery.id), "type": delivery.kind}
        if message:
            interaction |= {
                "response_message_id": str(message.id),
                "response_message_loading": bool(message.flags & LOADING),
                "response_message_ephemeral": bool(message.flags & EPHEMERAL),
                "channel_id": str(message.channel),
            }
        body: dict[str, object] = {"interaction": interaction}
        resource: dict[str, object] = {"type": delivery.callback}
        if message:
            resource["message"] = self._posting.told(message)
        return Answer(body | {"resource": resource})

    async def _follow_up(self, call: Call) -> Answer:
        delivery = self._open(call)
        with _Noted(delivery):
            message = self._callbacks.follow_up(delivery, call.json(), call.files)
        return Answer(self._posting.told(message))

    async def _show(self, call: Call) -> Answer:
        return Answer(self._posting.told(self._message(call, self._open(call))))

    async def _edit(self, call: Call) -> Answer:
        delivery = self._open(call)
        message = self._message(call, delivery)
        with _Noted(delivery):
            self._callbacks.edit(delivery, message, call.json(), call.files)
        return Answer(self._posting.told(message))

    async def _delete(self, call: Call) -> Answer:
        delivery = self._open(call)
        self._callbacks.delete(delivery, self._message(call, delivery))
        return nothing()

    def _open(self, call: Call) -> Delivery:
        return self._deliveries.to_edit(call.id("application_id"), self._application, call.path["token"])

    def _message(self, call: Call, delivery: Delivery) -> Message:
        wanted = call.path["message_id"]
        if wanted == "@original":
            if delivery.original is None:
                raise unknown("Message")
            return delivery.original
        number = snowflake_at(("message_id",), wanted)
        for message in [delivery.original, *delivery.follow_ups]:
            if message and message.id == number:
                return message
        raise unknown("Message")


class _Noted:
    """Context manager that records refused calls on the delivery, so that the page shows them."""

    def __init__(self, delivery: Delivery) -> None:
        self._delivery = delivery

    def __enter__(self) -> None:
        return None

    def __exit__(self, _kind: object, error: object, _trace: object) -> None:
        if isinstance(error, Refusal):
            self._delivery.problems.append(f"Discord would refuse this message. {error.plainly()}")
