"""`/tools`: timestamp markup, time zone comparison and other time helpers."""

from datetime import timedelta
from typing import Final
from zoneinfo import ZoneInfo

from core.i18n import discord_timestamp
from handlers import timezone_options
from handlers.feature import Deps, Feature
from handlers.messages import ephemeral
from services import when
from services.timezones.changes import resolve_timezone
from wire.commands import command, string, subcommand
from wire.interaction import SlashCommand
from wire.message import Message
from wire.objects import Context

STYLES: Final = "tTdDfFR"  # discord.com/developers/docs/reference#message-formatting-timestamp-styles


async def timestamp(interaction: SlashCommand, deps: Deps) -> Message:
    typed = interaction.options.string("zone", default="").strip()
    zone = (
        resolve_timezone(typed, now=deps.now, language=deps.t.language)
        if typed
        else deps.member.zone_rule(deps.now).zone
    )
    moment = when.parse_time(interaction.options.string("when"), zone=zone, now=deps.now)
    heading = deps.t(
        "Copy one, and everybody reads it in their own time. I went by {zone}.", zone=timezone_options.label(zone, deps)
    )
    return ephemeral(
        "\n".join(
            [heading, *(f"`{discord_timestamp(moment, style)}` {discord_timestamp(moment, style)}" for style in STYLES)]
        )
    )


async def time(interaction: SlashCommand, deps: Deps) -> Message:
    t, own = deps.t, deps.member.zone_rule(deps.now).zone
    zone = resolve_timezone(interaction.options.string("zone"), now=deps.now, language=deps.t.language)
    local = deps.now.astimezone(ZoneInfo(zone))
    facts = {"zone": timezone_options.city(zone, deps), "time": f"{local:%H:%M}", "date": t.date(local.date())}
    line = t("In **{zone}** it is **{time}** on {date}.", **facts)
    apart = when.utc_offset_difference(zone, own, now=deps.now)
    length, here = t.duration(int(abs(apart).total_seconds())), timezone_options.city(own, deps)
    if not apart:
        return ephemeral(f"{line} {t('The clocks show the same in {own}.', own=here)}")
    if apart > timedelta():
        return ephemeral(f"{line} {t('That is {time} ahead of {own}.', time=length, own=here)}")
    return ephemeral(f"{line} {t('That is {time} behind {own}.', time=length, own=here)}")


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
