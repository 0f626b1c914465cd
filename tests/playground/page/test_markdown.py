import re
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from html.parser import HTMLParser
from types import FrameType
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from playground.page import view_context
from playground.page.markdown import excerpt_to_html, line_to_html, to_html
from playground.page.markdown_context import Reading
from playground.state.fixtures import COMMUNITY, GUILD
from playground.state.state import World
from render.html.emoji import is_jumbo

NOW = datetime(2026, 11, 28, 12, tzinfo=UTC)
VOID = {"img"}
WRITTEN = {
    "a": {"href", "target", "rel", "title", "class"},
    "bdi": set[str](),
    "blockquote": {"dir"},
    "button": {"type", "class", "data-command", "data-path", "data-user", "data-card", "aria-haspopup"},
    "code": set[str](),
    "div": {"class"},
    "em": set[str](),
    "h3": {"class", "dir"},
    "h4": {"class", "dir"},
    "h5": {"class", "dir"},
    "img": {"class", "src", "alt", "title", "loading"},
    "li": {"dir"},
    "ol": {"start"},
    "pre": {"tabindex"},
    "s": set[str](),
    "small": {"class", "dir"},
    "span": {"class", "data-spoiler", "data-keep", "role", "tabindex", "aria-label", "inert", "data-user", "style"},
    "strong": set[str](),
    "svg": {"class", "aria-hidden"},
    "time": {"class", "datetime", "data-style", "title"},
    "u": set[str](),
    "ul": set[str](),
    "use": {"href"},
}  # every tag and attribute that markdown may produce
PIECES = st.sampled_from(
    [
        *("*", "**", "***", "_", "__", "~~", "||", "`", "``", "```", "\\", "[", "](", ")", "<", ">", "\n", " ", "  "),
        *("- ", "* ", "1. ", "# ", "-# ", "> ", ">>> ", "@everyone", "<@1>", f"<@{COMMUNITY.owner}>", "<t:0:R>"),
        *(
            "https://a.b",
            "javascript:alert(1)",
            "<script>",
            "</span>",
            '"',
            "'",
            "&lt;",
            "<id:guide>",
            "</a:1>",
            "js\n",
        ),
        *(f"<#{COMMUNITY.rooms[1].channel}>", "</a:1>"),
        *("```ansi\n", "\x1b[1;31m", "```diff\n", "+ "),
        *("on", "e", "씨", "א", "👍🏽", "<:e:1>", "<https://x.y>", "[a](https://a.b)", "http://[", "\u202e", "\x00"),
    ]
)


def reading(as_: str = "ada", **more: str) -> Reading:
    world = World(application=1_000_000_000_000_000_001)
    world.settle(COMMUNITY)
    return Reading(view_context.take(world, {"as": as_} | more), world, NOW, pings_everyone=True)


READING = reading()


class Checker(HTMLParser):
    """HTML parser that fails on any tag or attribute that we do not write, and collects the text."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = [name for name, _ in attrs]
        assert tag not in ("a", "button") or not {"a", "button"} & set(self.open)
        assert set(names) <= WRITTEN[tag]
        assert len(names) == len(set(names))
        for name, value in attrs:
            if name in ("href", "src"):
                assert (value or "").startswith(
                    ("http://", "https://", "discord://", "/?as=", "/cdn/", "/page/static/")
                )
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


def checked(html: str) -> str:
    checker = Checker()
    checker.feed(str(html))
    checker.close()
    assert checker.open == []
    return checker.text


@given(st.lists(PIECES, max_size=60).map("".join) | st.text(max_size=200))
@example('<img src=x onerror="alert(1)">')
@example('[x](https://a.b" onclick="alert(1))')
@example("```\n</code></pre><script>alert(1)</script>\n```")
@example('[x](https://a.b "\' onfocus=alert(1)")')
def test_whatever_the_text_holds_only_our_own_html_comes_out(text: str) -> None:
    checked(to_html(text, READING))
    checked(line_to_html(text, READING))
    excerpt = str(excerpt_to_html(text, READING))
    checked(excerpt)
    assert not re.search(r"<(a|button) | role=", excerpt)


@given(st.text(alphabet=st.characters(blacklist_characters="\\*_~|`<[@h#->\n\r", blacklist_categories=("Cs",))))
def test_a_text_without_marks_stays_as_it_is(text: str) -> None:
    assert checked(line_to_html(text, READING)) == text


HOSTILE = [
    *("*", "_", "**", "__", "~~", "||", "`", "``", "```", "[", "\\", "<", "> ", "- ", "# ", "-# ", "1. ", "\n", " "),
    *("```ansi\n\x1b[1m", "\x1b[", "```diff\n+\n```"),
    *("*a ", "_a ", "**a ", "__a ", "*a **", "***a ", "_a __", "*a*_", "~~a||", "a~~b~~~~", "`a``b```c", "```a\n"),
    *(
        "[a](",
        "[a](https://b",
        "[a](https://b(",
        "[a](https://b 'c",
        "[[a]",
        "](",
        "https://",
        "http://[",
        "http://.",
        "h",
    ),
    *("<https://a", "<t:1", "<@1", "</a b c:1", "<a:b:1", "\n- a\n  ", "\n> a\n", "\n>>> ", "- a\n\n", "@everyone"),
    *(
        "👍🏽",
        "🇰🇷",
        "👨‍👩‍👧",
        "1️",
        "||*a||*",
        "**a*b**",
        "\n- \n",
        "\\*a",
        "*\\",
        "``` ``",
        "(" * 7,
        "https://a.b)",
        " \n",
    ),
]


def steps_of(work: Callable[[], object]) -> int:
    """How many lines of Python a call executes."""
    lines = 0

    def count(_frame: FrameType, event: str, _argument: Any, /) -> Any:
        nonlocal lines
        lines += event == "line"
        return count

    before = sys.gettrace()
    sys.settrace(count)
    try:
        work()
    finally:
        sys.settrace(before)
    return lines


@pytest.mark.parametrize("piece", HOSTILE)
def test_hostile_text_takes_steps_in_proportion_to_its_length(piece: str) -> None:
    short, long = piece * (600 // len(piece)), piece * (2400 // len(piece))

    steps = steps_of(lambda: to_html(short, READING))

    assert steps_of(lambda: to_html(long, READING)) <= 5 * steps + 2000


@pytest.mark.parametrize("piece", HOSTILE)
def test_hostile_text_of_any_length_ends(piece: str) -> None:
    """Rendering with quadratic cost would not finish here."""
    text = piece * (10_000 // len(piece))

    checked(to_html(text, READING))
    checked(line_to_html(text, READING))
    is_jumbo(text + "a")


LINK = '<a href="{0}" target="_blank" rel="noopener noreferrer nofollow" title="{0}">{1}</a>'


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("**b** *i* _i_ __u__ ~~s~~", "<strong>b</strong> <em>i</em> <em>i</em> <u>u</u> <s>s</s>"),
        ("***bi*** __*ui*__", "<em><strong>bi</strong></em> <u><em>ui</em></u>"),
        ("*a **b***", "<em>a <strong>b</strong></em>"),
        ("**a\nb**", "<strong>a\nb</strong>"),
        ("2 * 3 * 4, snake_case_name, *not this *", "2 * 3 * 4, snake_case_name, *not this *"),
        ("**open __open ~~open ||open `open", "**open __open ~~open ||open `open"),
        (r"\*x\* \# \<@1> \\", r"*x* # &lt;@1&gt; " + "\\"),
        ("`**x**` `` a`b `` ``` `x` ```", "<code>**x**</code> <code> a`b </code> " + "{block}"),
        ("a `b", "a `b"),
    ],
)
def test_marks_within_a_line(text: str, html: str) -> None:
    block = '<div class="code-block"><pre tabindex="0"><code> `x` </code></pre></div>'

    assert to_html(text, READING) == html.replace("{block}", block)


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("# A\n## B\n### C\n#### D\n #E", "<h3>A</h3><h4>B</h4><h5>C</h5>#### D\n #E"),
        ("-# small **b**\nnext", "<small>small <strong>b</strong></small>next"),
        ("#no\n-#no\n1.no\n-no\n>no", "#no\n-#no\n1.no\n-no\n&gt;no"),
        ("> a\n> **b**\nout", "<blockquote>a\n<strong>b</strong></blockquote>out"),
        ("before\n>>> a\n> b\n- c", "before\n<blockquote>a\n&gt; b\n<ul><li>c</li></ul></blockquote>"),
        (
            "- a\n  - b\n    1. c\n- d",
            '<ul><li>a\n<ul><li>b\n<ol start="1"><li>c</li></ol></li></ul></li><li>d</li></ul>',
        ),
        ("* a\n more\n\n* b\nend", "<ul><li>a\nmore</li><li>b</li></ul>end"),
        ("7. x\n7. y", '<ol start="7"><li>x</li><li>y</li></ol>'),
        ("- # A", "<ul><li><h3>A</h3></li></ul>"),
    ],
)
def test_blocks(text: str, html: str) -> None:
    drawn = str(to_html(text, READING))
    for more in (' dir="auto"', ' class="heading-1"', ' class="heading-2"', ' class="heading-3"', ' class="subtext"'):
        drawn = drawn.replace(more, "")

    assert drawn == html


def test_code_blocks_name_their_language_and_take_the_line_after_them() -> None:
    drawn = to_html("x ```py\n\nif a < b:\n    pass\n\n```\ny", READING)

    assert drawn == (
        'x <div class="code-block"><span class="code-language">py</span><pre tabindex="0"><code>if a &lt; b:\n    pass'
        "</code></pre></div>y"
    )


@pytest.mark.parametrize(
    ("code", "html"),
    [
        ("diff\n+ <a>\n- b\n c", '<span class="is-added">+ &lt;a&gt;</span>\n<span class="is-removed">- b</span>\n c'),
        (
            "ansi\n\x1b[1;31mred\x1b[0m <b>\x1b[4m\x1b[99mx",
            '<span class="is-bold ansi-31">red</span> &lt;b&gt;<span class="is-underlined">x</span>',
        ),
        ("js\n+ a", "+ a"),
    ],
)
def test_a_diff_and_ansi_are_coloured(code: str, html: str) -> None:
    assert f"<code>{html}</code>" in to_html(f"```{code}```", READING)


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("(https://a.b/c_(d)).", f"({LINK.format('https://a.b/c_(d)', 'https://a.b/c_(d)')})."),
        ("<https://a.b?x=1&y=2>", LINK.format("https://a.b?x=1&amp;y=2", "https://a.b?x=1&amp;y=2")),
        ("[l **b**](<https://a.b/(c)>)", LINK.format("https://a.b/(c)", "l <strong>b</strong>")),
        ("[x](https://a.b 'tip')", LINK.format("https://a.b", "x").replace('title="https://a.b"', 'title="tip"')),
        ("[x](discord://-/channels/1)", LINK.format("discord://-/channels/1", "x")),
        ("[x](javascript:alert(1))", "[x](javascript:alert(1))"),
        ("[x](data://text/html,1)", "[x](data://text/html,1)"),
        ("[https://good.example](https://bad.example)", None),
        ("[ ](https://a.b)", None),
    ],
)
def test_links_go_only_where_they_say(text: str, html: str | None) -> None:
    drawn = to_html(text, READING)

    if html is None:
        assert drawn.startswith("[")
    else:
        assert drawn == html


def test_mentions_are_names() -> None:
    room, voice = COMMUNITY.room("study-log").channel, COMMUNITY.room("Library").channel
    role = COMMUNITY.ranks[2]
    text = f"<@{COMMUNITY.member('joonseo').user}> <@!1> <@&{role.role}> <@&1> <#{room}> <#{voice}> <#1> @here"

    assert checked(to_html(text, READING)) == (
        "@준서 (수능 D-30) @unknown-user @Moderator @unknown-role study-log Library #unknown @here"
    )
    assert f'href="/?as=ada&amp;guild={GUILD}&amp;channel={room}' in to_html(f"<#{room}>", READING)
    assert 'data-command="77" data-path="my timezone">/my timezone<' in to_html("</my timezone:77>", READING)
    assert checked(to_html("<id:customize> <id:linked-roles:5> <id:x>", READING)) == (
        "Channels & Roles Linked Roles <id:x>"
    )


def test_a_title_shows_marks_and_times_but_no_mentions() -> None:
    assert checked(line_to_html("**T** <@1> <#1> @everyone\n# x", READING)) == "T <@1> <#1> @everyone\n# x"
    assert "<time" in line_to_html("<t:0>", READING)


@pytest.mark.parametrize(
    ("seat", "texts"),
    [
        (
            reading("wilhelmina"),  # Adelaide, en-GB
            {
                "t": "22:50",
                "T": "22:50:45",
                "d": "20/04/2021",
                "D": "20 April 2021",
                "f": "20 April 2021 at 22:50",
                "F": "Tuesday, 20 April 2021 at 22:50",
                "s": "20/04/2021, 22:50",
                "S": "20/04/2021, 22:50:45",
                "R": "6 years ago",
            },
        ),
        (reading("mina"), {"t": "오후 10:20", "D": "2021년 4월 20일", "R": "6년 전"}),
        (reading("mina", locale="en-US"), {"t": "10:20\u202fPM", "d": "4/20/2021"}),
        (reading("noam"), {"D": "20 באפריל 2021", "R": "לפני 6 שנים"}),
    ],
)
def test_times_are_told_in_the_zone_and_language_of_the_reader(seat: Reading, texts: dict[str, str]) -> None:
    told = {style: checked(to_html(f"<t:1618924845:{style}>", seat)) for style in texts}

    assert told == texts


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "in 0 seconds"),
        (59, "in 59 seconds"),
        (89, "in 1 minute"),
        (3570, "in 1 hour"),
        (86_400 * 20, "in 20 days"),
        (-86_400 * 45, "1 month ago"),
        (-86_400 * 400, "1 year ago"),
        (-86_400 * 900, "2 years ago"),
    ],
)
def test_how_long_ago_is_rounded_to_one_unit(seconds: int, text: str) -> None:
    assert checked(to_html(f"<t:{int(NOW.timestamp()) + seconds}:R>", READING)) == text


def test_a_time_that_no_calendar_has_stays_as_it_is_written() -> None:
    assert checked(to_html("<t:999999999999999> <t:-99999999999999>", READING)) == (
        "<t:999999999999999> <t:-99999999999999>"
    )


def test_everyone_is_a_mention_only_when_they_are_told() -> None:
    quiet = Reading(READING.seat, READING.world, NOW)

    assert to_html("@everyone", READING) == '<span class="mention">@everyone</span>'
    assert to_html("@everyone", quiet) == "@everyone"


def test_a_few_emoji_alone_are_large() -> None:
    assert is_jumbo("👍🏽 🇰🇷\n<a:wave:12>👨‍👩‍👧")
    assert not is_jumbo("👍 ok")
    assert not is_jumbo("")
    assert not is_jumbo("👍" * 31)


def test_the_depth_of_lists_has_an_end() -> None:
    text = "\n".join(f"{'  ' * depth}- {depth}" for depth in range(30))

    assert to_html(text, READING).count("<ul>") == 11
