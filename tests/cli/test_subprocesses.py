import pytest

from cli.subprocesses import last_error_line, trouble_in


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ([], "it said nothing"),
        (["first", "✗ Port 80 is taken.", "", " "], "Port 80 is taken."),
        (
            ["2026-11-21T10:29:21.025786Z [error    ] Discord refused the token: copy it again. shard=0 code=4004"],
            "Discord refused the token: copy it again.",
        ),
        (
            ["2026-11-21T10:07:44.200717Z [info     ] interaction                    duration_ms=5.45"],
            "interaction",
        ),
        (
            ["2026-11-21T10:07:44.200717Z [warning  ] It ended.   shard=(0, 1) why='No answer here.' code=None"],
            "It ended.",
        ),
        (['{"event": "It is over.", "level": "error"}'], "It is over."),
        (["{not json"], "{not json"),
    ],
)
def test_last_words_are_the_sentence_alone(lines: list[str], said: str) -> None:
    assert last_error_line(lines) == said


@pytest.mark.parametrize(
    ("line", "told"),
    [
        (
            "2026-11-21T10:07:44.200717Z [warning  ] It ended.   shard=(0, 1) why='No answer.' code=None",
            "It ended (No answer)",
        ),
        ('2026-11-21T10:07:44.200717Z [error    ] It ended.   why="Can\'t reach it"', "It ended (Can't reach it)"),
        ("2026-11-21T10:07:44.200717Z [info     ] Listening.  shards=auto", ""),
        ('{"event": "It is over.", "level": "error", "why": "gone"}', "It is over (gone)"),
        ('{"event": "Listening.", "level": "info"}', ""),
        ("[warning] not ours", ""),
    ],
)
def test_trouble_is_told_with_its_reason(line: str, told: str) -> None:
    assert trouble_in(line) == told
