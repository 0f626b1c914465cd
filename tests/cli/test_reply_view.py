import io
from datetime import UTC, datetime
from typing import Any

import pytest
from rich.console import Console

from cli.console import THEME
from cli.markdown import Names, names_in
from cli.reply_view import reply_view

NOW = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)
NAMES = Names({"41943040": "김민아"}, {"41943041": "Deep Work"})


def shown(answer: dict[str, Any], *, saved: dict[str, str] | None = None, width: int = 72) -> str:
    file = io.StringIO()
    console = Console(file=file, width=width, theme=THEME, highlight=False)
    console.print(reply_view(answer, saved=saved or {}, names=NAMES, now=NOW))
    return "\n".join(line.rstrip() for line in file.getvalue().splitlines())


def text(content: str) -> str:
    return shown({"message": {"content": content}})


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("**bold** _soft_ __under__ ~~gone~~ `code`", "bold soft under gone code"),
        ("# Title\n## Smaller\n-# tiny\n> said", "Title\nSmaller\ntiny\nsaid"),
        ("<@41943040> <@!7> in <#41943041>", "@김민아 @7 in #Deep Work"),
        ("<@&9> <a:wave:12> </my timezone:13>", "@9 :wave: /my timezone"),
        ("[site](https://example.com)", "site (https://example.com)"),
        (r"snake_case_name \*star\*", "snake_case_name *star*"),
        (f"<t:{int(NOW.timestamp()) - 90}:R>", "1 minute ago"),
        (f"<t:{int(NOW.timestamp()) + 7200}:R>", "in 2 hours"),
        (f"<t:{int(NOW.timestamp())}:R>", "0 seconds ago"),
        ("**<@41943040>** studies", "@김민아 studies"),
    ],
)
def test_text_reads_as_people_see_it(written: str, read: str) -> None:
    assert text(written) == read


@pytest.mark.parametrize("style", ["t", "T", "d", "D", "f", "F"])
def test_text_writes_moments_in_this_machines_zone(style: str) -> None:
    here = NOW.astimezone()

    assert {
        "t": f"{here:%H:%M}",
        "T": f"{here:%H:%M:%S}",
        "d": f"{here:%d/%m/%Y}",
        "D": f"{here:%d %B %Y}",
        "f": f"{here:%d %B %Y %H:%M}",
        "F": f"{here:%A, %d %B %Y %H:%M}",
    }[style] == text(f"<t:{int(NOW.timestamp())}:{style}>")


def test_embed_has_a_bar_fields_and_its_picture() -> None:
    answer = {
        "message": {
            "content": "",
            "embeds": [
                {
                    "color": 0x5B6EE1,
                    "author": {"name": "Lyceum Commons"},
                    "title": "Level **3**",
                    "description": "Well studied.",
                    "fields": [
                        {"name": "XP", "value": "120", "inline": True},
                        {"name": "Streak", "value": "9 days", "inline": True},
                        {"name": "Rank", "value": "2", "inline": True},
                        {"name": "Today", "value": "20 min", "inline": True},
                        {"name": "Note", "value": "Long"},
                    ],
                    "image": {"url": "http://127.0.0.1:1/playground/attachments/5"},
                    "thumbnail": {"url": "https://elsewhere.example/hat.png"},
                    "footer": {"text": "Since May"},
                    "timestamp": NOW.isoformat(),
                }
            ],
            "attachments": [
                {"id": "5", "filename": "profile.png", "description": "Profile of Mina", "url": "http://x/5"},
                {"id": "6", "filename": "notes.txt"},
            ],
        },
        "private": True,
    }

    lines = shown(answer, saved={"5": "pictures/profile.png"}).splitlines()

    assert lines == [
        "▌ Lyceum Commons",
        "▌ Level 3",
        "▌ Well studied.",
        "▌ XP    Streak   Rank",
        "▌ 120   9 days   2",
        "▌ Today",
        "▌ 20 min",
        "▌ Note",
        "▌ Long",
        "▌ 🖼  profile.png",
        "▌    Profile of Mina",
        "▌    saved as pictures/profile.png",
        "▌ 🖼  https://elsewhere.example/hat.png",
        f"▌ Since May · {NOW.astimezone():%d %B %Y %H:%M}",
        "🖼  notes.txt",
        "Only you can see this",
    ]


def test_components_stand_in_rows() -> None:
    row: dict[str, Any] = {
        "type": 1,
        "components": [
            {"type": 2, "style": 1, "label": "Next", "custom_id": "a"},
            {"type": 2, "style": 4, "label": "Stop", "emoji": {"name": "🛑"}, "custom_id": "b", "disabled": True},
        ],
    }
    menu = {
        "type": 1,
        "components": [
            {
                "type": 3,
                "custom_id": "c",
                "placeholder": "Board",
                "options": [{"label": "Focus", "value": "focus", "default": True}, {"label": "XP", "value": "xp"}],
            }
        ],
    }
    container = {
        "type": 17,
        "accent_color": 0xFF0000,
        "components": [
            {"type": 10, "content": "**Inside**"},
            {"type": 14},
            {"type": 9, "components": [{"type": 10, "content": "Section"}], "accessory": row["components"][0]},
        ],
    }

    assert shown({"message": {"components": [row, menu, container]}}).splitlines() == [
        "[ Next ] [ 🛑 Stop ]",
        "[ Board ▾ ]  Focus ✓, XP",
        "▌ Inside",
        "▌",
        "▌ Section",
        "▌ [ Next ]",
    ]


def test_modal_names_the_fields_to_fill_in() -> None:
    modal = {
        "title": "Exam week",
        "components": [
            {"type": 10, "content": "Words in between"},
            {"type": 1, "components": [{"type": 4, "custom_id": "title", "label": "Title", "value": "Mine"}]},
            {"type": 18, "label": "Notes", "component": {"type": 4, "custom_id": "notes", "required": False}},
        ],
    }

    assert shown({"modal": modal}).splitlines() == [
        "▌ Exam week",
        '▌   Title  --field "title=…"  Mine  required',
        '▌   Notes  --field "notes=…"',
    ]


def test_choices_show_names_and_values() -> None:
    assert shown({"choices": [{"name": "Seoul", "value": "Asia/Seoul"}]}) == "▌ Seoul   Asia/Seoul"
    assert shown({"choices": []}) == "Nothing to choose from"


def test_a_reply_that_is_still_coming_says_so_and_follow_ups_come_after() -> None:
    answer = {"message": None, "thinking": True, "follow_ups": [{"content": "And this."}]}

    assert shown(answer) == "Lyceum is thinking …\nAnd this."


def test_names_come_from_the_state() -> None:
    state = {"guilds": [{"members": [{"id": "1", "name": "Ada"}], "channels": [{"id": "2", "name": "Library"}]}]}

    assert names_in(state) == Names({"1": "Ada"}, {"2": "Library"})
