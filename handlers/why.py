"""`/why`: where each point and each pause comes from, told from the stored time itself."""

from enum import StrEnum
from typing import Final

from core.ids import GuildId
from core.words import Words
from handlers.choices import chosen
from handlers.feature import Deps, Feature
from handlers.looks import panel
from handlers.members import named, refuse_robots, streak_line
from handlers.presets import name_of_preset, told
from handlers.staff import refuse_others
from services import profiles, why
from services.judging import Pause
from services.levels import SECONDS_PER_XP
from services.profiles import Profile
from services.voice_events import Person
from wire.commands import command, string, user
from wire.interaction import SlashCommand
from wire.reply import Message

SPELLS_MAX: Final = 15  # the latest of the day; more would not fit a message in every language


class Topic(StrEnum):
    """What can be explained."""

    TRACKING = "tracking"
    XP = "xp"
    LEVEL = "level"
    STREAK = "streak"


async def explain(interaction: SlashCommand, deps: Deps) -> Message:
    person = named(interaction)
    if person.user != interaction.user.id:
        refuse_others(interaction)
    refuse_robots(person)
    topic = chosen(Topic, interaction.options.string("topic"))
    guild, words = interaction.guild_id or GuildId(0), deps.words
    if topic is Topic.TRACKING:
        lines = await _tracking(deps, guild, person)
    else:
        found = await profiles.profile(deps.conn, guild=guild, user=person.user, now=deps.now)
        lines = _streak(found, words) if topic is Topic.STREAK else _points(found, words, is_level=topic is Topic.LEVEL)
    return panel(words("Why?"), lines, private=True)


async def _tracking(deps: Deps, guild: GuildId, person: Person) -> list[str]:
    words = deps.words
    day = await why.day(deps.conn, guild=guild, user=person.user, now=deps.now)
    lines = [
        words("This server counts by **{preset}**.", preset=name_of_preset(day.preset, words))
        + f" {told(day.preset, words)}",
        words("Counted today: **{time}**.", time=words.duration(day.counted_s)),
    ]
    for spell in day.spells[-SPELLS_MAX:]:
        reason = words("counted") if spell.pause is None else paused(spell.pause, words)
        span = f"<t:{spell.start}:t>–<t:{spell.end}:t>"
        lines.append(f"· {span} <#{spell.channel}> {words.duration(spell.end - spell.start)}: {reason}")
    if not day.is_here:
        lines.append(words("You are in no channel that counts now. Join one, and your time begins."))
    return lines


def paused(pause: Pause, words: Words) -> str:
    """Why a stretch did not count, and what makes time count again."""
    match pause:
        case Pause.DEAFENED:
            return words("paused: your sound was off. Turn it on, and it counts.")
        case Pause.NO_CAMERA:
            return words("paused: no camera and no stream. Turn one on, and it counts.")
        case Pause.ALONE:
            return words("paused: nobody else was there. It counts as soon as another person joins; bots are nobody.")
        case Pause.UNATTENDED:
            return words("paused: no sign of you for hours. Mute, move or use a command, and it counts again.")
        case Pause.DAILY_CAP:
            return words("paused: the most that counts in a day was reached. Rest well, it counts again tomorrow.")
        case Pause.TOO_SHORT:
            return words("not counted: less than a minute in all.")


def _points(found: Profile, words: Words, *, is_level: bool) -> list[str]:
    level = found.level
    missing = SECONDS_PER_XP - found.focus_total_s % SECONDS_PER_XP
    lines = [
        words(
            "{time} counted in all make **{xp} XP**: one for each full hour.",
            time=words.duration(found.focus_total_s),
            xp=words.number(level.xp),
        ),
        words("The next one comes after {time} more.", time=words.duration(missing + 59)),
    ]
    if is_level:
        lines.append(words("That is level **{level}**; it begins at {xp} XP.", level=level.number, xp=level.floor_xp))
        if level.next_xp is not None:
            needed = words.number(level.next_xp)
            lines.append(words("Level {level} begins at {xp} XP.", level=level.number + 1, xp=needed))
        return lines
    days = [day for day in found.last_days if day.seconds]
    return [*lines, *(f"· {words.date(day.day)}: {words.duration(day.seconds)}" for day in days[-7:])]


def _streak(found: Profile, words: Words) -> list[str]:
    needed = words.duration(found.threshold_s)
    lines = [
        streak_line(found.streak, words),
        words("A day counts for the streak with {time} or more.", time=needed),
    ]
    for day in found.last_days[-7:]:
        is_enough = day.seconds >= found.threshold_s
        lines.append(f"{'✓' if is_enough else '·'} {words.date(day.day)}: {words.duration(day.seconds)}")
    if found.streak.today_is_open:
        lines.append(words("Today is still open, it breaks nothing until it is over."))
    return lines


feature = Feature(
    name="why",
    commands=(
        command(
            "why",
            "Why your time counts or does not, point by point",
            string(
                "topic",
                "What you want to know",
                required=True,
                choices=(
                    ("Tracking", Topic.TRACKING),
                    ("XP", Topic.XP),
                    ("Level", Topic.LEVEL),
                    ("Streak", Topic.STREAK),
                ),
            ),
            user("user", "Somebody else, for people who manage the server"),
        ),
    ),
    slash={"why": explain},
    private=True,
)
