from datetime import UTC, datetime

from core.ids import snowflake_at, snowflake_time


def test_snowflake_time_reads_the_moment_out_of_an_id() -> None:
    assert snowflake_time(175928847299117063) == datetime(2016, 4, 30, 11, 18, 25, 796000, UTC)


def test_snowflake_at_makes_ids_of_that_moment() -> None:
    moment = datetime(2026, 11, 21, 9, 0, 0, 123000, UTC)

    assert snowflake_time(snowflake_at(moment, increment=4_194_303)) == moment
    assert snowflake_at(moment, increment=1) == snowflake_at(moment) + 1
