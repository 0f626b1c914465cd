"""Fixture data of the local Discord: one guild with channels, roles, and members with time zones and study habits."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from core.ids import ChannelId, GuildId, RoleId, UserId, snowflake_at

TEXT: Final = 0  # discord.com/developers/docs/resources/channel#channel-object-channel-types
VOICE: Final = 2
CATEGORY: Final = 4
STAGE: Final = 13
ANNOUNCEMENT_THREAD: Final = 10
PUBLIC_THREAD: Final = 11
PRIVATE_THREAD: Final = 12


@dataclass(frozen=True, slots=True)
class Habit:
    """A member's usual study time, in their own time zone."""

    start_hour: float  # 0 to 24: usual start of a session; 21.5 is 21:30
    minutes: int  # usual length of a session
    days_per_week: float  # 0 to 7
    channels: tuple[str, ...]  # names of voice channels, in order of preference
    second_start_hour: float | None = None  # None: one session per day


@dataclass(frozen=True, slots=True)
class Persona:
    """One member of the fixture guild."""

    user: UserId
    username: str
    global_name: str | None  # None: the username is displayed
    zone: str  # IANA name
    locale: str  # locale of the Discord client
    habit: Habit
    nick: str | None = None
    has_avatar: bool = True
    has_member_avatar: bool = False  # a guild-specific avatar
    is_bot: bool = False
    roles: tuple[str, ...] = ()
    joined_at: datetime = datetime(2026, 1, 12, tzinfo=UTC)

    @property
    def display_name(self) -> str:
        """The display name in the guild."""
        return self.nick or self.global_name or self.username


@dataclass(frozen=True, slots=True)
class Room:
    """One channel of the fixture guild."""

    channel: ChannelId
    name: str
    type: int
    parent: str | None = None  # name of the category
    topic: str | None = None


@dataclass(frozen=True, slots=True)
class Rank:
    """One role of the fixture guild; later roles have a higher position."""

    role: RoleId
    name: str
    permissions: int
    colour: int = 0


@dataclass(frozen=True, slots=True)
class Community:
    """A fixture guild with its channels, roles and members."""

    guild: GuildId
    name: str
    locale: str
    owner: UserId
    afk_channel: ChannelId
    rooms: tuple[Room, ...]
    ranks: tuple[Rank, ...]
    members: tuple[Persona, ...]
    banned: tuple[Persona, ...] = ()  # users banned from the guild

    def member(self, username: str) -> Persona:
        """The member with that username.

        Raises:
            KeyError: unknown username.
        """
        for persona in self.members:
            if persona.username == username:
                return persona
        raise KeyError(username)

    def room(self, name: str) -> Room:
        """The channel with that name.

        Raises:
            KeyError: unknown channel.
        """
        for room in self.rooms:
            if room.name == name:
                return room
        raise KeyError(name)


def _made(year: int, month: int, day: int, increment: int = 0) -> int:
    return snowflake_at(datetime(year, month, day, 9, 30, tzinfo=UTC), increment=increment)


_EVERYONE: Final = (
    1 << 6
    | 1 << 9
    | 1 << 10
    | 1 << 11
    | 1 << 14
    | 1 << 15
    | 1 << 16
    | 1 << 18
    | 1 << 20
    | 1 << 21
    | 1 << 25
    | 1 << 26
    | 1 << 31
    | 1 << 32
    | 1 << 35
    | 1 << 38
    | 1 << 39
    | 1 << 42
    | 1 << 45
    | 1 << 46
    | 1 << 49
    | 1 << 50
)
_MODERATOR: Final = (
    1 << 1 | 1 << 2 | 1 << 5 | 1 << 7 | 1 << 13 | 1 << 22 | 1 << 23 | 1 << 24 | 1 << 27 | 1 << 34 | 1 << 40
)
_APP: Final = 1 << 28 | 1 << 4 | 1 << 17 | 1 << 13 | 1 << 29 | 1 << 51

GUILD: Final = GuildId(_made(2023, 3, 4))
MINA: Final = UserId(_made(2019, 5, 2, 1))
ADA: Final = UserId(_made(2016, 12, 10, 2))
AFK: Final = ChannelId(_made(2023, 3, 4, 9))
DEFAULT_ACTOR: Final = "ada"

_DEEP: Final = "Deep Work"
_LIBRARY: Final = "Library"
_KOREAN: Final = "한국어 스터디"
_LOUNGE: Final = "Lounge"
_STAGE: Final = "Open Lectern"
_AFK: Final = "AFK"

ROOMS: Final = (
    Room(ChannelId(_made(2023, 3, 4, 1)), "Commons", CATEGORY),
    Room(ChannelId(_made(2023, 3, 4, 2)), "welcome", TEXT, "Commons", "Read this first."),
    Room(ChannelId(_made(2023, 3, 4, 3)), "study-log", TEXT, "Commons", "Commands and cards live here."),
    Room(ChannelId(_made(2023, 3, 4, 4)), "smalltalk", TEXT, "Commons"),
    Room(ChannelId(_made(2023, 3, 4, 5)), "Quiet rooms", CATEGORY),
    Room(ChannelId(_made(2023, 3, 4, 6)), _DEEP, VOICE, "Quiet rooms"),
    Room(ChannelId(_made(2023, 3, 4, 7)), _LIBRARY, VOICE, "Quiet rooms"),
    Room(ChannelId(_made(2023, 6, 18, 8)), _KOREAN, VOICE, "Quiet rooms"),
    Room(ChannelId(_made(2023, 3, 4, 10)), _LOUNGE, VOICE, "Commons"),
    Room(ChannelId(_made(2024, 1, 20, 11)), _STAGE, STAGE, "Commons", "Ten-minute talks on Sundays."),
    Room(AFK, _AFK, VOICE, "Commons"),
)

RANKS: Final = (
    Rank(RoleId(GUILD), "@everyone", _EVERYONE),
    Rank(RoleId(_made(2023, 3, 5, 1)), "Regular", 0, 0x7A9E7E),
    Rank(RoleId(_made(2023, 3, 5, 2)), "Moderator", _MODERATOR, 0xC98B4B),
    Rank(RoleId(_made(2023, 3, 5, 3)), "Lyceum", _APP, 0x5B6EE1),
)

MEMBERS: Final = (
    Persona(
        MINA,
        "mina",
        "김민아",
        "Asia/Seoul",
        "ko",
        Habit(20.5, 105, 6.2, (_KOREAN, _DEEP)),
        roles=("Regular",),
        joined_at=datetime(2023, 6, 18, 11, tzinfo=UTC),
    ),
    Persona(
        ADA,
        "ada",
        "Ada Okafor",
        "Europe/London",
        "en-GB",
        Habit(7.0, 80, 5.0, (_DEEP,), 19.5),
        joined_at=datetime(2023, 3, 4, 9, 30, tzinfo=UTC),
    ),
    Persona(
        UserId(_made(2020, 2, 8, 3)),
        "joonseo",
        "박준서",
        "Asia/Seoul",
        "ko",
        Habit(22.0, 140, 4.0, (_KOREAN,)),
        nick="준서 (수능 D-30)",
    ),
    Persona(
        UserId(_made(2018, 7, 21, 4)), "layla", "ليلى حسن", "Africa/Cairo", "ar", Habit(17.0, 60, 4.5, (_LIBRARY,))
    ),
    Persona(
        UserId(_made(2017, 1, 15, 5)),
        "noam",
        "נועם כהן",
        "Asia/Jerusalem",
        "he",
        Habit(21.0, 75, 3.5, (_DEEP, _LIBRARY)),
        has_member_avatar=True,
    ),
    Persona(
        UserId(_made(2021, 11, 3, 6)),
        "somchai",
        "สมชาย ใจดี",
        "Asia/Bangkok",
        "th",
        Habit(19.0, 50, 5.5, (_LIBRARY,)),
        has_avatar=False,
    ),
    Persona(
        UserId(_made(2020, 9, 30, 7)),
        "priya",
        "प्रिया शर्मा",
        "Asia/Kolkata",
        "hi",
        Habit(5.75, 120, 6.5, (_DEEP,), 21.0),
        roles=("Regular",),
    ),
    Persona(
        UserId(_made(2019, 4, 1, 8)),
        "haruto",
        "佐藤 陽翔",
        "Asia/Tokyo",
        "ja",
        Habit(23.25, 95, 5.0, (_LIBRARY, _DEEP)),
    ),
    Persona(
        UserId(_made(2022, 8, 14, 9)),
        "yiting",
        "林怡婷",
        "Asia/Taipei",
        "zh-TW",
        Habit(14.0, 90, 5.0, (_LIBRARY,), 21.5),
        roles=("Regular",),
    ),
    Persona(
        UserId(_made(2018, 10, 31, 10)),
        "lucia",
        "Lucía Fernández",
        "America/Mexico_City",
        "es-419",
        Habit(16.5, 70, 4.0, (_DEEP, _LOUNGE)),
    ),
    Persona(
        UserId(_made(2017, 5, 5, 11)),
        "mateo",
        "Mateo García",
        "Europe/Madrid",
        "es-ES",
        Habit(18.0, 65, 5.0, (_LIBRARY,)),
        roles=("Moderator", "Regular"),
    ),
    Persona(
        UserId(_made(2021, 1, 1, 12)),
        "moonmoth",
        "🦋 moon✨moth 🌙",
        "America/Los_Angeles",
        "en-US",
        Habit(23.5, 110, 3.0, (_LOUNGE, _DEEP)),
    ),
    Persona(
        UserId(_made(2016, 3, 29, 13)),
        "wilhelmina",
        "Wilhelmina Featherstonehaugh-Wu",
        "Australia/Adelaide",
        "en-GB",
        Habit(9.0, 55, 2.5, (_DEEP,)),
    ),
    Persona(
        UserId(_made(2023, 2, 2, 14)),
        "kwame",
        None,
        "Africa/Accra",
        "en-GB",
        Habit(6.0, 45, 5.0, (_DEEP,)),
        has_avatar=False,
    ),
    Persona(
        UserId(_made(2022, 2, 22, 15)),
        "tane",
        "Tāne Walker",
        "Pacific/Chatham",
        "en-US",
        Habit(20.0, 85, 1.5, (_LIBRARY,)),
    ),
    Persona(
        UserId(_made(2020, 6, 6, 16)),
        "metronome",
        None,
        "UTC",
        "en-US",
        Habit(0, 0, 0, ()),
        nick="Metronome ♩",
        is_bot=True,
    ),
)

BANNED: Final = (
    Persona(
        UserId(_made(2024, 4, 1, 17)),
        "rook",
        "Rook",
        "America/Toronto",
        "en-US",
        Habit(0, 0, 0, ()),
    ),
)

COMMUNITY: Final = Community(GUILD, "Lyceum Commons", "en-US", ADA, AFK, ROOMS, RANKS, MEMBERS, BANNED)
