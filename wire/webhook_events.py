"""Trusted bytes to webhook events: what Discord tells the app by HTTP without being asked.

Source: https://discord.com/developers/docs/events/webhook-events
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Final

from msgspec import Meta, MsgspecError, Raw, Struct
from msgspec.json import Decoder

from core.enums import WebhookEventKind
from core.ids import SNOWFLAKE_MIN, EntitlementId, GuildId, SkuId, UserId
from wire.errors import BadPayload
from wire.received import ID_MAX

_Snowflake = Annotated[int, Meta(ge=SNOWFLAKE_MIN, le=ID_MAX)]
_Moment = Annotated[datetime, Meta(tz=True)]


class EventPing(Struct, frozen=True):
    """Discord asks whether we are there."""


class OtherEvent(Struct, frozen=True):
    """An event that means nothing to us; `name` is Discord's."""

    name: str


class AuthorizedGuild(Struct, frozen=True):
    """The guild that the app was let into."""

    id: GuildId
    name: str
    owner_id: UserId | None
    icon: str | None
    locale: str


class Authorized(Struct, frozen=True):
    """A user let the app in."""

    at: datetime
    user: UserId
    guild: AuthorizedGuild | None  # None: for themselves, or by logging in


class Deauthorized(Struct, frozen=True):
    """A user took that back; it says nothing about any guild."""

    at: datetime
    user: UserId


class EntitlementEvent(Struct, frozen=True):
    """Something was bought or granted, changed, or refunded; the state at `at`."""

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
    type: Annotated[int, Meta(ge=0, le=(1 << 15) - 1)] = 0
    user_id: _Snowflake | None = None
    guild_id: _Snowflake | None = None
    starts_at: _Moment | None = None
    ends_at: _Moment | None = None
    deleted: bool = False
    consumed: bool | None = None  # there on consumables only


class _Event(Struct, frozen=True):
    type: str
    timestamp: _Moment
    data: Raw = Raw(b"{}")


class _Ping(Struct, frozen=True, tag_field="type", tag=0):
    pass


class _Told(Struct, frozen=True, tag_field="type", tag=1):
    event: _Event


# Not strict: ids come as strings and are read as numbers in the same pass.
_envelope: Final[Decoder[_Ping | _Told]] = Decoder(_Ping | _Told, strict=False)
_authorization: Final = Decoder(_Authorization, strict=False)
_entitlement: Final = Decoder(_Entitlement, strict=False)
_KINDS: Final[Mapping[str, WebhookEventKind]] = {kind.value.upper(): kind for kind in WebhookEventKind}


def parse(body: bytes) -> WebhookEvent:
    """The event in these bytes, which must be verified before.

    Raises:
        BadPayload: broken JSON, a missing or mistyped field, a moment without its zone.
    """
    try:
        told = _envelope.decode(body)
        return EventPing() if isinstance(told, _Ping) else _event(told.event)
    except (MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise BadPayload(str(error)) from error


def _event(event: _Event) -> WebhookEvent:
    match _KINDS.get(event.type):
        case None:
            return OtherEvent(event.type)
        case WebhookEventKind.APPLICATION_AUTHORIZED:
            let_in = _authorization.decode(event.data)
            return Authorized(event.timestamp, UserId(let_in.user.id), _guild(let_in.guild))
        case WebhookEventKind.APPLICATION_DEAUTHORIZED:
            return Deauthorized(event.timestamp, UserId(_authorization.decode(event.data).user.id))
        case kind:
            return _bought(kind, event.timestamp, _entitlement.decode(event.data))


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
        starts_at=told.starts_at,
        ends_at=told.ends_at,
        is_deleted=told.deleted or kind is WebhookEventKind.ENTITLEMENT_DELETE,
        is_consumed=bool(told.consumed),
    )
