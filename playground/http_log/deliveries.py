"""Recent interactions sent to the app: actor, state, replies and failures, found by id, token or message."""

import asyncio
import secrets
import time
from collections import OrderedDict
from dataclasses import dataclass, field
from typing import Any, Final

from playground.errors import Refusal, unknown
from playground.http_log.exchange import Exchange
from playground.json_types import Json
from playground.state.changes import Changes, DeliveryChanged
from playground.state.state import Channel, Guild, Member, Message, User
from wire.limits import ANSWER_WITHIN_S

PING: Final = 1
COMMAND: Final = 2
COMPONENT: Final = 3
AUTOCOMPLETE: Final = 4
MODAL_SUBMIT: Final = 5

KEPT: Final = 500  # the oldest are removed beyond this


@dataclass(slots=True)
class Actor:
    """The user who acts, with channel, guild and locale."""

    user: User
    channel: Channel
    guild: Guild | None = None  # None: a direct message
    member: Member | None = None
    locale: str = "en-US"
    brings_app: bool = False  # user install: neither guild nor channel has the app

    @property
    def name(self) -> str:
        """The display name in this context."""
        return self.member.display_name if self.member else self.user.display_name


@dataclass(slots=True)
class Delivery:
    """The state of one interaction from request to last edit."""

    id: int
    token: str
    kind: int
    actor: Actor
    changes: Changes = field(repr=False)
    payload: Json = field(default_factory=dict[str, Any])
    source: Message | None = None  # the message that contains the clicked component
    opened_by: "Delivery | None" = None  # for a modal submit: the interaction that opened the modal
    is_dismissed: bool = False  # the user has dismissed the failure notice
    started_at: float = field(default_factory=time.monotonic)
    callback: int | None = None  # type of the interaction response; None: none yet
    is_private: bool = False
    is_over: bool = False  # the deadline of three seconds passed without a response
    original: Message | None = None
    follow_ups: list[Message] = field(default_factory=list[Message])
    modal: Json | None = None
    choices: list[Json] | None = None
    problems: list[str] = field(default_factory=list[str])
    timeline: list[Json] = field(default_factory=list[Json])
    exchanges: list[Exchange] = field(default_factory=list[Exchange])  # HTTP exchanges that belong to it
    exchanges_left_out: int = 0  # number of further exchanges that were not kept
    status: int | None = None  # HTTP status of the app's response
    answered_ms: float | None = None
    is_inline: bool = False
    acknowledged: asyncio.Event = field(default_factory=asyncio.Event)
    settled: asyncio.Event = field(default_factory=asyncio.Event)  # set when nothing more is expected

    @property
    def age_s(self) -> float:
        """Seconds since the interaction was sent."""
        return time.monotonic() - self.started_at

    @property
    def began(self) -> "Delivery":
        """The first interaction of the chain: for a modal submit, the command or click that opened the modal."""
        return self.opened_by.began if self.opened_by else self

    def note(self, what: str) -> None:
        """Add an entry to the timeline."""
        self.timeline.append({"at_ms": round(self.age_s * 1000, 1), "what": what})
        self.changes.tell(DeliveryChanged(self.id))

    def fail(self, problem: str) -> None:
        """Record a failure and stop waiting."""
        self.problems.append(problem)
        self.is_over = self.is_over or self.callback is None
        self.settled.set()
        self.changes.tell(DeliveryChanged(self.id))

    def dismiss(self) -> None:
        """Hide the failure notice from the user."""
        self.is_dismissed = True
        self.changes.tell(DeliveryChanged(self.id))


class Deliveries:
    """The most recent interactions, found by id, token or message."""

    def __init__(self, token_lifetime_s: float, changes: Changes) -> None:
        self._lifetime_s = token_lifetime_s
        self._changes = changes
        self._by_id: OrderedDict[int, Delivery] = OrderedDict()
        self._by_token: dict[str, Delivery] = {}

    def open(self, interaction: int, kind: int, actor: Actor) -> Delivery:
        """Create an interaction with a new token."""
        delivery = Delivery(interaction, secrets.token_urlsafe(48), kind, actor, self._changes)
        self._by_id[interaction] = self._by_token[delivery.token] = delivery
        while len(self._by_id) > KEPT:
            _, forgotten = self._by_id.popitem(last=False)
            del self._by_token[forgotten.token]
        return delivery

    def find(self, number: int) -> Delivery | None:
        """The interaction with that id, or the latest one whose reply is the message with that id."""
        if number in self._by_id:
            return self._by_id[number]
        for delivery in reversed(self._by_id.values()):
            shown = [delivery.original, *delivery.follow_ups]
            if any(message and message.id == number for message in shown):
                return delivery
        return None

    def by_token(self, token: str) -> Delivery | None:
        """The interaction with that token."""
        return self._by_token.get(token)

    def latest_for(self, user: User) -> list[Delivery]:
        """A user's interactions, the newest first."""
        return [one for one in reversed(self._by_id.values()) if one.actor.user is user]

    def everything(self) -> list[Delivery]:
        """All stored interactions, the newest first."""
        return list(reversed(self._by_id.values()))

    def to_answer(self, interaction: int, token: str) -> Delivery:
        """The interaction that /callback may still respond to.

        Raises:
            Refusal: unknown or past the deadline (10062), already responded to (40060).
        """
        delivery = self._by_id.get(interaction)
        if delivery is None or not secrets.compare_digest(delivery.token.encode(), token.encode()):
            raise unknown("interaction")
        if delivery.callback is not None:
            raise Refusal(400, 40060, "Interaction has already been acknowledged.")
        if delivery.is_over or delivery.age_s > ANSWER_WITHIN_S:
            raise unknown("interaction")
        return delivery

    def to_edit(self, application: int, expected: int, token: str) -> Delivery:
        """The interaction whose token authorises follow-ups and edits.

        Raises:
            Refusal: unknown or without a response (10015), expired (50027).
        """
        delivery = self._by_token.get(token)
        if application != expected or delivery is None or delivery.callback is None:
            raise unknown("Webhook")
        if delivery.age_s > self._lifetime_s:
            raise Refusal(401, 50027, "Invalid Webhook Token")
        return delivery
