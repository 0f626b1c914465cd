"""Generates additional users for simulated evenings; the same number always gives the same user."""

from datetime import UTC, datetime, timedelta
from random import Random
from typing import Final

from core.ids import UserId, snowflake_at
from playground.state.fixtures import Habit, Persona

_GIVEN: Final = {
    "en": ("Ivy", "Theo", "Nora", "Jude", "Maren", "Elif", "Tomasz", "Anouk", "Bram", "Siobhán", "Þóra", "Zoë"),
    "es": ("Valeria", "Iñaki", "Martina", "Joaquín", "Ximena", "Nicolás", "Aitana", "Bruno"),
    "ko": ("서연", "민준", "하은", "도윤", "지우", "예준", "수아", "은우"),
    "ja": ("陽菜", "蓮", "さくら", "湊", "葵", "大翔", "ひなた", "樹"),
    "zh-TW": ("怡君", "家豪", "雅婷", "承恩", "思妤", "宥廷", "詩涵", "柏翰"),
    "ar": ("مريم", "يوسف", "نور", "عمر", "سلمى", "خالد"),
    "he": ("תמר", "איתי", "נועה", "יונתן"),
    "th": ("มะลิ", "ณัฐ", "พลอย", "ธนา"),
    "hi": ("अनन्या", "आरव", "दीया", "कबीर"),
    "uk": ("Оксана", "Юрій", "Леся", "Богдан"),
}
_ZONES: Final = {
    "en": ("Europe/London", "America/New_York", "Australia/Sydney", "America/Chicago", "Europe/Dublin"),
    "es": ("Europe/Madrid", "America/Bogota", "America/Argentina/Buenos_Aires"),
    "ko": ("Asia/Seoul",),
    "ja": ("Asia/Tokyo",),
    "zh-TW": ("Asia/Taipei",),
    "ar": ("Africa/Cairo", "Asia/Riyadh"),
    "he": ("Asia/Jerusalem",),
    "th": ("Asia/Bangkok",),
    "hi": ("Asia/Kolkata",),
    "uk": ("Europe/Kyiv",),
}
_LOCALES: Final = {"en": "en-US", "es": "es-419"}
_MARKS: Final = ("", "", "", "", "", " 📚", " ☕", " 🌱", " ✏️", " (finals)")
_BORN: Final = datetime(2021, 3, 1, 8, tzinfo=UTC)
_WIDE: Final = Habit(19.0, 70, 3.0, ("Deep Work", "Library"))


def newcomer(number: int) -> Persona:
    """The generated user with this number, from 0; deterministic."""
    chance = Random(f"newcomer {number}")  # noqa: S311 - not a secret
    language = chance.choice(list(_GIVEN))
    name = f"{chance.choice(_GIVEN[language])}{chance.choice(_MARKS)}"
    born = _BORN + timedelta(hours=number * 7)
    return Persona(
        UserId(snowflake_at(born, increment=number % 4096)),
        f"guest{number + 1:04d}",
        name,
        chance.choice(_ZONES[language]),
        _LOCALES.get(language, language),
        _WIDE,
        has_avatar=chance.random() < 0.7,  # noqa: PLR2004 - the others have Discord's default avatar
        joined_at=datetime(2026, 6, 1, tzinfo=UTC) + timedelta(minutes=number),
    )
