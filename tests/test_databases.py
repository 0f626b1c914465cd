"""Database fixtures: each test gets an empty, migrated database, whatever was done before."""

from collections.abc import Iterator

import psycopg
import pytest

from tests.conftest import Databases, drop_database

GUILD = "INSERT INTO guilds (guild_id) VALUES (5000000)"
CHANNEL = "INSERT INTO channels (guild_id, channel_id, name, type) VALUES (5000000, 6000000, 'Library', 2)"
LISTENER = """
    INSERT INTO gateway_listeners (shard_selection, shard_count, heartbeat_at) VALUES ('0', 1, now())
    RETURNING listener_id
"""


@pytest.fixture
def lending(server_url: str, template: str) -> Iterator[Databases]:
    lending = Databases(server_url, template)
    yield lending
    lending.close()


def test_the_next_test_finds_no_rows_and_the_same_numbers(lending: Databases) -> None:
    addresses: set[str] = set()
    for _ in range(3):
        with lending.lent() as url, psycopg.connect(url) as conn:
            assert conn.execute("SELECT count(*) FROM guilds NATURAL FULL JOIN channels").fetchone() == (0,)
            conn.execute(GUILD)
            conn.execute(CHANNEL)
            assert conn.execute(LISTENER).fetchone() == (1,)
            addresses.add(url)
    assert len(addresses) == 1


def test_two_databases_can_be_lent_at_once(lending: Databases) -> None:
    with lending.lent() as one, lending.lent() as other:
        assert one != other


@pytest.mark.parametrize(
    "change",
    [
        "ALTER TABLE guilds ADD COLUMN more text",
        "DROP INDEX idx_outbox_status",
        "ALTER TABLE guilds ALTER COLUMN name SET DEFAULT 'Here'",
        "DROP TABLE channels",
        "ANALYZE guilds",
        "UPDATE alembic_version SET version_num = '0001'",
        "DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET work_mem = 64', current_database()); END $$",
        "INSERT INTO users (user_id, username) SELECT n, repeat('x', 90) FROM generate_series(5000000, 5010000) AS n",
    ],
)
def test_a_database_that_keeps_more_than_rows_is_not_lent_again(lending: Databases, change: str) -> None:
    with lending.lent() as url, psycopg.connect(url, autocommit=True) as conn:
        conn.execute(change.encode())
    with lending.lent() as another:
        assert another != url


def test_connections_that_a_test_has_left_open_are_closed(lending: Databases) -> None:
    with lending.lent() as url:
        left = psycopg.connect(url)
        left.execute(GUILD)
        left.execute("SELECT pg_advisory_lock(7)")

    with pytest.raises(psycopg.errors.AdminShutdown):
        left.execute("SELECT 1")
    left.close()
    with lending.lent() as again, psycopg.connect(again) as conn:
        assert again == url
        assert conn.execute("SELECT count(*) FROM guilds").fetchone() == (0,)


def test_a_database_that_a_test_has_dropped_is_no_trouble(lending: Databases, server_url: str) -> None:
    with lending.lent() as url:
        drop_database(server_url, url)
    with lending.lent() as another:
        assert another != url
