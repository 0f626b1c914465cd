"""`/my`: a member's own settings; every answer states the current value and when a change takes effect."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Final

from core.enums import Language, Visibility
from core.i18n import Translator, discord_timestamp, language_for, translator_for
from handlers.choices import parse_choice
from handlers.feature import Deps, Feature, guild_of
from handlers.messages import ephemeral, escape_markdown
from handlers.timezone_options import label, suggest
from services.members import preferences
from services.streaks.travel import Cut
from services.timezones import changes
from services.timezones.changes import ZoneChange
from services.timezones.search import ZoneChoice
from wire.commands import command, integer, string, subcommand
from wire.components import SelectOption, StringSelect
from wire.custom_id import Action
from wire.interaction import InteractionBase, SelectSubmit, SlashCommand
from wire.limits import CHOICE_NAME_MAX
from wire.message import Message
from wire.reply import EditMessage

AUTOMATIC: Final = "auto"
ZONE: Final = Action("my", "zone")
DAY_START_MAX_H: Final = 6


async def timezone(interaction: SlashCommand, deps: Deps) -> Message:
    wanted = interaction.options.string("zone", default="").strip()
    if not wanted:
        return ephemeral(_days_now(deps))
    try:
        zone = changes.resolve_timezone(wanted, now=deps.now, language=deps.t.language)
    except changes.ZoneUnclear as unclear:
        return _which_zone(wanted, unclear.choices, deps.t)
    return ephemeral(await _change_zone(interaction, deps, zone))


async def choose_timezone(choice: SelectSubmit, deps: Deps) -> EditMessage:
    ZONE.unpack(choice.custom_id)
    return EditMessage(await _change_zone(choice, deps, choice.values[0]))


async def daystart(interaction: SlashCommand, deps: Deps) -> Message:
    hour = interaction.options.integer("hour", default=None)
    if hour is None:
        return ephemeral(_days_now(deps))
    change = await changes.change_day_start(
        deps.conn,
        guild=guild_of(interaction),
        user=interaction.user.id,
        day_start=timedelta(hours=min(max(hour, -1), 24)),
        now=deps.now,
    )
    return ephemeral(_days_later(change, deps))


async def language(interaction: SlashCommand, deps: Deps) -> Message:
    value = interaction.options.string("language", default="")
    if not value:
        return ephemeral(_language_now(deps.member.language, deps.t))
    own = None if value == AUTOMATIC else parse_choice(Language, value)
    await preferences.choose_language(
        deps.conn, guild=guild_of(interaction), user=interaction.user.id, language=own, now=deps.now
    )
    t = translator_for(own or language_for(interaction.locale, interaction.guild_locale))
    return ephemeral(f"{_language_now(own, t)} {t('This holds from now on.')}")


async def visibility(interaction: SlashCommand, deps: Deps) -> Message:
    value = interaction.options.string("who", default="")
    if not value:
        return ephemeral(_visibility_now(deps.member.visibility, deps.t))
    who = parse_choice(Visibility, value)
    await preferences.choose_visibility(
        deps.conn, guild=guild_of(interaction), user=interaction.user.id, visibility=who, now=deps.now
    )
    return ephemeral(f"{_visibility_now(who, deps.t)} {deps.t('This holds from now on.')}")


async def _change_zone(interaction: InteractionBase, deps: Deps, zone: str) -> str:
    change = await changes.change_zone(
        deps.conn, guild=guild_of(interaction), user=interaction.user.id, zone=zone, now=deps.now
    )
    return _days_later(change, deps)


def _which_zone(text: str, choices: Sequence[ZoneChoice], t: Translator) -> Message:
    """Ask which of several matching zones is meant: a zone can be changed once a week, so nothing is guessed."""
    select = StringSelect(
        custom_id=ZONE.pack(),
        placeholder=t("Your time zone"),
        options=tuple(SelectOption(each.label[:CHOICE_NAME_MAX], each.zone) for each in choices),
    )
    question = t('"{zone}" can be more than one time zone. Which one is yours?', zone=escape_markdown(text))
    return Message(question, components=(select,), private=True)


def _days_now(deps: Deps) -> str:
    """The current time zone and day start, and a scheduled change."""
    t, rules = deps.t, deps.member.zone_rules
    now = deps.member.zone_rule(deps.now)
    lines = [
        t("Your time zone is **{zone}**.", zone=label(now.zone, deps)),
        t("Your day starts at **{start}**.", start=changes.clock(now.day_start)),
    ]
    if len(rules) == 1:
        lines.append(t("That is how this server is set; /my timezone and /my daystart change it for you."))
    if rules[-1].valid_from > deps.now:
        lines.append(
            t(
                "From {when} on it is {zone}, with days that start at {start}.",
                when=discord_timestamp(rules[-1].valid_from, "f"),
                zone=label(rules[-1].zone, deps),
                start=changes.clock(rules[-1].day_start),
            )
        )
        lines.append(t("Until then you can choose another, or take it back by choosing what you have now."))
    return "\n".join(lines)


def _days_later(change: ZoneChange, deps: Deps) -> str:
    t = deps.t
    now = deps.member.zone_rule(deps.now)
    if change.is_withdrawn:
        return t(
            "The change that was waiting is taken back."
            " Your time zone stays **{zone}** and your day starts at **{start}**.",
            zone=label(change.zone, deps),
            start=changes.clock(change.day_start),
        )
    lines = [
        t(
            "From {when} on your time zone is **{zone}** and your day starts at **{start}**.",
            when=discord_timestamp(change.valid_from, "f"),
            zone=label(change.zone, deps),
            start=changes.clock(change.day_start),
        ),
        t(
            "Until then your days are those of {zone} and start at {start}. Days that are over stay as they were.",
            zone=label(now.zone, deps),
            start=changes.clock(now.day_start),
        ),
    ]
    lines += [_cut(cut, t) for cut in change.cuts]
    return "\n".join(lines)


def _cut(cut: Cut, t: Translator) -> str:
    """What a change does to a day that it shortens."""
    day, length = t.date(cut.day), t.duration(int(cut.left.total_seconds()))
    if cut.is_skipped:
        return t("The change skips {date}. That day is protected and breaks no streak.", date=day)
    if cut.is_protected:
        return t(
            "The change leaves only {time} of {date}. That day is protected and breaks no streak.",
            date=day,
            time=length,
        )
    return t(
        "The change leaves only {time} of {date}, and that day is not protected: a change can protect two days in 30."
        " Study on it, and your run goes on.",
        date=day,
        time=length,
    )


def _language_now(own: Language | None, t: Translator) -> str:
    if own is None:
        return t("I answer you in the language of your Discord, here {language}.", language=t.name())
    return t("I answer you in {language}, whatever your Discord is set to.", language=t.name())


def _visibility_now(who: Visibility, t: Translator) -> str:
    match who:
        case Visibility.PUBLIC:
            return t("Everyone in this server can see your numbers: on boards, on your cards and in /now.")
        case Visibility.PRIVATE:
            return t(
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
