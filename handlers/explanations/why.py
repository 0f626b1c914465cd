"""`/why`: where each point and each pause comes from, told from the stored time itself."""

from enum import StrEnum

from handlers.choices import chosen
from handlers.explanations import streak, tracking, xp
from handlers.feature import Deps, Feature, guild_of
from handlers.messages import name_of, panel
from handlers.permissions import refuse_others
from handlers.targets import named, refuse_robots
from services.explanations import streak as chronicle
from services.explanations import tracking as why
from services.explanations import xp as points
from wire.commands import command, string, user
from wire.interaction import SlashCommand
from wire.message import Message


class Topic(StrEnum):
    """What can be explained."""

    TRACKING = "tracking"
    XP = "xp"
    LEVEL = "level"
    STREAK = "streak"


async def explain(interaction: SlashCommand, deps: Deps) -> Message:
    person = named(interaction)
    is_other = person.user != interaction.user.id
    if is_other:
        refuse_others(interaction)
    refuse_robots(person)
    topic = chosen(Topic, interaction.options.string("topic"))
    conn, words, guild, whom = deps.conn, deps.words, guild_of(interaction), person.user
    name = name_of(person) if is_other else None
    match topic:
        case Topic.TRACKING:
            lines = tracking.told(await why.day(conn, guild=guild, user=whom, now=deps.now), words, name=name)
        case Topic.XP:
            lines = xp.told(await points.latest(conn, guild=guild, user=whom), words)
        case Topic.LEVEL:
            found = await points.latest(conn, guild=guild, user=whom)
            lines = xp.level_told(found, await points.levels(conn, guild=guild, user=whom), words)
        case Topic.STREAK:
            lines = streak.told(await chronicle.tell(conn, guild=guild, user=whom, now=deps.now), words)
    title = words("Why?") if name is None else f"{words('Why?')} · {name}"
    return panel(title, lines, private=True)


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
)
