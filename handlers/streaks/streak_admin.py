"""`/streak-admin`: staff protect a date of a member, take that back, and see who did what and why."""

from collections.abc import Awaitable, Callable, Mapping

from core.i18n import Words, at
from db.queries.streaks.grants import StaffAct
from handlers.dates import parse, today
from handlers.feature import Deps, Feature, guild_of
from handlers.messages import REASON_MAX, name_of, note, panel, plain
from handlers.permissions import MANAGE_GUILD, refuse_others
from handlers.targets import named, refuse_robots
from services.streaks import grants
from wire.commands import command, string, subcommand, user
from wire.interaction import SlashCommand
from wire.message import Message


async def grant(interaction: SlashCommand, deps: Deps) -> Message:
    facts = await _act(grants.grant, interaction, deps)
    return note(
        deps.words(
            "{date} is protected for {name}. Their calendar shows it with a star, and it is written down.", **facts
        )
    )


async def revoke(interaction: SlashCommand, deps: Deps) -> Message:
    facts = await _act(grants.revoke, interaction, deps)
    return note(deps.words("{date} is no longer protected by staff for {name}. That is written down too.", **facts))


async def audit(interaction: SlashCommand, deps: Deps) -> Message:
    refuse_others(interaction)
    target = interaction.options.user("user")
    found = await grants.audit(deps.conn, guild=guild_of(interaction), user=None if target is None else target.user.id)
    words = deps.words
    if not found:
        return note(words("Staff have not protected any day here. /streak-admin grant does."))
    return panel(words("What staff did to streaks"), [_line(act, words) for act in found], private=True)


async def _act(act: Callable[..., Awaitable[None]], interaction: SlashCommand, deps: Deps) -> Mapping[str, str]:
    """Let staff do this to the date and the person that they named; how both are called."""
    refuse_others(interaction)
    person = named(interaction)
    refuse_robots(person)
    day = parse(interaction.options.string("date"), example=today(deps))
    await act(
        deps.conn,
        guild=guild_of(interaction),
        user=person.user,
        day=day,
        reason=interaction.options.string("reason"),
        by=interaction.user.id,
        now=deps.now,
    )
    return {"date": deps.words.date(day), "name": name_of(person)}


def _line(act: StaffAct, words: Words) -> str:
    facts = {
        "when": at(act.acted_at, "d"),
        "staff": f"<@{act.by_id}>",
        "member": f"<@{act.user_id}>",
        "date": words.date(act.day_on),
        "reason": plain(act.reason, longest=REASON_MAX),
    }
    if act.is_grant:
        return words("{when} {staff} protected {date} for {member}: {reason}", **facts)
    return words("{when} {staff} took {date} back from {member}: {reason}", **facts)


_DATE = string("date", "The day on their calendar, as YYYY-MM-DD", required=True, max_length=10)
_REASON = string("reason", "Why; staff and the member can read it later", required=True, max_length=grants.REASON_MAX)

feature = Feature(
    name="streak_admin",
    commands=(
        command(
            "streak-admin",
            "Protect a member's day, for example after an outage",
            subcommand(
                "grant", "Protect one day of a member", user("user", "Whose day", required=True), _DATE, _REASON
            ),
            subcommand(
                "revoke", "Take back what was granted", user("user", "Whose day", required=True), _DATE, _REASON
            ),
            subcommand("audit", "Who granted and took back what, and why", user("user", "Only what concerns them")),
            permissions=MANAGE_GUILD,
        ),
    ),
    slash={"streak-admin grant": grant, "streak-admin revoke": revoke, "streak-admin audit": audit},
)
