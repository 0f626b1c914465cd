"""`/streak-admin`: staff protect a date of a member, undo that, and list past staff changes with reasons."""

from collections.abc import Awaitable, Callable, Mapping

from core.i18n import Translator, discord_timestamp
from db.queries.streaks.grants import StaffAct
from handlers.dates import parse, today
from handlers.feature import Deps, Feature, guild_of
from handlers.messages import REASON_MAX, embed_message, ephemeral, escape_markdown, name_of
from handlers.permissions import MANAGE_GUILD, require_permission
from handlers.targets import require_human, target_or_self
from services.streaks import grants
from wire.commands import command, string, subcommand, user
from wire.interaction import SlashCommand
from wire.message import Message


async def grant(interaction: SlashCommand, deps: Deps) -> Message:
    facts = await _act(grants.grant, interaction, deps)
    return ephemeral(
        deps.t("{date} is protected for {name}. Their calendar shows it with a star, and it is written down.", **facts)
    )


async def revoke(interaction: SlashCommand, deps: Deps) -> Message:
    facts = await _act(grants.revoke, interaction, deps)
    return ephemeral(deps.t("{date} is no longer protected by staff for {name}. That is written down too.", **facts))


async def audit(interaction: SlashCommand, deps: Deps) -> Message:
    require_permission(interaction)
    target = interaction.options.user("user")
    found = await grants.audit(deps.conn, guild=guild_of(interaction), user=None if target is None else target.user.id)
    t = deps.t
    if not found:
        return ephemeral(t("Staff have not protected any day here. /streak-admin grant does."))
    return embed_message(t("What staff did to streaks"), [_line(act, t) for act in found], private=True)


async def _act(act: Callable[..., Awaitable[None]], interaction: SlashCommand, deps: Deps) -> Mapping[str, str]:
    """Apply a staff change to the chosen member and date; returns both as text for the answer."""
    require_permission(interaction)
    person = target_or_self(interaction)
    require_human(person)
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
    return {"date": deps.t.date(day), "name": name_of(person)}


def _line(act: StaffAct, t: Translator) -> str:
    facts = {
        "when": discord_timestamp(act.acted_at, "d"),
        "staff": f"<@{act.by_id}>",
        "member": f"<@{act.user_id}>",
        "date": t.date(act.day_on),
        "reason": escape_markdown(act.reason, longest=REASON_MAX),
    }
    if act.is_grant:
        return t("{when} {staff} protected {date} for {member}: {reason}", **facts)
    return t("{when} {staff} took {date} back from {member}: {reason}", **facts)


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
