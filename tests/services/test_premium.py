from datetime import UTC, datetime, timedelta

import psycopg
from hypothesis import HealthCheck, given
from hypothesis import settings as how
from hypothesis import strategies as st

from core.enums import WebhookEventKind
from core.ids import EntitlementId, GuildId, SkuId, UserId
from db.connection import Connection
from db.queries import premium as premium_queries
from services import premium

NOW = datetime(2026, 11, 21, 12, 0, 0, tzinfo=UTC)
GUILD = GuildId(41_771_983_423_143_937)
ANA = UserId(5_000_000_001)
SKU = 1_019_475_255_913_222_144
BOUGHT = 1_019_653_849_998_299_136


def thing(
    number: int,
    *,
    guild: GuildId | None = None,
    user: UserId | None = ANA,
    starts: datetime | None = None,
    ends: datetime | None = None,
    is_deleted: bool = False,
) -> premium_queries.Entitlement:
    return premium_queries.Entitlement(
        id=EntitlementId(BOUGHT + number),
        sku_id=SkuId(SKU + number),
        type=8,
        guild_id=guild,
        user_id=user,
        starts_at=starts,
        ends_at=ends,
        is_deleted=is_deleted,
        is_consumed=False,
    )


moments = st.none() | st.integers(-3, 3).map(lambda hours: NOW + timedelta(hours=hours))


@how(suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(starts=moments, ends=moments, is_deleted=st.booleans())
def test_an_entitlement_holds_from_its_start_until_its_end(
    *, starts: datetime | None, ends: datetime | None, is_deleted: bool
) -> None:
    begun = starts is None or starts.timestamp() <= NOW.timestamp()
    ended = ends is not None and ends.timestamp() <= NOW.timestamp()

    one = thing(0, starts=starts, ends=ends, is_deleted=is_deleted)

    assert premium.is_active(one, now=NOW) is (begun and not ended and not is_deleted)


async def test_what_somebody_has_is_the_guilds_and_their_own(conn: Connection) -> None:
    ben = UserId(5_000_000_002)
    granted = [
        thing(1, guild=GUILD),
        thing(2),
        thing(3, guild=GuildId(GUILD + 1)),
        thing(4, ends=NOW),
        thing(5, user=ben),
    ]
    for each in granted:
        await premium_queries.set_entitlement(conn, each, changed_at=NOW, is_created=True, now=NOW)

    assert await premium.skus_of(conn, guild=GUILD, user=ANA, now=NOW) == {SKU + 1, SKU + 2}
    assert await premium.skus_of(conn, guild=None, user=ben, now=NOW) == {SKU + 5}
    assert await premium.skus_of(conn, guild=GUILD, user=ben, now=NOW) == {SKU + 1, SKU + 5}


async def test_an_event_whose_transaction_fails_was_never_taken_up(conn: Connection, quick_url: str) -> None:
    kind = WebhookEventKind.ENTITLEMENT_CREATE
    async with await psycopg.AsyncConnection.connect(quick_url) as doomed:
        assert await premium.apply_event(doomed, kind, thing(0), at=NOW, now=NOW)
        await doomed.rollback()

    assert await premium.apply_event(conn, kind, thing(0), at=NOW, now=NOW)
    assert not await premium.apply_event(conn, kind, thing(0), at=NOW, now=NOW)
