"""`/tools`: small helps around time, for writing to people who live elsewhere."""

from datetime import timedelta
from typing import Final
from zoneinfo import ZoneInfo

from core.i18n import at
from handlers import timezone_options
from handlers.feature import Deps, Feature
from handlers.messages import note
from services import when
from services.timezones.changes import zone_meant
from wire.commands import command, string, subcommand
from wire.interaction import SlashCommand
from wire.message import Message
from wire.objects import Context

STYLES: Final = "tTdDfFR"  # discord.com/developers/docs/reference#message-formatting-timestamp-styles


async def timestamp(interaction: SlashCommand, deps: Deps) -> Message:
    typed = interaction.options.string("zone", default="").strip()
    zone = (
        zone_meant(typed, now=deps.now, language=deps.words.language)
        if typed
        else deps.arrival.zone_rule(deps.now).zone
    )
    moment = when.moment(interaction.options.string("when"), zone=zone, now=deps.now)
    heading = deps.words(
        "Copy one, and everybody reads it in their own time. I went by {zone}.", zone=timezone_options.label(zone, deps)
    )
    return note("\n".join([heading, *(f"`{at(moment, style)}` {at(moment, style)}" for style in STYLES)]))


async def time(interaction: SlashCommand, deps: Deps) -> Message:
    words, own = deps.words, deps.arrival.zone_rule(deps.now).zone
    zone = zone_meant(interaction.options.string("zone"), now=deps.now, language=deps.words.language)
    local = deps.now.astimezone(ZoneInfo(zone))
    facts = {"zone": timezone_options.city(zone, deps), "time": f"{local:%H:%M}", "date": words.date(local.date())}
    line = words("In **{zone}** it is **{time}** on {date}.", **facts)
    apart = when.apart(zone, own, now=deps.now)
    length, here = words.duration(int(abs(apart).total_seconds())), timezone_options.city(own, deps)
    if not apart:
        return note(f"{line} {words('The clocks show the same in {own}.', own=here)}")
    if apart > timedelta():
        return note(f"{line} {words('That is {time} ahead of {own}.', time=length, own=here)}")
    return note(f"{line} {words('That is {time} behind {own}.', time=length, own=here)}")


feature = Feature(
    name="tools",
    commands=(
        command(
            "tools",
            "Small helps around time",
            subcommand(
                "timestamp",
                "A moment that everybody reads in their own time zone",
                string("when", "Such as 18:30, YYYY-MM-DD 18:30 or 2h 30m", required=True, max_length=60),
                string("zone", "Whose clock you mean; your own unless you choose", autocomplete=True),
            ),
            subcommand(
                "time",
                "What time it is somewhere else",
                string("zone", "A city, or the time on the clock there", required=True, autocomplete=True),
            ),
            contexts=(Context.GUILD, Context.BOT_DM),
        ),
    ),
    slash={"tools timestamp": timestamp, "tools time": time},
    autocomplete={"tools timestamp": timezone_options.suggest, "tools time": timezone_options.suggest},
    guild_only=False,
)
