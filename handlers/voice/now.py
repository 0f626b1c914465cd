"""`/now`: lists the active voice channels and the members in them."""

from collections.abc import Sequence
from typing import Final

from core.i18n import Translator, discord_timestamp
from handlers.feature import Deps, Feature, guild_of
from handlers.messages import embed_message, name_of
from services.voice import active_channels
from services.voice.active_channels import ActiveChannel, Occupant
from services.voice.gateway_events import STREAM, VIDEO
from wire.commands import command
from wire.interaction import SlashCommand
from wire.message import Message

PEOPLE_SHOWN: Final = 20  # in total: each alone in a channel and with the longest names, 22 fill an embed
PER_ROOM: Final = 8


async def show(interaction: SlashCommand, deps: Deps) -> Message:
    found = await active_channels.list_active(deps.conn, guild=guild_of(interaction), now=deps.now)
    t = deps.t
    if not found:
        quiet = t("The rooms are quiet right now. Join a study channel and be the first.")
        return embed_message(t("Studying now"), [quiet])
    lines: list[str] = []
    left = PEOPLE_SHOWN
    for room in found:
        shown = room.occupants[: min(PER_ROOM, left)]
        if shown:
            lines += _room(room, shown, t)
        left -= len(shown)
    if hidden := sum(len(room.occupants) for room in found) - (PEOPLE_SHOWN - left):
        lines.append(t.plural("and {count} more", "and {count} more", hidden))
    people = sum(len(room.occupants) for room in found)
    footer = t.plural("{count} person", "{count} people", people)
    return embed_message(t("Studying now"), lines, footer=footer)


def _room(room: ActiveChannel, shown: Sequence[Occupant], t: Translator) -> list[str]:
    return [f"**<#{room.channel}>** · {t.number(len(room.occupants))}", *(_person(one, t) for one in shown), ""]


def _person(one: Occupant, t: Translator) -> str:
    marks = f"{' 🖥️' if one.flags & STREAM else ''}{' 🎥' if one.flags & VIDEO else ''}"
    today = t("{duration} today", duration=t.duration(one.today_s))
    return f"{name_of(one.person)}{marks} · {discord_timestamp(one.since, 'R')} · {today}"


feature = Feature(
    name="now",
    commands=(command("now", "Who is studying right now"),),
    slash={"now": show},
    public=frozenset({"now"}),
)
