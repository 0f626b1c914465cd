"""`/session`: staff see a member's sessions in voice, correct what one has counted, or void it."""

from typing import Final

from core.i18n import Words, at
from db.queries.voice.corrections import Act
from handlers.feature import Deps, Feature, guild_of
from handlers.messages import REASON_MAX, name_of, note, panel, plain
from handlers.permissions import MANAGE_GUILD, refuse_others
from handlers.targets import named, refuse_robots
from services.streaks import grants
from services.voice import corrections
from services.voice.corrections import Correction, Listed
from wire.commands import command, integer, string, subcommand, user
from wire.errors import BadPayload
from wire.interaction import SlashCommand
from wire.message import Message

_MINUTE: Final = 60


async def show(interaction: SlashCommand, deps: Deps) -> Message:
    refuse_others(interaction)
    person = named(interaction)
    refuse_robots(person)
    found = await corrections.list_sessions(deps.conn, guild=guild_of(interaction), user=person.user)
    words, name = deps.words, name_of(person)
    if not found:
        return note(words("{name} has no sessions in voice yet.", name=name))
    title = words("Sessions of {name}", name=name)
    return panel(title, [line for each in found for line in _lines(each, words)], private=True)


async def adjust(interaction: SlashCommand, deps: Deps) -> Message:
    refuse_others(interaction)
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
    return _told(done, deps.words)


async def void(interaction: SlashCommand, deps: Deps) -> Message:
    refuse_others(interaction)
    done = await corrections.void(
        deps.conn,
        guild=guild_of(interaction),
        session=interaction.options.integer("session"),
        reason=interaction.options.string("reason"),
        by=interaction.user.id,
        now=deps.now,
    )
    return _told(done, deps.words)


def _told(done: Correction, words: Words) -> Message:
    return note(
        words(
            "Done: the session of {member} counts {after} instead of {before}. Totals and streak follow, and it is"
            " written down.",
            member=f"<@{done.user}>",
            after=words.duration(done.counted_s),
            before=words.duration(done.previous_s),
        )
    )


def _lines(listed: Listed, words: Words) -> list[str]:
    session = listed.session
    where = "" if session.channel_id is None else f" <#{session.channel_id}>"
    counted = words.duration(session.counted_s)
    if session.duration_s is None:
        facts = words("still going on, {counted} counted so far", counted=counted)
    else:
        facts = words("{counted} of {length} counted", counted=counted, length=words.duration(session.duration_s))
    lines = [f"`{session.session_id}` {at(session.started_at, 'f')}{where} · {facts}"]
    if listed.last_act is not None:
        lines.append(f"└ {_act(listed.last_act, words)}")
    return lines


def _act(act: Act, words: Words) -> str:
    facts = {
        "when": at(act.created_at, "d"),
        "staff": f"<@{act.actor_id}>",
        "time": words.duration(abs(act.seconds)),
        "reason": plain(act.reason, longest=REASON_MAX),
    }
    if act.is_void:
        return words("{when} {staff} voided it: {reason}", **facts)
    if act.seconds < 0:
        return words("{when} {staff} took {time} off: {reason}", **facts)
    return words("{when} {staff} added {time}: {reason}", **facts)


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
