import pytest

from cli.ourselves import last_words


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
        (['{"event": "It is over.", "level": "error"}'], "It is over."),
        (["{not json"], "{not json"),
    ],
)
def test_last_words_are_the_sentence_alone(lines: list[str], said: str) -> None:
    assert last_words(lines) == said
