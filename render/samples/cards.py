"""Sample data for every card (empty, typical and extreme content), for tests and the contact sheet."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from functools import cache
from io import BytesIO
from typing import Final

from PIL import Image, ImageDraw

from core.enums import DayStatus, Language, LeaderboardMetric, LeaderboardPeriod, ProtectionKind
from core.i18n import Translator, translator_for
from render.cards import leaderboards, profiles
from render.cards.leaderboards import BoardRow, LeaderboardCard
from render.cards.profiles import ProfileCard
from render.cards.streaks import calendar
from render.cards.streaks.calendar import StreakCalendar
from render.cards.streaks.day_status import CalendarDay

TODAY: Final = date(2026, 10, 23)
HOUR: Final = 3600
FANCY: Final = "\U0001d4ef\U0001d4ea\U0001d4f7\U0001d4ec\U0001d502"  # a word in mathematical letters
MINA: Final = 175928847299117063

Card = ProfileCard | StreakCalendar | LeaderboardCard


@dataclass(frozen=True, slots=True)
class Sample:
    """A card with its sample name and the translator of its language."""

    name: str
    card: Card
    language: Language = Language.EN
    avatars: dict[str, bytes] = field(default_factory=dict[str, bytes])

    def draw(self) -> bytes:
        """Render the card as PNG bytes."""
        t = translator_for(self.language)
        match self.card:
            case ProfileCard():
                return profiles.draw(self.card, t=t, avatars=self.avatars)
            case StreakCalendar():
                return calendar.draw(self.card, t=t, avatars=self.avatars)
            case LeaderboardCard():
                return leaderboards.draw(self.card, t=t, avatars=self.avatars)

    def alt(self) -> str:
        """Alt text of the card."""
        t = translator_for(self.language)
        match self.card:
            case ProfileCard():
                return profiles.alt(self.card, t=t)
            case StreakCalendar():
                return calendar.alt(self.card, t=t)
            case LeaderboardCard():
                return leaderboards.alt(self.card, t=t)


@cache
def portrait(seed: int) -> bytes:
    """A generated avatar, PNG of 128 px: hills under a sun."""
    sky, ground, sun = _SCENES[seed % len(_SCENES)]
    picture = Image.new("RGB", (128, 128))
    pen = ImageDraw.Draw(picture)
    for y in range(128):
        share = y / 127
        pen.line((0, y, 127, y), fill=tuple(round(a + (b - a) * share) for a, b in zip(sky, ground, strict=True)))
    x = 34 + seed * 17 % 60
    pen.ellipse((x, 26, x + 36, 62), fill=sun)
    dark = tuple(value // 3 for value in ground)
    darker = tuple(value // 5 for value in ground)
    pen.polygon([(0, 128), (0, 92), (30, 70 + seed % 9), (62, 98), (100, 66), (128, 90), (128, 128)], fill=dark)
    pen.polygon([(0, 128), (0, 110), (44, 96), (90, 114), (128, 100), (128, 128)], fill=darker)
    file = BytesIO()
    picture.save(file, "PNG")
    return file.getvalue()


_SCENES: Final = (
    ((38, 42, 92), (232, 142, 110), (255, 226, 168)),
    ((24, 62, 88), (120, 196, 190), (240, 248, 220)),
    ((70, 40, 90), (220, 120, 160), (255, 210, 220)),
    ((30, 50, 40), (170, 190, 110), (250, 240, 180)),
    ((20, 24, 48), (90, 110, 190), (230, 236, 255)),
)


def month_of_days(month: date, pattern: str, *, until: date = TODAY) -> tuple[CalendarDay, ...]:
    """Calendar days from a string with one letter per day up to today; see `_LETTERS`."""
    days: list[CalendarDay] = []
    day = month
    for letter in pattern:
        days.append(CalendarDay(day, *_LETTERS[letter]))
        day += timedelta(days=1)
    while day.month == month.month:
        days.append(CalendarDay(day, DayStatus.FUTURE if day > until else DayStatus.MISSED))
        day += timedelta(days=1)
    return tuple(days)


_LETTERS: Final[dict[str, tuple[DayStatus, int, ProtectionKind | None]]] = {
    ".": (DayStatus.NOT_A_MEMBER, 0, None),
    "-": (DayStatus.MISSED, 0, None),
    "u": (DayStatus.BELOW_THRESHOLD, 540, None),
    "1": (DayStatus.ACTIVE, 1500, None),
    "2": (DayStatus.ACTIVE, HOUR + 900, None),
    "3": (DayStatus.ACTIVE, 3 * HOUR, None),
    "4": (DayStatus.ACTIVE, 6 * HOUR, None),
    "f": (DayStatus.PROTECTED, 0, ProtectionKind.FREEZE),
    "v": (DayStatus.PROTECTED, 0, ProtectionKind.VACATION),
    "t": (DayStatus.PROTECTED, 0, ProtectionKind.TRAVEL),
    "g": (DayStatus.PROTECTED, 0, ProtectionKind.GRANT),
    "r": (DayStatus.PROTECTED, 0, ProtectionKind.REPAIR),
    "p": (DayStatus.PROTECTED, 0, None),
    "o": (DayStatus.TODAY_OPEN, 0, None),
    "O": (DayStatus.TODAY_OPEN, 560, None),
}


def _four_weeks(*hours: float) -> tuple[tuple[date, int], ...]:
    days = [hours[slot % len(hours)] for slot in range(28)] if hours else []
    return tuple((TODAY - timedelta(days=27 - slot), round(value * HOUR)) for slot, value in enumerate(days))


def _profiles() -> list[Sample]:
    mina = ProfileCard(
        name="김민아 Mina",
        guild_name="Lyceum Commons",
        avatar="mina",
        level=4,
        xp=312,
        floor_xp=250,
        next_xp=400,
        focus_total_s=312 * HOUR + 900,
        today_s=3 * HOUR + 20 * 60,
        week_s=18 * HOUR + 5 * 60,
        streak_days=27,
        longest_days=45,
        rank=3,
        days=_four_weeks(2.5, 1.2, 4, 0.2, 3.1, 5.5, 2.2, 0, 1.8, 2.9, 3.35),
        threshold_s=900,
        tint=MINA,
    )
    fresh = ProfileCard(
        name="Noah",
        guild_name="Lyceum Commons",
        avatar=None,
        level=1,
        xp=0,
        floor_xp=0,
        next_xp=100,
        focus_total_s=0,
        today_s=0,
        week_s=0,
        streak_days=0,
        longest_days=0,
        rank=None,
        days=(),
        threshold_s=900,
        tint=5,
    )
    legend = ProfileCard(
        name="W" * 32,
        guild_name="The Very Long Name of a Reading Circle That Meets at Night",
        avatar="legend",
        level=10,
        xp=999_999,
        floor_xp=2000,
        next_xp=None,
        focus_total_s=999_999 * HOUR,
        today_s=23 * HOUR + 59 * 60,
        week_s=111 * HOUR + 59 * 60,
        streak_days=1000,
        longest_days=1000,
        rank=12_345,
        days=_four_weeks(14, 15.9, 16, 12.5, 13),
        threshold_s=900,
        tint=2,
    )
    first_day = ProfileCard(
        name="مينا النجار",
        guild_name="مكتبة الليل",
        avatar=None,
        level=1,
        xp=0,
        floor_xp=0,
        next_xp=100,
        focus_total_s=25 * 60,
        today_s=25 * 60,
        week_s=25 * 60,
        streak_days=1,
        longest_days=1,
        rank=14,
        days=((TODAY, 25 * 60),),
        threshold_s=900,
        tint=7,
    )
    top = ProfileCard(
        name=f"{FANCY} ✧ 小夜 🦉",
        guild_name="夜間圖書館",
        avatar="owl",
        level=10,
        xp=2345,
        floor_xp=2000,
        next_xp=None,
        focus_total_s=2345 * HOUR,
        today_s=8 * 60,
        week_s=9 * HOUR + 48 * 60,
        streak_days=11,
        longest_days=212,
        rank=1,
        days=_four_weeks(0, 1.1, 2.4, 3.8, 0.1, 2.2),
        threshold_s=900,
        tint=3,
    )
    pictures = {"mina": portrait(0), "legend": portrait(2), "owl": portrait(4)}
    return [
        Sample("profile typical", mina, avatars=pictures),
        Sample("profile first day", first_day),
        Sample("profile empty", fresh),
        Sample("profile extreme", legend, avatars=pictures),
        Sample("profile ko", mina, Language.KO, pictures),
        Sample("profile es", mina, Language.ES, pictures),
        Sample("profile extreme es", legend, Language.ES, pictures),
        Sample("profile zh-TW", top, Language.ZH_TW, pictures),
    ]


def _calendars() -> list[Sample]:
    october = date(2026, 10, 1)
    typical = StreakCalendar(
        "김민아 Mina",
        october,
        TODAY,
        month_of_days(october, "132-u234f2334-13v41231O"),
        8,
        date(2026, 10, 15),
        45,
        "mina",
        MINA,
    )
    done = StreakCalendar(
        "שרה כהן", october, TODAY, month_of_days(october, ".....1u-12tt34-u214gr43"), 5, date(2026, 10, 17), 6, None, 6
    )
    first = StreakCalendar("Noah", october, TODAY, month_of_days(october, "." * 22 + "o"), 0, None, 0, None, 5)
    full = StreakCalendar(
        "W" * 32,
        date(2026, 8, 1),
        TODAY,
        month_of_days(date(2026, 8, 1), "4444444444444444444444444444444"),
        1000,
        date(2024, 1, 29),
        1000,
        "legend",
        2,
    )
    short = StreakCalendar(
        "สมชาย ใจดี 🌿",
        date(2027, 2, 1),
        date(2027, 2, 28),
        month_of_days(date(2027, 2, 1), "12f41--3211u-1234fv-2341r312"),
        7,
        date(2027, 2, 21),
        30,
        None,
        3,
    )
    pictures = {"mina": portrait(0), "legend": portrait(2)}
    return [
        Sample("calendar typical", typical, avatars=pictures),
        Sample("calendar today done", done),
        Sample("calendar empty", first),
        Sample("calendar extreme", full, avatars=pictures),
        Sample("calendar ko", typical, Language.KO, pictures),
        Sample("calendar es", full, Language.ES, pictures),
        Sample("calendar four weeks", short),
        Sample("calendar zh-TW", short, Language.ZH_TW, pictures),
    ]


_NAMES: Final = (
    "김민아 Mina",
    "مينا النجار",
    "נועה לוי",
    "สมชาย ใจดี",
    "आरव शर्मा",
    "さくら 🌸",
    "陳怡君",
    "W" * 32,
    f"{FANCY} letters",
    "🐼👩🏽‍🚀🇰🇷",
)


def _rows(first: int, value: Callable[[int], tuple[str, float]], viewer: int | None) -> tuple[BoardRow, ...]:
    rows: list[BoardRow] = []
    for index, name in enumerate(_NAMES):
        text, share = value(index)
        avatar = f"{index}" if index % 3 != 1 else None
        rows.append(BoardRow(first + index, name, avatar, text, share, index == viewer, tint=index * 5 + 1))
    return tuple(rows)


def _boards() -> list[Sample]:
    def hours(t: Translator) -> Callable[[int], tuple[str, float]]:
        return lambda index: (t.duration(round(312 * HOUR * 0.82**index) + index * 700), 0.82**index)

    def days(t: Translator) -> Callable[[int], tuple[str, float]]:
        return lambda index: (t.days(1000 - index * 111), 1 - index * 0.111)

    english, korean, spanish, chinese = (translator_for(language) for language in Language)
    pictures = {f"{index}": portrait(index) for index in range(10)}
    first = LeaderboardCard(
        "Lyceum Commons", LeaderboardMetric.FOCUS, LeaderboardPeriod.WEEK, _rows(1, hours(english), 4), None, 1, 3
    )
    viewer = BoardRow(1_234, "김민아 Mina", "0", english.duration(3 * HOUR), 0.01, is_viewer=True, tint=MINA)
    far = LeaderboardCard(
        "Lyceum Commons",
        LeaderboardMetric.FOCUS,
        LeaderboardPeriod.ALL,
        _rows(561, hours(english), None),
        viewer,
        57,
        1_057,
    )
    empty = LeaderboardCard("Lyceum Commons", LeaderboardMetric.XP, LeaderboardPeriod.TODAY, (), None, 1, 1)
    few = LeaderboardCard(
        "夜間圖書館", LeaderboardMetric.STREAK, LeaderboardPeriod.ALL, _rows(1, days(chinese), 1)[:3], None, 1, 1
    )
    own = replace(viewer, value_text=korean.duration(3 * HOUR))
    in_korean = LeaderboardCard(
        "밤의 도서관", LeaderboardMetric.FOCUS, LeaderboardPeriod.MONTH, _rows(1, hours(korean), None), own, 1, 12
    )
    in_spanish = LeaderboardCard(
        "Biblioteca de noche", LeaderboardMetric.STREAK, LeaderboardPeriod.ALL, _rows(1, days(spanish), 9), None, 1, 2
    )
    return [
        Sample("board typical", first, avatars=pictures),
        Sample("board far page", far, avatars=pictures),
        Sample("board empty", empty),
        Sample("board few zh-TW", few, Language.ZH_TW, pictures),
        Sample("board ko", in_korean, Language.KO, pictures),
        Sample("board es", in_spanish, Language.ES, pictures),
        Sample("board empty ko", empty, Language.KO),
        Sample("board empty es", empty, Language.ES),
    ]


def samples() -> list[Sample]:
    """All samples, grouped by kind of card."""
    return [*_profiles(), *_calendars(), *_boards()]
