from dataclasses import dataclass

from core.enums import Language, LeaderboardMetric
from db.connection import Connection
from db.rows import dataclass_row


@dataclass(frozen=True, slots=True)
class Taste:
    name: str
    language: Language | None
    board: LeaderboardMetric


async def test_row_of_builds_the_dataclass_by_column_name(conn: Connection) -> None:
    cursor = conn.cursor(row_factory=dataclass_row(Taste))

    await cursor.execute("SELECT 'xp' AS board, 'zh-TW' AS language, 'ana' AS name")

    assert await cursor.fetchone() == Taste("ana", Language.ZH_TW, LeaderboardMetric.XP)


async def test_row_of_leaves_null_alone(conn: Connection) -> None:
    cursor = conn.cursor(row_factory=dataclass_row(Taste))

    await cursor.execute("SELECT 'ana' AS name, NULL AS language, 'focus' AS board")

    assert await cursor.fetchone() == Taste("ana", None, LeaderboardMetric.FOCUS)


async def test_row_of_does_not_mind_a_statement_without_rows(conn: Connection) -> None:
    cursor = conn.cursor(row_factory=dataclass_row(Taste))

    await cursor.execute("SET LOCAL statement_timeout = 0")

    assert cursor.rowcount == -1
