"""`/why`: explains a member's XP, level, streak or a day's counted time from the stored sessions."""

from enum import StrEnum

from handlers.choices import parse_choice
from handlers.explanations import streak, tracking, xp
from handlers.feature import Deps, Feature, guild_of
from handlers.messages import embed_message, name_of
from handlers.permissions import require_permission
from handlers.targets import require_human, target_or_self
from services.explanations import streak as chronicle
from services.explanations import tracking as why
from services.explanations import xp as points
from wire.commands import command, string, user
from wire.interaction import SlashCommand
from wire.message import Message


class Topic(StrEnum):
    """Topics that can be explained."""

    TRACKING = "tracking"
    XP = "xp"
    LEVEL = "level"
    STREAK = "streak"


async def explain(interaction: SlashCommand, deps: Deps) -> Message:
    person = target_or_self(interaction)
    is_other = person.user != interaction.user.id
    if is_other:
        require_permission(interaction)
    require_human(person)
    topic = parse_choice(Topic, interaction.options.string("topic"))
    conn, t, guild, whom = deps.conn, deps.t, guild_of(interaction), person.user
    name = name_of(person) if is_other else None
    match topic:
        case Topic.TRACKING:
            lines = tracking.describe(await why.explain_day(conn, guild=guild, user=whom, now=deps.now), t, name=name)
        case Topic.XP:
            lines = xp.describe(await points.latest(conn, guild=guild, user=whom), t)
        case Topic.LEVEL:
            found = await points.latest(conn, guild=guild, user=whom)
            lines = xp.describe_level(found, await points.levels(conn, guild=guild, user=whom), t)
        case Topic.STREAK:
            lines = streak.describe(await chronicle.explain(conn, guild=guild, user=whom, now=deps.now), t)
    title = t("Why?") if name is None else f"{t('Why?')} · {name}"
    return embed_message(title, lines, private=True)


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
