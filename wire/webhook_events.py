"""Parses verified webhook events of Discord (app authorised or deauthorised, entitlements) into typed events.

Source: https://discord.com/developers/docs/events/webhook-events
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Final, Generic, TypeVar, cast

from msgspec import Meta, MsgspecError, Struct
from msgspec.json import Decoder, decode

from core.enums import WebhookEventKind
from core.ids import SNOWFLAKE_MIN, EntitlementId, GuildId, SkuId, UserId
from wire.errors import BadPayload
from wire.lenient import Path, in_utc, read, without_nul
from wire.objects import ID_MAX, Small

_Snowflake = Annotated[int, Meta(ge=SNOWFLAKE_MIN, le=ID_MAX)]
D = TypeVar("D")

NAME_MAX: Final = 100  # characters of an unknown event's type to log


class EventPing(Struct, frozen=True):
    """A PING with which Discord checks the endpoint."""


class OtherEvent(Struct, frozen=True):
    """An event that we do not handle; `name` is Discord's event type."""

    name: str


class AuthorizedGuild(Struct, frozen=True):
    """The guild that installed the app."""

    id: GuildId
    name: str
    owner_id: UserId | None
    icon: str | None
    locale: str


class Authorized(Struct, frozen=True):
    """A user authorised the app (for a guild, for themselves, or by login)."""

    at: datetime
    user: UserId
    guild: AuthorizedGuild | None  # None: user installation or login


class Deauthorized(Struct, frozen=True):
    """A user revoked their authorisation; guild installations are not affected."""

    at: datetime
    user: UserId


class EntitlementEvent(Struct, frozen=True):
    """An entitlement was created, changed or refunded; contains its state at `at`."""

    kind: WebhookEventKind
    at: datetime
    id: EntitlementId
    sku_id: SkuId
    type: int
    user_id: UserId | None
    guild_id: GuildId | None
    starts_at: datetime | None
    ends_at: datetime | None
    is_deleted: bool
    is_consumed: bool


WebhookEvent = EventPing | OtherEvent | Authorized | Deauthorized | EntitlementEvent


class _User(Struct, frozen=True):
    id: _Snowflake


class _Guild(Struct, frozen=True):
    id: _Snowflake
    name: str = ""
    owner_id: _Snowflake | None = None
    icon: str | None = None
    preferred_locale: str = "en-US"


class _Authorization(Struct, frozen=True):
    user: _User
    guild: _Guild | None = None


class _Entitlement(Struct, frozen=True):
    id: _Snowflake
    sku_id: _Snowflake
    type: Small = 0
    user_id: _Snowflake | None = None
    guild_id: _Snowflake | None = None
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    deleted: bool = False
    consumed: bool = False  # sent for consumables only


class _Event(Struct, Generic[D], frozen=True):
    data: D
    timestamp: datetime | None = None


# Not strict: ids are strings in JSON and are decoded as numbers.
_authorization: Final = Decoder(_Event[_Authorization], strict=False)
_entitlement: Final = Decoder(_Event[_Entitlement], strict=False)
_KINDS: Final[Mapping[str, WebhookEventKind]] = {kind.value.upper(): kind for kind in WebhookEventKind}
_NEEDED: Final = frozenset({("data",), ("data", "user"), ("data", "user", "id"), ("data", "id"), ("data", "sku_id")})


def parse(body: bytes, *, now: datetime) -> WebhookEvent:
    """Parse a webhook event from a body whose signature is verified already.

    Invalid fields that are not needed are dropped; event types that we do not handle become OtherEvent.

    Args:
        body: the JSON body.
        now: time of the event if its own time is invalid.

    Raises:
        BadPayload: invalid JSON, no type, or a handled event without the id of its subject.
    """
    try:
        shape: object = decode(without_nul(body))
        match shape:
            case {"type": 0 | "0"}:
                return EventPing()
            case {"type": 1 | "1", "event": {"type": str(name)}}:
                return _event(name, cast("dict[str, dict[str, object]]", shape)["event"], now)
            case {"type": 1 | "1"}:
                raise BadPayload("an event without its type")
            case {"type": int(number)}:
                return OtherEvent(f"type {number}")
            case _:
                raise BadPayload("no type")
    except (MsgspecError, UnicodeError, OverflowError, RecursionError) as error:
        raise BadPayload(str(error)) from error


def _event(name: str, event: dict[str, object], now: datetime) -> WebhookEvent:
    match _KINDS.get(name):
        case None:
            return OtherEvent(name[:NAME_MAX])
        case WebhookEventKind.APPLICATION_AUTHORIZED:
            let_in = read(_authorization.decode, event, is_needed=_is_needed)
            return Authorized(in_utc(let_in.timestamp) or now, UserId(let_in.data.user.id), _guild(let_in.data.guild))
        case WebhookEventKind.APPLICATION_DEAUTHORIZED:
            taken_back = read(_authorization.decode, event, is_needed=_is_needed)
            return Deauthorized(in_utc(taken_back.timestamp) or now, UserId(taken_back.data.user.id))
        case kind:
            bought = read(_entitlement.decode, event, is_needed=_is_needed)
            return _bought(kind, in_utc(bought.timestamp) or now, bought.data)


def _is_needed(path: Path) -> bool:
    return path in _NEEDED


def _guild(guild: _Guild | None) -> AuthorizedGuild | None:
    if guild is None:
        return None
    owner = None if guild.owner_id is None else UserId(guild.owner_id)
    return AuthorizedGuild(GuildId(guild.id), guild.name, owner, guild.icon, guild.preferred_locale)


def _bought(kind: WebhookEventKind, at: datetime, told: _Entitlement) -> EntitlementEvent:
    return EntitlementEvent(
        kind=kind,
        at=at,
        id=EntitlementId(told.id),
        sku_id=SkuId(told.sku_id),
        type=told.type,
        user_id=None if told.user_id is None else UserId(told.user_id),
        guild_id=None if told.guild_id is None else GuildId(told.guild_id),
        starts_at=in_utc(told.starts_at),
        ends_at=in_utc(told.ends_at),
        is_deleted=told.deleted or kind is WebhookEventKind.ENTITLEMENT_DELETE,
        is_consumed=told.consumed,
    )
