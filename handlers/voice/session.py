"""`/session`: staff view a member's voice sessions, correct the counted time of one, or void it."""

from typing import Final

from core.i18n import Translator, discord_timestamp
from db.queries.voice.corrections import Act
from handlers.feature import Deps, Feature, guild_of
from handlers.messages import REASON_MAX, embed_message, ephemeral, escape_markdown, name_of
from handlers.permissions import MANAGE_GUILD, require_permission
from handlers.targets import require_human, target_or_self
from services.streaks import grants
from services.voice import corrections
from services.voice.corrections import Correction, Listed
from wire.commands import command, integer, string, subcommand, user
from wire.errors import BadPayload
from wire.interaction import SlashCommand
from wire.message import Message

_MINUTE: Final = 60


async def show(interaction: SlashCommand, deps: Deps) -> Message:
    require_permission(interaction)
    person = target_or_self(interaction)
    require_human(person)
    found = await corrections.list_sessions(deps.conn, guild=guild_of(interaction), user=person.user)
    t, name = deps.t, name_of(person)
    if not found:
        return ephemeral(t("{name} has no sessions in voice yet.", name=name))
    title = t("Sessions of {name}", name=name)
    return embed_message(title, [line for each in found for line in _lines(each, t)], private=True)


async def adjust(interaction: SlashCommand, deps: Deps) -> Message:
    require_permission(interaction)
    minutes = interaction.options.integer("minutes")
    if abs(minutes) > corrections.MINUTES_MAX:
        raise BadPayload("minutes out of bounds")
    done = await corrections.adjust(
        deps.conn,
        guild=guild_of(interaction),
        session=interaction.options.integer("session"),
        seconds=minutes * _MINUTE,
        reason=interaction.options.string("reason"),
        by=interaction.user.id,
        now=deps.now,
    )
    return _told(done, deps.t)


async def void(interaction: SlashCommand, deps: Deps) -> Message:
    require_permission(interaction)
    done = await corrections.void(
        deps.conn,
        guild=guild_of(interaction),
        session=interaction.options.integer("session"),
        reason=interaction.options.string("reason"),
        by=interaction.user.id,
        now=deps.now,
    )
    return _told(done, deps.t)


def _told(done: Correction, t: Translator) -> Message:
    return ephemeral(
        t(
            "Done: the session of {member} counts {after} instead of {before}. Totals and streak follow, and it is"
            " written down.",
            member=f"<@{done.user}>",
            after=t.duration(done.counted_seconds),
            before=t.duration(done.previous_s),
        )
    )


def _lines(listed: Listed, t: Translator) -> list[str]:
    session = listed.session
    where = "" if session.channel_id is None else f" <#{session.channel_id}>"
    counted = t.duration(session.counted_seconds)
    if session.duration_s is None:
        facts = t("still going on, {counted} counted so far", counted=counted)
    else:
        facts = t("{counted} of {length} counted", counted=counted, length=t.duration(session.duration_s))
    lines = [f"`{session.session_id}` {discord_timestamp(session.started_at, 'f')}{where} · {facts}"]
    if listed.last_act is not None:
        lines.append(f"└ {_act(listed.last_act, t)}")
    return lines


def _act(act: Act, t: Translator) -> str:
    facts = {
        "when": discord_timestamp(act.created_at, "d"),
        "staff": f"<@{act.actor_id}>",
        "time": t.duration(abs(act.seconds)),
        "reason": escape_markdown(act.reason, longest=REASON_MAX),
    }
    if act.is_void:
        return t("{when} {staff} voided it: {reason}", **facts)
    if act.seconds < 0:
        return t("{when} {staff} took {time} off: {reason}", **facts)
    return t("{when} {staff} added {time}: {reason}", **facts)


_SESSION = integer("session", "The number that /session list shows", required=True, min_value=1)
_REASON = string("reason", "Why; staff and the member can read it later", required=True, max_length=grants.REASON_MAX)

feature = Feature(
    name="session",
    commands=(
        command(
            "session",
            "See and correct a member's sessions in voice",
            subcommand("list", "A member's last sessions", user("user", "Whose sessions", required=True)),
            subcommand(
                "adjust",
                "Add time to a session, or take some off",
                _SESSION,
                integer(
                    "minutes",
                    "Minutes to add; below zero to take off",
                    required=True,
                    min_value=-corrections.MINUTES_MAX,
                    max_value=corrections.MINUTES_MAX,
                ),
                _REASON,
            ),
            subcommand("void", "Count nothing of a session", _SESSION, _REASON),
            permissions=MANAGE_GUILD,
        ),
    ),
    slash={"session list": show, "session adjust": adjust, "session void": void},
)
