"""`/my`: what a member has chosen for themselves; every answer says what holds now and from when a change holds."""

from datetime import timedelta
from typing import Final

from core.enums import Language, Visibility
from core.words import Words, at, language_for, words_for
from handlers.choices import chosen
from handlers.feature import Deps, Feature, guild_of
from handlers.looks import note
from handlers.zones import label, suggest
from services import people, zones
from services.zones import ZoneChange
from wire.commands import command, integer, string, subcommand
from wire.interaction import SlashCommand
from wire.reply import Message

AUTOMATIC: Final = "auto"
DAY_START_MAX_H: Final = 6


async def timezone(interaction: SlashCommand, deps: Deps) -> Message:
    wanted = interaction.options.string("zone", default="").strip()
    if not wanted:
        return note(_days_now(deps))
    change = await zones.change_zone(
        deps.conn, guild=guild_of(interaction), user=interaction.user.id, zone=wanted, now=deps.now
    )
    return note(_days_later(change, deps))


async def daystart(interaction: SlashCommand, deps: Deps) -> Message:
    hour = interaction.options.integer("hour", default=None)
    if hour is None:
        return note(_days_now(deps))
    change = await zones.change_day_start(
        deps.conn,
        guild=guild_of(interaction),
        user=interaction.user.id,
        day_start=timedelta(hours=min(max(hour, -1), 24)),
        now=deps.now,
    )
    return note(_days_later(change, deps))


async def language(interaction: SlashCommand, deps: Deps) -> Message:
    value = interaction.options.string("language", default="")
    if not value:
        return note(_language_now(deps.arrival.language, deps.words))
    own = None if value == AUTOMATIC else chosen(Language, value)
    await people.choose_language(
        deps.conn, guild=guild_of(interaction), user=interaction.user.id, language=own, now=deps.now
    )
    words = words_for(own or language_for(interaction.locale, interaction.guild_locale))
    return note(f"{_language_now(own, words)} {words('This holds from now on.')}")


async def visibility(interaction: SlashCommand, deps: Deps) -> Message:
    value = interaction.options.string("who", default="")
    if not value:
        return note(_visibility_now(deps.arrival.visibility, deps.words))
    who = chosen(Visibility, value)
    await people.choose_visibility(
        deps.conn, guild=guild_of(interaction), user=interaction.user.id, visibility=who, now=deps.now
    )
    return note(f"{_visibility_now(who, deps.words)} {deps.words('This holds from now on.')}")


def _days_now(deps: Deps) -> str:
    """The zone and day start that hold, and those that wait to begin."""
    words, rules = deps.words, deps.arrival.zone_rules
    now = deps.arrival.zone_rule(deps.now)
    lines = [
        words("Your time zone is **{zone}**.", zone=label(now.zone, deps)),
        words("Your day starts at **{start}**.", start=zones.clock(now.day_start)),
    ]
    if len(rules) == 1:
        lines.append(words("That is how this server is set; /my timezone and /my daystart change it for you."))
    if rules[-1].valid_from > deps.now:
        lines.append(
            words(
                "From {when} on it is {zone}, with days that start at {start}.",
                when=at(rules[-1].valid_from, "f"),
                zone=label(rules[-1].zone, deps),
                start=zones.clock(rules[-1].day_start),
            )
        )
    return "\n".join(lines)


def _days_later(change: ZoneChange, deps: Deps) -> str:
    words = deps.words
    now = deps.arrival.zone_rule(deps.now)
    lines = [
        words(
            "From {when} on your time zone is **{zone}** and your day starts at **{start}**.",
            when=at(change.valid_from, "f"),
            zone=label(change.zone, deps),
            start=zones.clock(change.day_start),
        ),
        words(
            "Until then your days are those of {zone} and start at {start}. Days that are over stay as they were.",
            zone=label(now.zone, deps),
            start=zones.clock(now.day_start),
        ),
    ]
    if change.protected_on is not None:
        skipped = words.date(change.protected_on)
        lines.append(words("The change skips {date}. That day is protected and breaks no streak.", date=skipped))
    return "\n".join(lines)


def _language_now(own: Language | None, words: Words) -> str:
    if own is None:
        return words("I answer you in the language of your Discord, here {language}.", language=words.name())
    return words("I answer you in {language}, whatever your Discord is set to.", language=words.name())


def _visibility_now(who: Visibility, words: Words) -> str:
    match who:
        case Visibility.PUBLIC:
            return words("Everyone in this server can see your numbers: on boards, on your cards and in /now.")
        case Visibility.PRIVATE:
            return words(
                "Only you can see your numbers. You are on no board and not in /now; your cards come to you alone."
            )


feature = Feature(
    name="my",
    commands=(
        command(
            "my",
            "Your own settings in this server",
            subcommand(
                "timezone",
                "The time zone that your days and streaks go by",
                string("zone", "A city, or the time on your clock now, such as 14:30", autocomplete=True),
            ),
            subcommand(
                "daystart",
                "When your day starts, for those who study past midnight",
                integer("hour", "The hour, from 0 to 6", min_value=0, max_value=DAY_START_MAX_H),
            ),
            subcommand(
                "language",
                "The language that Lyceum speaks with you",
                string(
                    "language",
                    "One language, or whatever your Discord is set to",
                    choices=(
                        ("Like my Discord", AUTOMATIC),
                        ("English", Language.EN),
                        ("한국어", Language.KO),
                        ("Español", Language.ES),
                        ("繁體中文", Language.ZH_TW),
                    ),
                ),
            ),
            subcommand(
                "visibility",
                "Who can see your numbers",
                string(
                    "who",
                    "Everyone in this server, or only you",
                    choices=(("Everyone in this server", Visibility.PUBLIC), ("Only me", Visibility.PRIVATE)),
                ),
            ),
        ),
    ),
    slash={
        "my timezone": timezone,
        "my daystart": daystart,
        "my language": language,
        "my visibility": visibility,
    },
    autocomplete={"my timezone": suggest},
)
