"""REST routes for entitlements, the store that holds them, and the webhook events that report changes."""

from http import HTTPMethod
from typing import Any, Final

from playground.errors import Refusal, bad_form
from playground.interactions import webhook_events
from playground.interactions.webhook_events import Events
from playground.json_types import Json, snowflake
from playground.rest.app import Answer, Call, Rule, nothing
from playground.state.ids import Snowflakes
from playground.state.state import World

GUILD: Final = 1
USER: Final = 2
TEST: Final = 4  # test entitlements have no start and end
SUBSCRIPTION: Final = 8
PAGE_MAX: Final = 100


class Shop:
    """Stores entitlements and sends a webhook event for each change."""

    def __init__(self, world: World, told: Events, ids: Snowflakes) -> None:
        self._world = world
        self._events = told
        self._ids = ids

    def rules(self) -> list[Rule]:
        """The routes of this module."""
        path = "/applications/{application_id}/entitlements"
        return [
            Rule(HTTPMethod.GET, path, self._list),
            Rule(HTTPMethod.POST, path, self._create),
            Rule(HTTPMethod.GET, path + "/{entitlement_id}", self._get),
            Rule(HTTPMethod.DELETE, path + "/{entitlement_id}", self._delete),
            Rule(HTTPMethod.POST, path + "/{entitlement_id}/consume", self._consume),
        ]

    def keep(self, entitlement: Json) -> None:
        """Store an entitlement, replacing an earlier state."""
        self._world.entitlements[int(entitlement["id"])] = entitlement

    def grant(self, sku: int, *, user: int | None, guild: int | None, kind: int = SUBSCRIPTION, **more: Any) -> Json:
        """Create and store an entitlement without sending an event."""
        shape: Json = {
            "id": str(self._ids.mint()),
            "sku_id": str(sku),
            "application_id": str(self._world.application),
            "user_id": None if user is None else str(user),
            "promotion_id": None,
            "type": kind,
            "deleted": False,
            "gift_code_flags": 0,
            "starts_at": None,
            "ends_at": None,
            "consumed": False,
        }
        if guild is not None:
            shape["guild_id"] = str(guild)
        return shape | more

    async def _list(self, call: Call) -> Answer:
        self._check(call)
        found = list(self._world.entitlements.values())
        for name in ("user_id", "guild_id"):
            if wanted := call.query.get(name):
                found = [one for one in found if one.get(name) == wanted]
        if call.wants("exclude_deleted"):
            found = [one for one in found if not one["deleted"]]
        return Answer(found[:PAGE_MAX])

    async def _create(self, call: Call) -> Answer:
        self._check(call)
        body = call.json()
        sku, owner = snowflake(body.get("sku_id")), snowflake(body.get("owner_id"))
        if sku is None or owner is None or body.get("owner_type") not in (GUILD, USER):
            raise bad_form(("owner_type",), "BASE_TYPE_REQUIRED", "sku_id, owner_id and owner_type 1 or 2 are required")
        is_guild = body["owner_type"] == GUILD
        made = self.grant(sku, user=None if is_guild else owner, guild=owner if is_guild else None, kind=TEST)
        self.keep(made)
        self._events.tell(webhook_events.CREATE, made)
        return Answer(made)

    async def _get(self, call: Call) -> Answer:
        return Answer(self._one(call))

    async def _delete(self, call: Call) -> Answer:
        gone = self._one(call) | {"deleted": True}
        self.keep(gone)
        self._events.tell(webhook_events.DELETE, gone)
        return nothing()

    async def _consume(self, call: Call) -> Answer:
        used = self._one(call) | {"consumed": True}
        self.keep(used)
        self._events.tell(webhook_events.UPDATE, used)
        return nothing()

    def _one(self, call: Call) -> Json:
        self._check(call)
        found = self._world.entitlements.get(call.id("entitlement_id"))
        if found is None:
            raise Refusal(404, 10029, "Unknown Entitlement")
        return found

    def _check(self, call: Call) -> None:
        if call.id("application_id") != self._world.application:
            raise Refusal(403, 20012, "You are not authorized to perform this action on this application")
