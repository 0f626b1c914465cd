"""`/my`: what a member has chosen for themselves; every answer says what holds now and from when a change holds."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Final

from core.enums import Language, Visibility
from core.i18n import Words, at, language_for, words_for
from handlers.choices import chosen
from handlers.feature import Deps, Feature, guild_of
from handlers.messages import note, plain
from handlers.timezone_options import label, suggest
from services.members import preferences
from services.streaks.travel import Cut
from services.timezones import changes
from services.timezones.changes import ZoneChange
from services.timezones.search import ZoneChoice
from wire.commands import command, integer, string, subcommand
from wire.components import SelectOption, StringSelect
from wire.custom_id import Action
from wire.interaction import Invocation, SelectChoice, SlashCommand
from wire.limits import CHOICE_NAME_MAX
from wire.message import Message
from wire.reply import EditMessage

AUTOMATIC: Final = "auto"
ZONE: Final = Action("my", "zone")
DAY_START_MAX_H: Final = 6


async def timezone(interaction: SlashCommand, deps: Deps) -> Message:
    wanted = interaction.options.string("zone", default="").strip()
    if not wanted:
        return note(_days_now(deps))
    try:
        zone = changes.zone_meant(wanted, now=deps.now, language=deps.words.language)
    except changes.ZoneUnclear as unclear:
        return _which_zone(wanted, unclear.choices, deps.words)
    return note(await _change_zone(interaction, deps, zone))


async def choose_timezone(choice: SelectChoice, deps: Deps) -> EditMessage:
    ZONE.unpack(choice.custom_id)
    return EditMessage(await _change_zone(choice, deps, choice.values[0]))


async def daystart(interaction: SlashCommand, deps: Deps) -> Message:
    hour = interaction.options.integer("hour", default=None)
    if hour is None:
        return note(_days_now(deps))
    change = await changes.change_day_start(
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
    await preferences.choose_language(
        deps.conn, guild=guild_of(interaction), user=interaction.user.id, language=own, now=deps.now
    )
    words = words_for(own or language_for(interaction.locale, interaction.guild_locale))
    return note(f"{_language_now(own, words)} {words('This holds from now on.')}")


async def visibility(interaction: SlashCommand, deps: Deps) -> Message:
    value = interaction.options.string("who", default="")
    if not value:
        return note(_visibility_now(deps.arrival.visibility, deps.words))
    who = chosen(Visibility, value)
    await preferences.choose_visibility(
        deps.conn, guild=guild_of(interaction), user=interaction.user.id, visibility=who, now=deps.now
    )
    return note(f"{_visibility_now(who, deps.words)} {deps.words('This holds from now on.')}")


async def _change_zone(interaction: Invocation, deps: Deps, zone: str) -> str:
    change = await changes.change_zone(
        deps.conn, guild=guild_of(interaction), user=interaction.user.id, zone=zone, now=deps.now
    )
    return _days_later(change, deps)


def _which_zone(text: str, choices: Sequence[ZoneChoice], words: Words) -> Message:
    """The zones that a text may mean, to choose from: a zone stays for a week, so nothing is guessed."""
    select = StringSelect(
        custom_id=ZONE.pack(),
        placeholder=words("Your time zone"),
        options=tuple(SelectOption(each.label[:CHOICE_NAME_MAX], each.zone) for each in choices),
    )
    question = words('"{zone}" can be more than one time zone. Which one is yours?', zone=plain(text))
    return Message(question, components=(select,), private=True)


def _days_now(deps: Deps) -> str:
    """The zone and day start that hold, and those that wait to begin."""
    words, rules = deps.words, deps.arrival.zone_rules
    now = deps.arrival.zone_rule(deps.now)
    lines = [
        words("Your time zone is **{zone}**.", zone=label(now.zone, deps)),
        words("Your day starts at **{start}**.", start=changes.clock(now.day_start)),
    ]
    if len(rules) == 1:
        lines.append(words("That is how this server is set; /my timezone and /my daystart change it for you."))
    if rules[-1].valid_from > deps.now:
        lines.append(
            words(
                "From {when} on it is {zone}, with days that start at {start}.",
                when=at(rules[-1].valid_from, "f"),
                zone=label(rules[-1].zone, deps),
                start=changes.clock(rules[-1].day_start),
            )
        )
        lines.append(words("Until then you can choose another, or take it back by choosing what you have now."))
    return "\n".join(lines)


def _days_later(change: ZoneChange, deps: Deps) -> str:
    words = deps.words
    now = deps.arrival.zone_rule(deps.now)
    if change.is_withdrawn:
        return words(
            "The change that was waiting is taken back."
            " Your time zone stays **{zone}** and your day starts at **{start}**.",
            zone=label(change.zone, deps),
            start=changes.clock(change.day_start),
        )
    lines = [
        words(
            "From {when} on your time zone is **{zone}** and your day starts at **{start}**.",
            when=at(change.valid_from, "f"),
            zone=label(change.zone, deps),
            start=changes.clock(change.day_start),
        ),
        words(
            "Until then your days are those of {zone} and start at {start}. Days that are over stay as they were.",
            zone=label(now.zone, deps),
            start=changes.clock(now.day_start),
        ),
    ]
    lines += [_cut(cut, words) for cut in change.cuts]
    return "\n".join(lines)


def _cut(cut: Cut, words: Words) -> str:
    """What a change does to a day that it leaves little of."""
    day, length = words.date(cut.day), words.duration(int(cut.left.total_seconds()))
    if cut.is_skipped:
        return words("The change skips {date}. That day is protected and breaks no streak.", date=day)
    if cut.is_protected:
        return words(
            "The change leaves only {time} of {date}. That day is protected and breaks no streak.",
            date=day,
            time=length,
        )
    return words(
        "The change leaves only {time} of {date}, and that day is not protected: a change can protect two days in 30."
        " Study on it, and your run goes on.",
        date=day,
        time=length,
    )


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
    selects={ZONE: choose_timezone},
)
