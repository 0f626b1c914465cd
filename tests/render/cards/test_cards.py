import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date, timedelta
from io import BytesIO
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageChops, ImageStat

from core.enums import DayStatus, Language, LeaderboardMetric, LeaderboardPeriod
from core.i18n import translator_for
from render.cards import leaderboards, profiles
from render.cards.leaderboards import BoardRow, LeaderboardCard
from render.cards.profiles import ProfileCard
from render.cards.streaks import calendar
from render.cards.streaks.calendar import StreakCalendar
from render.cards.streaks.day_status import CalendarDay
from render.number_text import common_px, write_number
from render.samples.__main__ import main
from render.samples.cards import Sample, portrait, samples
from render.text.fonts import shaping_is_complete

PICTURES = Path(__file__).parent / "pictures"
REDRAW = "LYCEUM_REDRAW"  # set it to accept the current output, then check every image
ENGLISH = [sample for sample in samples() if sample.language is Language.EN]
WORDS = translator_for(Language.EN)
PROFILE = next(sample.card for sample in ENGLISH if isinstance(sample.card, ProfileCard))
SIZES = {ProfileCard: (960, 640), StreakCalendar: (960, 720), LeaderboardCard: (960, 720)}


@pytest.mark.skipif(not shaping_is_complete(), reason="the system has no FriBidi library, so letters stand differently")
@pytest.mark.parametrize("sample", ENGLISH, ids=lambda sample: sample.name)
def test_cards_look_as_they_were_accepted(sample: Sample, tmp_path: Path) -> None:
    golden = PICTURES / f"{sample.name.replace(' ', '_')}.png"
    drawn = sample.draw()
    if os.environ.get(REDRAW):
        golden.write_bytes(drawn)
    (tmp_path / golden.name).write_bytes(drawn)

    accepted, now = (Image.open(BytesIO(data)).convert("RGB") for data in (golden.read_bytes(), drawn))
    difference = ImageChops.difference(accepted, now).convert("L")

    # Other FreeType and zlib versions may shade an edge differently; a moved word changes far more.
    assert ImageStat.Stat(difference).mean[0] < 0.15, f"compare {golden} with {tmp_path / golden.name}"
    assert sum(difference.histogram()[64:]) < 200, f"compare {golden} with {tmp_path / golden.name}"


@pytest.mark.parametrize("sample", samples(), ids=lambda sample: sample.name)
def test_cards_keep_size_weight_and_words_within_limits(sample: Sample) -> None:
    drawn = sample.draw()

    with Image.open(BytesIO(drawn)) as picture:
        assert (picture.format, picture.size) == ("PNG", SIZES[type(sample.card)])
    assert len(drawn) < 150_000
    assert 0 < len(sample.alt()) <= 1024


@pytest.mark.parametrize("sample", ENGLISH[::3], ids=lambda sample: sample.name)
def test_the_same_card_gives_the_same_bytes(sample: Sample) -> None:
    assert sample.draw() == sample.draw()


@pytest.mark.parametrize("sample", samples()[::4], ids=lambda sample: sample.name)
def test_cards_can_be_kept_by_their_content(sample: Sample) -> None:
    assert hash(sample.card) == hash(replace(sample.card))


def test_noise_for_avatars_still_gives_a_light_board() -> None:
    noise = [Image.effect_noise((128, 128), 120).convert("RGB") for _ in range(11)]
    pictures = {f"{index}": _png(picture) for index, picture in enumerate(noise)}
    rows = tuple(BoardRow(index + 1, "한글 이름 " * 3, f"{index}", "1,000 h 59 min", 0.9) for index in range(10))
    card = LeaderboardCard(
        "Guild", LeaderboardMetric.FOCUS, LeaderboardPeriod.ALL, rows, replace(rows[0], rank=99, avatar="10"), 3, 9
    )

    assert len(leaderboards.draw(card, t=WORDS, avatars=pictures)) < 150_000


def test_alt_text_of_the_longest_names_stays_within_limits() -> None:
    rows = tuple(BoardRow(10_000 + index, "👨‍👩‍👧‍👦" * 100, None, "999,999 h 59 min", 1.0) for index in range(10))
    board = LeaderboardCard("夜" * 100, LeaderboardMetric.FOCUS, LeaderboardPeriod.MONTH, rows, rows[0], 1000, 1000)

    for language in Language:
        t = translator_for(language)
        assert len(leaderboards.alt(board, t=t)) <= 1024
        assert len(profiles.alt(replace(PROFILE, name="W" * 4000, guild_name="W" * 4000), t=t)) <= 1024


def test_alt_text_says_what_the_profile_shows() -> None:
    assert profiles.alt(PROFILE, t=WORDS) == (
        "Profile of 김민아 Mina in Lyceum Commons: level 4, 312 XP. Studied 3 h 20 min today, 18 h 5 min this week, "
        "312 h 15 min in all. Streak: 27 days, longest 45 days."
    )


def test_alt_text_says_what_the_calendar_shows() -> None:
    card = next(sample.card for sample in ENGLISH if isinstance(sample.card, StreakCalendar))

    assert calendar.alt(card, t=WORDS) == (
        "Streak calendar of 김민아 Mina, October 2026. Streak: 8 days, longest 45 days. 17 active days this month. "
        "2 protected days. Today is still open."
    )


def test_alt_text_says_what_the_board_shows() -> None:
    row = BoardRow(1, "Mina", None, "3 h", 1.0)
    card = LeaderboardCard(
        "Commons", LeaderboardMetric.XP, LeaderboardPeriod.TODAY, (row,), replace(row, rank=12, name="Noah"), 1, 2
    )

    assert leaderboards.alt(card, t=WORDS) == (
        "Leaderboard of Commons: XP, Today, page 1 of 2. 1. Mina, 3 h; 12. Noah, 3 h"
    )
    assert leaderboards.alt(replace(card, rows=(), viewer_row=None), t=WORDS).endswith("Nobody is here yet.")


def test_a_name_that_cannot_be_seen_is_drawn_and_told_as_no_name() -> None:
    unseen, unnamed = (replace(PROFILE, name=name, guild_name="Commons") for name in ("\u3164\u0301", "–"))

    assert profiles.draw(unseen, t=WORDS, avatars={}) == profiles.draw(unnamed, t=WORDS, avatars={})
    assert profiles.alt(unseen, t=WORDS).startswith("Profile of – in Commons:")
    assert profiles.alt(replace(unseen, guild_name="\u2800"), t=WORDS).startswith("Profile of – in –:")


@pytest.mark.parametrize("mark", list(DayStatus))
def test_every_kind_of_day_looks_different_in_grey(mark: DayStatus) -> None:
    first = date(2026, 10, 1)

    def month(kind: DayStatus) -> Image.Image:
        days = (CalendarDay(first + timedelta(days=6), kind, 500),)
        card = StreakCalendar("Mina", first, first + timedelta(days=20), days, 0, None, 0, None)
        drawn = Image.open(BytesIO(calendar.draw(card, t=WORDS, avatars={})))
        return drawn.convert("L").crop((280, 216, 440, 640))

    for other in set(DayStatus) - {mark}:
        assert ImageStat.Stat(ImageChops.difference(month(mark), month(other))).sum[0] > 2000


def test_a_run_that_a_vacation_carried_shines_in_the_months_that_it_reaches_back_to() -> None:
    first = date(2026, 10, 1)
    days = (
        CalendarDay(date(2026, 10, 19), DayStatus.ACTIVE, 4000),
        *(CalendarDay(date(2026, 10, day), DayStatus.PROTECTED) for day in range(20, 32)),
    )
    alive = StreakCalendar("Mina", first, date(2026, 11, 11), days, 2, date(2026, 10, 19), 2, None)

    shining = calendar.draw(alive, t=WORDS, avatars={})
    over = calendar.draw(replace(alive, alive_since=date(2026, 11, 11)), t=WORDS, avatars={})

    assert shining != over


def test_a_day_of_today_is_marked() -> None:
    first = date(2026, 10, 1)
    card = StreakCalendar("Mina", first, first, (CalendarDay(first, DayStatus.ACTIVE, 4000),), 1, first, 1, None)

    today = calendar.draw(card, t=WORDS, avatars={})
    later = calendar.draw(replace(card, today=first + timedelta(days=9)), t=WORDS, avatars={})

    assert today != later


@pytest.mark.parametrize(
    "month", [date(2026, 2, 1), date(2026, 8, 1), date(2026, 10, 1), date(2027, 2, 1), date(2028, 2, 1)]
)
def test_months_of_four_to_six_weeks_fit(month: date) -> None:
    days = tuple(CalendarDay(month + timedelta(days=index), DayStatus.ACTIVE, 9000) for index in range(28))
    card = StreakCalendar("Mina", month, month + timedelta(days=27), days, 28, month, 28, None)

    assert calendar.draw(card, t=WORDS, avatars={}).startswith(b"\x89PNG")


@given(
    name=st.text(max_size=40),
    guild=st.text(max_size=100),
    xp=st.integers(0, 10**7),
    seconds=st.integers(0, 4 * 10**9),
    streak=st.integers(0, 10_000),
    tint=st.integers(0, 2**63),
    language=st.sampled_from(Language),
)
@settings(max_examples=25, deadline=None)
def test_any_name_and_number_can_be_drawn(
    name: str, guild: str, xp: int, seconds: int, streak: int, tint: int, language: Language
) -> None:
    card = replace(
        PROFILE, name=name, guild_name=guild, xp=xp, focus_total_s=seconds, streak_days=streak, tint=tint, avatar=None
    )

    assert len(profiles.draw(card, t=translator_for(language), avatars={})) < 150_000


@pytest.mark.parametrize("language", list(Language))
@pytest.mark.parametrize("seconds", [0, 59 * 60, 3600, 999_999 * 3600, 999_999 * 3600 + 59 * 60])
def test_figures_are_never_wider_than_their_room(seconds: int, language: Language) -> None:
    t = translator_for(language)
    canvas = Image.new("RGB", (400, 80))

    size_px = common_px(("1 day", t.duration(seconds)), t, size_px=46, max_width=164)
    taken = write_number(canvas, (0, 60), t.duration(seconds), t, size_px=size_px, colour=(255, 255, 255))

    assert taken <= 164


def test_cards_come_out_the_same_from_many_threads() -> None:
    alone = [sample.draw() for sample in ENGLISH]

    with ThreadPoolExecutor(8) as pool:
        together = list(pool.map(Sample.draw, ENGLISH * 3))

    assert together == alone * 3


def test_a_portrait_shows_its_picture() -> None:
    without = profiles.draw(replace(PROFILE, avatar="gone"), t=WORDS, avatars={"mina": portrait(0)})
    pictured = profiles.draw(replace(PROFILE, avatar="mina"), t=WORDS, avatars={"mina": portrait(0)})

    assert without != pictured


def test_the_sheet_is_written_where_asked(tmp_path: Path) -> None:
    assert main([str(tmp_path / "new" / "sheet.png")]) == 0
    assert main([]) == 2
    with Image.open(tmp_path / "new" / "sheet.png") as sheet:
        assert sheet.width > 3000


def _png(picture: Image.Image) -> bytes:
    file = BytesIO()
    picture.save(file, "PNG")
    return file.getvalue()
