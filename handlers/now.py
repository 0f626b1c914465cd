"""`/now`: who sits in which room at this moment."""

from typing import Final

from core.ids import GuildId
from core.words import Words, at
from handlers.feature import Deps, Feature
from handlers.looks import name_of, panel
from services import rooms
from services.rooms import Occupant, Room
from services.voice_events import STREAM, VIDEO
from wire.commands import command
from wire.interaction import SlashCommand
from wire.reply import Message

ROOMS_SHOWN: Final = 10  # together with the next number they stay far below the length of an embed
PEOPLE_SHOWN: Final = 8  # per room


async def show(interaction: SlashCommand, deps: Deps) -> Message:
    found = await rooms.now(deps.conn, guild=interaction.guild_id or GuildId(0), now=deps.now)
    words = deps.words
    if not found:
        quiet = words("The rooms are quiet right now. Join a study channel and be the first.")
        return panel(words("Studying now"), [quiet])
    lines = [line for room in found[:ROOMS_SHOWN] for line in _room(room, words)]
    hidden = sum(len(room.occupants) for room in found[ROOMS_SHOWN:])
    if hidden:
        lines.append(words.plural("and {count} person in other rooms", "and {count} people in other rooms", hidden))
    people = sum(len(room.occupants) for room in found)
    footer = words.plural("{count} person", "{count} people", people)
    return panel(words("Studying now"), lines, footer=footer)


def _room(room: Room, words: Words) -> list[str]:
    more = len(room.occupants) - PEOPLE_SHOWN
    return [
        f"**<#{room.channel}>**",
        *(_person(one, words) for one in room.occupants[:PEOPLE_SHOWN]),
        *([words.plural("and {count} more", "and {count} more", more)] if more > 0 else []),
        "",
    ]


def _person(one: Occupant, words: Words) -> str:
    marks = f"{' 🖥️' if one.flags & STREAM else ''}{' 🎥' if one.flags & VIDEO else ''}"
    today = words("{duration} today", duration=words.duration(one.today_s))
    return f"{name_of(one.person)}{marks} · {at(one.since, 'R')} · {today}"


feature = Feature(
    name="now",
    commands=(command("now", "Who is studying right now"),),
    slash={"now": show},
)
