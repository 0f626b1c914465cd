"""Searches time zones by city, country, abbreviation, UTC offset or current local time, in several languages."""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from importlib.resources import files
from typing import Final, cast
from zoneinfo import ZoneInfo

from core.enums import Language

LIMIT: Final = 25  # Discord's limit of autocomplete choices

# The most populated zones; they come first when several zones match equally well, or when nothing is typed.
_BUSY: Final = (
    *("Asia/Seoul", "Asia/Tokyo", "Asia/Taipei", "Asia/Shanghai", "Asia/Hong_Kong", "Asia/Singapore", "Asia/Kolkata"),
    *("Asia/Dubai", "Europe/Istanbul", "Europe/Berlin", "Europe/Madrid", "Europe/Paris", "UTC", "Europe/London"),
    *("America/Sao_Paulo", "America/Argentina/Buenos_Aires", "America/Bogota", "America/New_York", "America/Chicago"),
    *("America/Mexico_City", "America/Denver", "America/Los_Angeles", "Pacific/Honolulu", "Australia/Sydney"),
    "Pacific/Auckland",
)

# Cities that give no zone its name, but that users type.
_NEARBY: Final = {
    "Africa/Cairo": "Alexandria",
    "Africa/Johannesburg": "Cape Town, Durban, Pretoria",
    "Africa/Lagos": "Abuja, Kano",
    "America/Argentina/Buenos_Aires": "Rosario",
    "America/Bogota": "Medellin, Cali",
    "America/Chicago": "Dallas, Houston, Austin, San Antonio, Minneapolis, New Orleans, St Louis, Milwaukee",
    "America/Denver": "Salt Lake City, Albuquerque",
    "America/Edmonton": "Calgary",
    "America/Guayaquil": "Quito",
    "America/Los_Angeles": "San Francisco, San Diego, Seattle, Las Vegas, Portland, San Jose, Sacramento",
    "America/Mexico_City": "Guadalajara, CDMX, Puebla",
    "America/New_York": "Boston, Washington, Philadelphia, Miami, Atlanta, Georgia, Charlotte, NYC, Orlando",
    "America/Phoenix": "Tucson, Mesa",
    "America/Sao_Paulo": "Rio de Janeiro, Brasilia, Belo Horizonte, Porto Alegre, Curitiba",
    "America/Toronto": "Ottawa, Montreal, Quebec",
    "America/Vancouver": "Victoria",
    "Asia/Dubai": "Abu Dhabi",
    "Asia/Ho_Chi_Minh": "Hanoi, Saigon, Da Nang",
    "Asia/Jakarta": "Bandung",
    "Asia/Jerusalem": "Tel Aviv, Haifa",
    "Asia/Karachi": "Lahore, Islamabad",
    "Asia/Kolkata": "Mumbai, Delhi, New Delhi, Bangalore, Bengaluru, Chennai, Hyderabad, Pune, Bombay, Madras",
    "Asia/Manila": "Quezon City, Cebu",
    "Asia/Riyadh": "Jeddah, Mecca",
    "Asia/Seoul": "Busan, Incheon, Daegu, Daejeon, Gwangju, Jeju, 부산, 인천, 대구, 대전, 광주, 울산, 제주, KST",
    "Asia/Shanghai": "Beijing, Guangzhou, Shenzhen, Chengdu, Hangzhou, Wuhan, 北京, 廣州, 深圳, 成都",
    "Asia/Taipei": "Kaohsiung, Taichung, Tainan, Hsinchu, 高雄, 臺中, 台中, 臺南, 台南, 新竹, 台北",
    "Asia/Tokyo": "Osaka, Kyoto, Nagoya, Yokohama, Fukuoka, Sapporo, Kobe, 大阪, 京都, 東京, JST",
    "Australia/Sydney": "Canberra",
    "Australia/Brisbane": "Gold Coast",
    "Europe/Amsterdam": "Rotterdam, The Hague, Utrecht",
    "Europe/Berlin": "Munich, Hamburg, Frankfurt, Cologne, Stuttgart, Leipzig, Dresden, München, Köln",
    "Europe/Istanbul": "Ankara, Izmir",
    "Europe/Kyiv": "Lviv, Odesa, Kharkiv, Kiev",
    "Europe/Lisbon": "Porto",
    "Europe/London": "Manchester, Birmingham, Edinburgh, Glasgow, Liverpool, Leeds, Bristol, Cardiff",
    "Europe/Madrid": "Barcelona, Valencia, Seville, Sevilla, Bilbao, Malaga, Zaragoza",
    "Europe/Moscow": "Saint Petersburg, Sochi",
    "Europe/Paris": "Lyon, Marseille, Toulouse, Nice, Bordeaux",
    "Europe/Rome": "Milan, Naples, Turin, Florence, Venice",
    "Europe/Warsaw": "Krakow, Gdansk, Wroclaw, Poznan",
    "Europe/Zurich": "Geneva, Basel, Bern, Lausanne",
    "Pacific/Auckland": "Wellington, Christchurch",
    "UTC": "GMT, Greenwich",
}
_COUNTRIES: Final = {  # names for a country besides its names in the four languages
    "CN": "中國, 中国",
    "GB": "UK, England, Scotland, Wales, Great Britain",
    "KR": "한국, 韓國, 韩国",
    "TW": "台灣, 台湾",
    "US": "USA, America",
}
_CLDR: Final = {Language.EN: "en", Language.KO: "ko", Language.ES: "es", Language.ZH_TW: "zh_Hant_TW"}
# Abbreviations in use for zones whose own data has only numbers ("+08") or another abbreviation.
_WRITTEN: Final = {
    "GMT": "UTC, Europe/London",
    "ART": "America/Argentina/Buenos_Aires",
    "BDT": "Asia/Dhaka",
    "BRT": "America/Sao_Paulo",
    "BST": "Europe/London, Asia/Dhaka",
    "CLT": "America/Santiago",
    "COT": "America/Bogota",
    "GST": "Asia/Dubai",
    "ICT": "Asia/Bangkok, Asia/Ho_Chi_Minh",
    "MYT": "Asia/Kuala_Lumpur",
    "NPT": "Asia/Kathmandu",
    "PET": "America/Lima",
    "PHT": "Asia/Manila",
    "SGT": "Asia/Singapore",
    "TRT": "Europe/Istanbul",
    "VET": "America/Caracas",
}
_GENERIC: Final = {  # CLDR's generic names of common zones, without the distinction between standard and daylight time
    "America_Pacific": "PT",
    "America_Mountain": "MT",
    "America_Central": "CT",
    "America_Eastern": "ET",
    "Atlantic": "AT",
    "Alaska": "AKT",
    "Hawaii_Aleutian": "HT",
    "Newfoundland": "NT",
}
_OFFSET: Final = re.compile(r"(?:utc|gmt)?\s*([+\-\u2212\u2013])\s*(\d{1,2})(?::?(\d{2}))?", re.ASCII | re.IGNORECASE)
_CLOCK: Final = re.compile(r"(\d{1,2})(?:\s*[:.hH]\s*(\d{2})?)?\s*([aApP])?\.?[mM]?\.?")
_NO_PLACES: Final = frozenset({"continental", "east", "general", "north", "south", "west"})  # parts of old names
_OLD: Final = 2  # the weight of old names, see _spellings
_NEAR: Final = timedelta(minutes=7)  # zones differ by quarters of an hour, wrong clocks by less


@dataclass(frozen=True, slots=True)
class ZoneChoice:
    """A zone as a choice, with its current local time."""

    zone: str  # IANA name
    city: str  # in the viewer's language
    clock: str  # 24 hours, such as 09:05
    offset: str  # such as UTC+9, UTC−3:30, UTC

    @property
    def label(self) -> str:
        """City, clock and offset in one line."""
        return f"{self.city} · {self.clock} · {self.offset}"


def search_zones(
    text: str, *, now: datetime, limit: int = LIMIT, language: Language = Language.EN
) -> tuple[ZoneChoice, ...]:
    """Zones that match what a user has typed so far, best match first; the busiest zones if nothing is typed.

    `text` is the beginning of a city, a country, a zone name, an abbreviation ("CST"), an offset ("UTC+5:30"), or the
    current local time ("14:30", "2:30 pm").
    """
    wanted = _folded(text)
    found: list[tuple[str, str | None]]
    if not wanted:
        found = [(zone, None) for zone in _BUSY]
    elif clock := _CLOCK.fullmatch(text.strip()):
        found = [(zone, None) for zone in _by_clock(clock, now)]
    elif offset := _OFFSET.fullmatch(text.strip()):
        found = [(zone, None) for zone in _by_offset(offset, now)]
    else:
        short = _abbreviated(text, now)
        named = [each for each in _by_name(wanted, within_words=not short) if each[0] not in short]
        found = [(zone, None) for zone in short] + named
    return tuple(describe(zone, now=now, language=language, city=city) for zone, city in found[:limit])


def describe(zone: str, *, now: datetime, language: Language = Language.EN, city: str | None = None) -> ZoneChoice:
    """A zone with its city name in a language (or `city`), and its current local time."""
    local = now.astimezone(ZoneInfo(zone))
    return ZoneChoice(zone, city or _cities(language).get(zone) or _city(zone), f"{local:%H:%M}", _offset(local))


def canonical(zone: str) -> str | None:
    """The current name of a zone given by an old name or in other letter case; None: there is none."""
    return _folded_names().get(zone.strip().casefold())


def resolve(text: str, *, now: datetime) -> str | None:
    """The one zone that a text names; None: none, or several.

    Accepted are a zone name, a city, a country with one zone, or an abbreviation of one zone, each in full. Partial
    matches, offsets and local times are not enough: the user chooses from `search_zones`.
    """
    wanted = _folded(text)
    exact = {zone for (spelling, zone), (weight, _) in _spellings().items() if spelling == wanted and weight != _OLD}
    named = _abbreviated(text, now)
    if named:
        exact.update(named)
    elif name := canonical(text):
        return name
    elif not exact and wanted not in _NO_PLACES:
        exact = {zone for (spelling, zone), _ in _spellings().items() if spelling == wanted}
    return exact.pop() if len(exact) == 1 else None


def _abbreviated(text: str, now: datetime) -> tuple[str, ...]:
    """The zones of an abbreviation, the busiest first."""
    return _abbreviations(now.year).get(text.strip().upper(), ())


def _by_offset(offset: re.Match[str], now: datetime) -> list[str]:
    """Zones with this UTC offset now, the busiest first."""
    apart = timedelta(hours=int(offset[2]), minutes=int(offset[3] or 0)) * (1 if offset[1] == "+" else -1)
    return sorted((zone for zone in _places() if now.astimezone(ZoneInfo(zone)).utcoffset() == apart), key=_busy_first)


def _by_clock(clock: re.Match[str], now: datetime) -> list[str]:
    """Zones with this local time now; without a.m. or p.m. afternoon matches come after the literal ones."""
    hour, minute, half = int(clock[1]), clock[2], (clock[3] or "").lower()
    hours = [hour, hour + 12] if 0 < hour < 12 else [hour]  # noqa: PLR2004 - a clock face
    if half:
        hours = [hour % 12 + (12 if half == "p" else 0)]
    found: list[tuple[int, int, str]] = []
    for zone in _places():
        local = now.astimezone(ZoneInfo(zone))
        for place, wanted in enumerate(hours):
            if minute is None:
                fits = local.hour == wanted
            else:
                apart = timedelta(hours=local.hour - wanted, minutes=local.minute - int(minute), seconds=local.second)
                away = apart % timedelta(days=1)
                fits = min(away, timedelta(days=1) - away) <= _NEAR
            if fits:
                found.append((place, _busyness(zone), zone))
    return [zone for _, _, zone in sorted(found)]


def _by_name(wanted: str, *, within_words: bool) -> list[tuple[str, str | None]]:
    """Zones with a matching spelling: exact, prefix, word prefix, then substring if allowed.

    Each with the matched city, if it is not the zone's own.
    """
    best: dict[str, tuple[int, bool, bool, int, int, str, str]] = {}
    for (spelling, zone), (weight, city) in _spellings().items():
        at = spelling.find(wanted)
        if at < 0:
            continue
        if spelling == wanted:
            fit = 0
        elif at == 0:
            fit = 1
        elif f" {wanted}" in spelling:
            fit = 2
        elif within_words:
            fit = 3
        else:
            continue
        rank = (fit, weight > 1, zone not in _BUSY, weight, _busyness(zone), zone, city)
        best[zone] = min(rank, best.get(zone, rank))
    return [(zone, city or None) for *_, zone, city in sorted(best.values())]


def _busy_first(zone: str) -> tuple[int, bool, str]:
    return _busyness(zone), zone not in _NEARBY, zone


def _busyness(zone: str) -> int:
    return _BUSY.index(zone) if zone in _BUSY else len(_BUSY)


def _offset(local: datetime) -> str:
    minutes = (local.utcoffset() or timedelta()) // timedelta(minutes=1)
    if not minutes:
        return "UTC"
    hours, rest = divmod(abs(minutes), 60)
    return f"UTC{'+' if minutes > 0 else '−'}{hours}" + (f":{rest:02}" if rest else "")


def _city(zone: str) -> str:
    return zone.rsplit("/", 1)[-1].replace("_", " ")


@lru_cache(maxsize=1)
def _places() -> dict[str, str]:
    """All zones that belong to a place, with its country code; UTC has none."""
    lines = (files("tzdata") / "zoneinfo" / "zone.tab").read_text(encoding="utf-8").splitlines()
    rows = (line.split("\t") for line in lines if not line.startswith("#"))
    return {"UTC": "", **{row[2]: row[0] for row in rows}}


@lru_cache(maxsize=1)
def _canonical() -> dict[str, str]:
    """The current name of every zone name, old or new, that belongs to a place."""
    places = _places()
    names = {**{zone: zone for zone in places}, "Etc/UTC": "UTC", "Etc/GMT": "UTC"}
    lines = (files("tzdata") / "zoneinfo" / "tzdata.zi").read_text(encoding="utf-8").splitlines()
    links = (line.split() for line in lines if line.startswith("L "))
    return {name: names[target] for _, target, name in links if target in names} | names


@lru_cache(maxsize=1)
def _folded_names() -> dict[str, str]:
    return {name.casefold(): zone for name, zone in _canonical().items()}


@lru_cache(maxsize=len(Language))
def _cities(language: Language) -> dict[str, str]:
    """The city names of zones in a language, where they differ from the zone name."""
    from babel import Locale  # noqa: PLC0415 - importing Babel costs 60 ms that the first response need not pay

    found: dict[str, str] = {}
    known = cast("Mapping[str, Mapping[str, str]]", Locale.parse(_CLDR[language]).time_zones)
    for name, facts in known.items():
        zone, city = _canonical().get(name), facts.get("city")
        if zone is not None and city:
            found[zone] = city
    return found


@lru_cache(maxsize=1)
def _spellings() -> dict[tuple[str, str], tuple[int, str]]:
    """Folded spellings that users may type: the zone, a weight and, for a nearby city, its name.

    Weights: 0 the city of the zone, 1 another city, 2 an old name, 3 a country.
    """
    own = [(city, zone, 0, "") for language in Language for zone, city in _cities(language).items()]
    own += [(name, zone, 0, "") for zone in _places() for name in (_city(zone), zone)]
    nearby = [(city, zone, 1, city) for zone, cities in _NEARBY.items() for city in cities.split(", ")]
    old = [(name, zone, _OLD, "") for alias, zone in _canonical().items() for name in (_city(alias), alias)]
    countries = [(name, zone, 3, "") for zone, country in _places().items() for name in _country_names(country)]
    spellings: dict[tuple[str, str], tuple[int, str]] = {}
    for spelling, zone, weight, city in (*own, *nearby, *old, *countries):
        spellings.setdefault((_folded(spelling), zone), (weight, city))
    return spellings


@lru_cache(maxsize=4)
def _abbreviations(year: int) -> dict[str, tuple[str, ...]]:
    """The zones of each abbreviation in a year, from zone data, CLDR and common usage."""
    from babel.core import get_global  # noqa: PLC0415 - see above

    found: dict[str, set[str]] = {}
    seasons = [datetime(year, month, 1, tzinfo=UTC) for month in (1, 7)]
    for zone in _places():
        for name in {season.astimezone(ZoneInfo(zone)).tzname() or "" for season in seasons}:
            if name.isalpha():
                found.setdefault(name, set()).add(zone)
    for name, group in cast("Mapping[str, str]", get_global("meta_zones")).items():
        zone = _canonical().get(name)
        if zone is not None and group in _GENERIC:
            found.setdefault(_GENERIC[group], set()).add(zone)
    for name, zones in _WRITTEN.items():
        found.setdefault(name, set()).update(zones.split(", "))
    return {name: tuple(sorted(zones, key=_busy_first)) for name, zones in found.items()}


def _country_names(country: str) -> list[str]:
    from babel import Locale  # noqa: PLC0415 - see above

    if not country:
        return []
    names = [str(Locale.parse(_CLDR[language]).territories[country]) for language in Language]
    return names + _COUNTRIES[country].split(", ") if country in _COUNTRIES else names


def _folded(text: str) -> str:
    """Text folded for matching: no case, no accents, one space for all separators."""
    plain = (char for char in unicodedata.normalize("NFKD", text.casefold()) if not unicodedata.combining(char))
    return " ".join(re.split(r"[\s_/,.'’()-]+", "".join(plain))).strip()
