import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from functools import reduce
from pathlib import Path
from textwrap import dedent
from typing import Any

import psycopg
import pytest
from alembic.script import ScriptDirectory
from alembic.util import CommandError

from core.errors import ServiceUnavailable
from db import migrate
from db.models import METADATA
from db.models.back_office import sync_engine

CATALOGUE = (
    """SELECT table_name, column_name, data_type, udt_name, is_nullable, column_default, is_identity
       FROM information_schema.columns WHERE table_schema = 'public' AND table_name <> 'alembic_version'
       ORDER BY table_name, column_name""",
    """SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint
       WHERE connamespace = 'public'::regnamespace AND contype <> 'n' AND conrelid::regclass::text <> 'alembic_version'
       ORDER BY 1, 2""",
    """SELECT indexname, indexdef FROM pg_indexes
       WHERE schemaname = 'public' AND tablename <> 'alembic_version' ORDER BY 1""",
    """SELECT typname, enumlabel, enumsortorder FROM pg_enum JOIN pg_type ON pg_type.oid = enumtypid ORDER BY 1, 3""",
)
HEAD = max(path.name for path in migrate.HISTORY.glob("versions/0*.py"))[:4]
SEED_0007 = """
    INSERT INTO guilds (guild_id, name) VALUES (7000000, 'Lyceum');
    INSERT INTO channels (guild_id, channel_id, name) VALUES (7000000, 20000001, 'Library');
    INSERT INTO users (user_id, username) VALUES (10000001, 'ana');
    INSERT INTO members (guild_id, user_id, language, total_seconds) VALUES (7000000, 10000001, 'zh-TW', 900);
    INSERT INTO member_zones (guild_id, user_id, valid_from, zone) VALUES (7000000, 10000001, now(), 'Asia/Taipei');
    INSERT INTO protections (guild_id, user_id, protected_on, kind) VALUES (7000000, 10000001, '2026-03-18', 'travel');
    INSERT INTO voice_sessions (guild_id, session_id, user_id, started_at, settled_until)
    VALUES (7000000, 1, 10000001, now(), now());
    INSERT INTO voice_segments (guild_id, session_id, started_at, user_id, channel_id)
    VALUES (7000000, 1, now(), 10000001, 20000001);
    INSERT INTO daily_streaks (guild_id, user_id, kind, streak_date, seconds, zone)
    VALUES (7000000, 10000001, 'study', '2026-03-18', 900, 'Asia/Taipei');
    INSERT INTO guild_days (guild_id, local_on, user_id, seconds) VALUES (7000000, '2026-03-18', 10000001, 900);
    INSERT INTO streaks (guild_id, user_id, kind, run_days, longest_days) VALUES (7000000, 10000001, 'study', 1, 1);
    INSERT INTO seen_interactions (interaction_id, received_at) VALUES (30000001, now());
    INSERT INTO gateway_sessions (shard_id, shard_count, seen_at) VALUES (0, 1, now());
    INSERT INTO webhook_events (kind, subject_id, happened_at, received_at)
    VALUES ('entitlement_create', 40000001, now(), now());
    INSERT INTO authorizations (user_id, authorized_at) VALUES (10000001, now());
    INSERT INTO entitlements (entitlement_id, sku_id, type, granted_guild_id, changed_at)
    VALUES (40000001, 50000001, 8, 7000000, now());
"""
RENAMED_BY_0011 = {
    "settled_until": "credited_until",
    "guild_days": "guild_member_days",
    "run_days": "current_days",
    "seen_interactions": "processed_interactions",
    "seen_at": "heartbeat_at",
}
SEED = reduce(lambda seed, names: seed.replace(*names), RENAMED_BY_0011.items(), SEED_0007)


def catalogue(url: str) -> list[list[tuple[Any, ...]]]:
    with psycopg.connect(url) as conn:
        return [conn.execute(question).fetchall() for question in CATALOGUE]


def run(url: str, statements: str) -> None:
    with psycopg.connect(url) as conn:
        conn.execute(statements.encode())


@pytest.fixture
def history(tmp_path: Path) -> Path:
    """A copy of the migration history, to which a test adds revisions."""
    return Path(shutil.copytree(migrate.HISTORY, tmp_path / "migrations", ignore=shutil.ignore_patterns("__pycache__")))


def add_step(history: Path, revision: str, *, after: str, upgrade: str, downgrade: str = "pass") -> None:
    lines = [
        "from alembic import op",
        "import sqlalchemy as sa",
        f"revision, down_revision, branch_labels, depends_on = {revision!r}, {after!r}, None, None",
        *("def upgrade() -> None:", *(f"    {line}" for line in dedent(upgrade).strip().splitlines())),
        *("def downgrade() -> None:", *(f"    {line}" for line in dedent(downgrade).strip().splitlines())),
    ]
    (history / "versions" / f"{revision}_step.py").write_text("\n".join(lines), encoding="utf-8")


def test_upgrade_brings_an_empty_database_to_the_head(empty_database_url: str) -> None:
    assert migrate.current(empty_database_url) is None
    assert migrate.current(empty_database_url) != migrate.head()

    migrate.upgrade(empty_database_url)

    assert migrate.current(empty_database_url) == migrate.head()
    assert migrate.current(empty_database_url) == migrate.head()


def test_upgrade_of_an_upgraded_database_changes_nothing(database_url: str) -> None:
    before = catalogue(database_url)

    migrate.upgrade(database_url)

    assert catalogue(database_url) == before


@pytest.mark.parametrize("seed", ["", SEED], ids=["empty", "seeded"])
def test_upgrade_downgrade_upgrade_comes_back_to_the_same_schema(database_url: str, seed: str) -> None:
    before = catalogue(database_url)
    if seed:
        run(database_url, seed)

    migrate.downgrade(database_url, "base")
    assert catalogue(database_url) == [[], [], [], []]
    assert migrate.current(database_url) is None

    migrate.upgrade(database_url)
    assert catalogue(database_url) == before


def test_every_step_goes_down_and_up_again(database_url: str) -> None:
    script = ScriptDirectory(str(migrate.HISTORY))
    for step in list(script.walk_revisions()):
        before = catalogue(database_url)
        migrate.downgrade(database_url)
        assert migrate.current(database_url) == step.down_revision
        migrate.upgrade(database_url, step.revision)
        assert catalogue(database_url) == before
        migrate.downgrade(database_url)


def test_known_sessions_get_their_length_and_overwritten_channels_are_hidden(database_url: str) -> None:
    migrate.downgrade(database_url, "0007")
    run(database_url, SEED_0007)
    run(
        database_url,
        """INSERT INTO channels (guild_id, channel_id, name) VALUES (7000000, 20000002, '___hidden___');
           INSERT INTO voice_sessions (guild_id, session_id, user_id, started_at, ended_at, settled_until)
           VALUES (7000000, 2, 10000001, '2026-03-18 12:00+00', '2026-03-18 13:00:01.5+00', '2026-03-18 13:00+00');""",
    )

    migrate.upgrade(database_url)

    with psycopg.connect(database_url) as conn:
        lengths = conn.execute("SELECT session_id, duration_seconds FROM voice_sessions ORDER BY 1").fetchall()
        channels = conn.execute("SELECT name, is_hidden FROM channels ORDER BY channel_id").fetchall()
    assert lengths == [(1, None), (2, 3601)]
    assert channels == [("Library", False), ("", True)]


def test_the_history_has_one_head(history: Path) -> None:
    assert migrate.head() == HEAD

    for number in (1, 2):
        add_step(history, f"fork{number}", after=HEAD, upgrade="pass")
    with pytest.raises(CommandError):
        migrate.head(history)


def test_the_models_say_what_the_database_does(database_url: str) -> None:
    assert migrate.check(database_url) == []


def test_the_migrated_schema_is_what_the_models_would_make(database_url: str, empty_database_url: str) -> None:
    engine = sync_engine(empty_database_url)
    METADATA.create_all(engine)
    engine.dispose()

    assert catalogue(database_url) == catalogue(empty_database_url)


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ("ALTER TABLE guilds DROP COLUMN icon_hash", "icon_hash"),
        ("ALTER TABLE guilds ADD COLUMN prefix text", "prefix"),
        ("ALTER TABLE guilds ALTER COLUMN study_minutes TYPE bigint", "study_minutes"),
        ("ALTER TABLE guilds ALTER COLUMN study_minutes SET DEFAULT 16", "study_minutes"),
        ("ALTER TABLE guilds ALTER COLUMN icon_hash SET NOT NULL", "icon_hash"),
        ("DROP INDEX idx_sessions_user_guild", "idx_sessions_user_guild"),
        ("ALTER TABLE channels DROP CONSTRAINT fk_channels_guild", "fk_channels_guild"),
        ("DROP TABLE gateway_sessions", "gateway_sessions"),
        ("ALTER TYPE language ADD VALUE 'fr'", "language"),
    ],
)
def test_check_names_every_difference(database_url: str, change: str, word: str) -> None:
    run(database_url, change)

    differences = migrate.check(database_url)

    assert differences
    assert any(word in difference for difference in differences)


def test_a_step_that_fails_leaves_everything_as_it_was(database_url: str, history: Path) -> None:
    add_step(history, "step_a", after=HEAD, upgrade='op.add_column("guilds", sa.Column("prefix", sa.Text()))')
    add_step(
        history,
        "step_b",
        after="step_a",
        upgrade="""
            op.create_table("desks", sa.Column("number", sa.Integer()))
            sa.Enum("a", "b", name="side").create(op.get_bind())
            op.drop_table("streaks")
            raise RuntimeError("the power went out")
        """,
    )
    before = catalogue(database_url)

    with pytest.raises(RuntimeError, match="the power went out"):
        migrate.upgrade(database_url, history=history)

    assert catalogue(database_url) == before
    assert migrate.current(database_url) == HEAD
    migrate.upgrade(database_url)  # the lock has been released


def test_several_processes_may_upgrade_at_once(empty_database_url: str) -> None:
    code = "import sys; from db import migrate; migrate.upgrade(sys.argv[1])"

    def start(_: int) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-c", code, empty_database_url], capture_output=True, text=True, check=False
        )

    with ThreadPoolExecutor(3) as threads:
        done = list(threads.map(start, range(3)))

    assert [(process.returncode, process.stderr) for process in done] == [(0, "")] * 3
    assert migrate.current(empty_database_url) == migrate.head()


def test_an_enum_type_goes_through_all_its_changes(database_url: str, history: Path) -> None:
    """Migrations by alembic-postgresql-enum for an added, a renamed and a removed label, up and down."""
    run(database_url, SEED)
    sync = """
        op.sync_enum_values(
            enum_schema="public", enum_name="language", new_values={new!r},
            affected_columns=[TableReference("members", "language", "public")], enum_values_to_rename={renamed!r})
    """
    old = ["en", "ko", "es", "zh-TW"]
    more = ["en", "ko", "es", "zh-TW", "fr"]
    other = ["en", "ko", "es", "zh-Hant", "fr"]
    load = "from alembic_postgresql_enum import TableReference\n"
    add_step(
        history,
        "step_a",
        after=HEAD,
        upgrade=load + dedent(sync.format(new=more, renamed=[])),
        downgrade=load + dedent(sync.format(new=old, renamed=[])),
    )
    add_step(
        history,
        "step_b",
        after="step_a",
        upgrade=load + dedent(sync.format(new=other, renamed=[("zh-TW", "zh-Hant")])),
        downgrade=load + dedent(sync.format(new=more, renamed=[("zh-Hant", "zh-TW")])),
    )

    def state() -> tuple[list[str], str]:
        with psycopg.connect(database_url) as conn:
            [(labels, language)] = conn.execute(
                "SELECT enum_range(NULL::language)::text[], (SELECT language::text FROM members)"
            ).fetchall()
        return labels, language

    migrate.upgrade(database_url, "step_b", history=history)
    assert state() == (other, "zh-Hant")
    migrate.downgrade(database_url, "step_a", history=history)
    assert state() == (more, "zh-TW")
    migrate.downgrade(database_url, HEAD, history=history)
    assert state() == (old, "zh-TW")
    assert migrate.check(database_url) == []


def test_a_label_in_use_cannot_be_removed_and_nothing_changes(database_url: str, history: Path) -> None:
    run(database_url, SEED)
    add_step(
        history,
        "step_a",
        after=HEAD,
        upgrade="""
            from alembic_postgresql_enum import TableReference
            op.sync_enum_values(
                enum_schema="public", enum_name="language", new_values=["en", "ko", "es"],
                affected_columns=[TableReference("members", "language", "public")], enum_values_to_rename=[])
        """,
    )
    before = catalogue(database_url)

    with pytest.raises(Exception, match="row containing reference to old enum value"):
        migrate.upgrade(database_url, history=history)

    assert catalogue(database_url) == before
    assert migrate.current(database_url) == HEAD


def test_revise_writes_the_step_from_the_difference(
    database_url: str, history: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run(database_url, "DROP INDEX idx_users_bots; ALTER TYPE language ADD VALUE 'fr'")

    migrate.revise(database_url, "Find bots again", history=history)

    [step] = history.glob(f"versions/{int(HEAD) + 1:04}_*.py")
    written = step.read_text(encoding="utf-8")
    assert written.startswith('"""Find bots again"""')
    assert "idx_users_bots" in written
    assert "sync_enum_values" in written
    capsys.readouterr()


@pytest.mark.parametrize("ask", [migrate.current, migrate.check, migrate.upgrade, migrate.downgrade])
def test_a_database_that_is_not_there_is_outside_trouble(tmp_path: Path, ask: Any) -> None:
    with pytest.raises(ServiceUnavailable, match="DATABASE_URL"):
        ask(f"postgresql:///lyceum?host={tmp_path}")
