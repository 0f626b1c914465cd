"""Translates messages and formats numbers, durations and dates in the four supported languages."""

import gettext
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from pathlib import Path
from typing import Final

from core.enums import Language

LOCALES: Final = Path(__file__).parent / "locales"
DOMAIN: Final = "lyceum"  # the gettext domain: the file name of the catalogues

# Discord's locales for each supported language; discord.com/developers/docs/reference#locales
DISCORD_LOCALES: Final[dict[Language, tuple[str, ...]]] = {
    Language.EN: ("en-US", "en-GB"),
    Language.KO: ("ko",),
    Language.ES: ("es-ES", "es-419"),
    Language.ZH_TW: ("zh-TW",),
}
_LANGUAGE_OF_LOCALE: Final = {locale: language for language, locales in DISCORD_LOCALES.items() for locale in locales}
_CLDR: Final = {Language.EN: "en", Language.KO: "ko", Language.ES: "es", Language.ZH_TW: "zh_Hant_TW"}
_NAMES: Final = {Language.EN: "English", Language.KO: "한국어", Language.ES: "Español", Language.ZH_TW: "繁體中文"}


@dataclass(frozen=True, slots=True)
class Translator:
    """Translates and formats in one language. Cheap to create, hash and pickle."""

    language: Language

    def __call__(self, message: str, /, **facts: object) -> str:
        """`message` translated, with its `{named}` parameters filled in."""
        text = _catalogue(self.language).gettext(message)
        return text.format(**facts) if facts else text

    def plural(self, one: str, many: str, count: int, /, **facts: object) -> str:
        """The plural form for `count`, translated; `{count}` becomes the number in this language's format."""
        text = _catalogue(self.language).ngettext(one, many, count)
        return text.format(count=self.number(count), **facts)

    def context(self, context: str, message: str, /) -> str:
        """`message` translated in a gettext context, such as the name of a command."""
        return _catalogue(self.language).pgettext(context, message)

    def number(self, value: int) -> str:
        """A whole number with this language's separators: 12,345 or 12.345."""
        if -1000 < value < 1000:  # noqa: PLR2004 - no language separates thousands below it
            return str(value)
        from babel.numbers import format_decimal  # noqa: PLC0415 - Babel takes 60 ms, not needed for the first response

        return format_decimal(value, locale=_CLDR[self.language])

    def days(self, count: int) -> str:
        """A number of days: 1 day, 12 days."""
        return self.plural("{count} day", "{count} days", count)

    def duration(self, seconds: int) -> str:
        """Hours and whole minutes, rounded down: 3 h 20 min, 45 min, 0 min."""
        hours, minutes = divmod(seconds // 60, 60)
        if not hours:
            return self("{minutes} min", minutes=minutes)
        if not minutes:
            return self("{hours} h", hours=self.number(hours))
        return self("{hours} h {minutes} min", hours=self.number(hours), minutes=minutes)

    def month(self, day: date) -> str:
        """Month and year of `day`: October 2026."""
        from babel.dates import format_skeleton  # noqa: PLC0415 - as above

        return format_skeleton("yMMMM", day, locale=_CLDR[self.language])

    def date(self, day: date) -> str:
        """`day` with the month as a word: Nov 21, 2026."""
        from babel.dates import format_date  # noqa: PLC0415 - as above

        return format_date(day, format="medium", locale=_CLDR[self.language])

    def weekdays(self) -> tuple[str, ...]:
        """Short names of the seven weekdays, Monday first."""
        from babel.dates import get_day_names  # noqa: PLC0415 - as above

        names = get_day_names("abbreviated", context="stand-alone", locale=_CLDR[self.language])
        return tuple(names[day] for day in range(7))

    def name(self) -> str:
        """The language's own name for itself."""
        return _NAMES[self.language]


@lru_cache(maxsize=len(Language))
def translator_for(language: Language) -> Translator:
    """The translator for `language`."""
    return Translator(language)


def language_of(locale: str | None) -> Language | None:
    """The supported language of a Discord locale; None for other locales."""
    return _LANGUAGE_OF_LOCALE.get(locale or "")


def language_for(*locales: str | None) -> Language:
    """The language of the first locale that is supported; English when none is."""
    for each in locales:
        if language := language_of(each):
            return language
    return Language.EN


def discord_timestamp(moment: datetime, style: str = "t") -> str:
    """Discord's timestamp markup, which each reader sees in their own time zone.

    Source: discord.com/developers/docs/reference#message-formatting-timestamp-styles
    """
    return f"<t:{int(moment.timestamp())}:{style}>"


@lru_cache(maxsize=len(Language))
def _catalogue(language: Language) -> gettext.NullTranslations:
    # The messages in the code are English, so English needs no catalogue.
    return gettext.translation(DOMAIN, LOCALES, [language.value.replace("-", "_")], fallback=language is Language.EN)
