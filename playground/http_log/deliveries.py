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

KEPT: Final = 500  # the oldest are forgotten beyond this


@dataclass(slots=True)
class Actor:
    """Who does something, and where."""

    user: User
    channel: Channel
    guild: Guild | None = None  # None: a direct message
    member: Member | None = None
    locale: str = "en-US"
    brings_app: bool = False  # installed for themselves alone: neither guild nor channel has the app

    @property
    def name(self) -> str:
        """What to call them."""
        return self.member.display_name if self.member else self.user.display_name


@dataclass(slots=True)
class Delivery:
    """One interaction from the first byte to the last edit."""

    id: int
    token: str
    kind: int
    actor: Actor
    changes: Changes = field(repr=False)
    payload: Json = field(default_factory=dict[str, Any])
    source: Message | None = None  # the message that held the pressed component
    opened_by: "Delivery | None" = None  # of a sent form: what opened it
    is_dismissed: bool = False  # the person has read that it failed
    started_at: float = field(default_factory=time.monotonic)
    callback: int | None = None  # the type that was answered; None: not yet
    is_private: bool = False
    is_over: bool = False  # the three seconds passed without an answer
    original: Message | None = None
    follow_ups: list[Message] = field(default_factory=list[Message])
    modal: Json | None = None
    choices: list[Json] | None = None
    problems: list[str] = field(default_factory=list[str])
    timeline: list[Json] = field(default_factory=list[Json])
    exchanges: list[Exchange] = field(default_factory=list[Exchange])  # what went over the wire because of it
    exchanges_left_out: int = 0  # beyond what is kept
    status: int | None = None  # of the app's HTTP answer
    answered_ms: float | None = None
    is_inline: bool = False
    acknowledged: asyncio.Event = field(default_factory=asyncio.Event)
    settled: asyncio.Event = field(default_factory=asyncio.Event)  # nothing more is expected

    @property
    def age_s(self) -> float:
        """Seconds since it was sent."""
        return time.monotonic() - self.started_at

    @property
    def began(self) -> "Delivery":
        """What somebody did first: for a sent form the command or the press that opened it."""
        return self.opened_by.began if self.opened_by else self

    def note(self, what: str) -> None:
        """Add a line to what happened."""
        self.timeline.append({"at_ms": round(self.age_s * 1000, 1), "what": what})
        self.changes.tell(DeliveryChanged(self.id))

    def fail(self, problem: str) -> None:
        """Nothing right will come any more."""
        self.problems.append(problem)
        self.is_over = self.is_over or self.callback is None
        self.settled.set()
        self.changes.tell(DeliveryChanged(self.id))

    def dismiss(self) -> None:
        """The person does not want to read any longer that it failed."""
        self.is_dismissed = True
        self.changes.tell(DeliveryChanged(self.id))


class Deliveries:
    """The recent interactions, found by id, by token or by message."""

    def __init__(self, token_lifetime_s: float, changes: Changes) -> None:
        self._lifetime_s = token_lifetime_s
        self._changes = changes
        self._by_id: OrderedDict[int, Delivery] = OrderedDict()
        self._by_token: dict[str, Delivery] = {}

    def open(self, interaction: int, kind: int, actor: Actor) -> Delivery:
        """A new interaction with a token of its own."""
        delivery = Delivery(interaction, secrets.token_urlsafe(48), kind, actor, self._changes)
        self._by_id[interaction] = self._by_token[delivery.token] = delivery
        while len(self._by_id) > KEPT:
            _, forgotten = self._by_id.popitem(last=False)
            del self._by_token[forgotten.token]
        return delivery

    def find(self, number: int) -> Delivery | None:
        """The interaction of that id, or the latest one that shows the message of that id."""
        if number in self._by_id:
            return self._by_id[number]
        for delivery in reversed(self._by_id.values()):
            shown = [delivery.original, *delivery.follow_ups]
            if any(message and message.id == number for message in shown):
                return delivery
        return None

    def by_token(self, token: str) -> Delivery | None:
        """The interaction that a token belongs to."""
        return self._by_token.get(token)

    def latest_for(self, user: User) -> list[Delivery]:
        """A user's interactions, the newest first."""
        return [one for one in reversed(self._by_id.values()) if one.actor.user is user]

    def everything(self) -> list[Delivery]:
        """All that are kept, the newest first."""
        return list(reversed(self._by_id.values()))

    def to_answer(self, interaction: int, token: str) -> Delivery:
        """The interaction that /callback may still answer.

        Raises:
            Refusal: unknown or too late (10062), already answered (40060).
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
        """The answered interaction whose token opens follow-ups and edits.

        Raises:
            Refusal: not known or not answered yet (10015), expired (50027).
        """
        delivery = self._by_token.get(token)
        if application != expected or delivery is None or delivery.callback is None:
            raise unknown("Webhook")
        if delivery.age_s > self._lifetime_s:
            raise Refusal(401, 50027, "Invalid Webhook Token")
        return delivery
