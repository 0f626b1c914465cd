"""`/freeze`: a member's streak freezes, vacations and repairs; all answers are private."""

from datetime import date
from enum import StrEnum
from typing import Final

from core.i18n import Translator
from handlers.choices import parse_choice
from handlers.dates import ONE_DAY, parse, today
from handlers.feature import Deps, Feature, guild_of
from handlers.messages import embed_message, ephemeral
from handlers.streaks.streak_notices import PLAN, REPAIR, STATUS, notice_buttons, repair_line, streak_notices
from services.streaks import freezes, repairs, vacations
from services.streaks.freeze_simulation import EARNED_EVERY, HELD_MAX
from services.streaks.freezes import FreezeStatus
from services.streaks.vacations import Vacation
from wire.commands import command, string, subcommand
from wire.custom_id import Action
from wire.interaction import ButtonClick, InteractionBase, ModalSubmit, SlashCommand
from wire.message import Message
from wire.modals import Label, Modal, TextInput

PLANNED: Final = Action("freeze", "planned")

_DATE_LENGTH: Final = 10  # of YYYY-MM-DD


class Use(StrEnum):
    """Automatic use of freezes: on or off."""

    ON = "on"
    OFF = "off"


async def status(interaction: SlashCommand | ButtonClick, deps: Deps) -> Message:
    found = await freezes.status(deps.conn, guild=guild_of(interaction), user=interaction.user.id, now=deps.now)
    return _panel(found, deps.t)


async def buy(_: SlashCommand, deps: Deps) -> Message:
    return ephemeral(
        deps.t(
            "Coins come later, and freezes for coins with them. Until then every seven active days in a row earn one."
        )
    )


async def auto(interaction: SlashCommand, deps: Deps) -> Message:
    use = parse_choice(Use, interaction.options.string("use", default=""))
    await freezes.set_automatic(
        deps.conn, guild=guild_of(interaction), user=interaction.user.id, is_on=use is Use.ON, now=deps.now
    )
    return ephemeral(_use(deps.t, is_on=use is Use.ON))


async def vacation(interaction: SlashCommand, deps: Deps) -> Message:
    return await _plan(interaction, deps, interaction.options.string("from"), interaction.options.string("to"))


async def ask_dates(press: ButtonClick, deps: Deps) -> Modal:
    """The vacation modal; its example is the first vacation that would be accepted now."""
    PLAN.unpack(press.custom_id)
    found = await freezes.status(deps.conn, guild=guild_of(press), user=press.user.id, now=deps.now)
    possible, t = found.vacation_possible, deps.t
    if possible is None:
        possible = Vacation(found.today + ONE_DAY, found.today + ONE_DAY)
    longest = t.plural("At most {count} day from then on", "At most {count} days from then on", possible.days)
    return Modal(
        t("Plan a vacation"),
        PLANNED.pack(),
        (
            Label(
                t("First day"),
                _date_input("from", possible.first),
                t("{date} or later", date=possible.first.isoformat()),
            ),
            Label(t("Last day"), _date_input("to", possible.last), longest),
        ),
    )


async def planned(modal: ModalSubmit, deps: Deps) -> Message:
    PLANNED.unpack(modal.custom_id)
    return await _plan(modal, deps, modal.fields.text("from"), modal.fields.text("to"))


async def cancel_vacation(interaction: SlashCommand, deps: Deps) -> Message:
    count = await vacations.cancel(deps.conn, guild=guild_of(interaction), user=interaction.user.id, now=deps.now)
    t = deps.t
    taken = t.plural("{count} day of vacation is taken back.", "{count} days of vacation are taken back.", count)
    return ephemeral(f"{taken} {t('From tomorrow on your days count as usual.')}")


async def repair(interaction: SlashCommand, deps: Deps) -> Message:
    text = interaction.options.string("date", default="").strip()
    return await _repair(interaction, deps, parse(text, example=today(deps) - ONE_DAY) if text else None)


async def press_repair(press: ButtonClick, deps: Deps) -> Message:
    (day,) = REPAIR.unpack(press.custom_id)
    return await _repair(press, deps, day)


async def press_status(press: ButtonClick, deps: Deps) -> Message:
    STATUS.unpack(press.custom_id)
    return await status(press, deps)


async def _plan(interaction: InteractionBase, deps: Deps, first: str, last: str) -> Message:
    tomorrow = today(deps) + ONE_DAY
    found = await vacations.plan(
        deps.conn,
        guild=guild_of(interaction),
        user=interaction.user.id,
        first=parse(first, example=tomorrow),
        last=parse(last, example=tomorrow),
        now=deps.now,
    )
    t = deps.t
    lines = [_vacation(each, t) for each in found]
    lines.append(t("Your run rests on these days and stays. It costs nothing, and active days still count."))
    return ephemeral("\n".join(lines))


async def _repair(interaction: InteractionBase, deps: Deps, day: date | None) -> Message:
    offer = await repairs.request_repair(
        deps.conn, guild=guild_of(interaction), user=interaction.user.id, now=deps.now, day=day
    )
    return ephemeral(repair_line(offer, deps.t))


def _panel(found: FreezeStatus, t: Translator) -> Message:
    held = t.plural("**{count}** freeze at hand", "**{count}** freezes at hand", found.held)
    if found.held < HELD_MAX:
        towards = t("**{count}** of {every} days in a row for the next", count=found.in_a_row, every=EARNED_EVERY)
        held = f"{held} · {towards}"
    lines = [held, _use(t, is_on=found.is_on)]
    if found.saved_on:
        dates = ", ".join(t.date(day) for day in found.saved_on)
        lines.append(t("Frozen in the last 30 days: {dates}.", dates=dates))
    lines += [_vacation(each, t) for each in found.vacations if each.first > found.today]
    if found.vacation_left:
        lines.append(
            t.plural(
                "A vacation that begins tomorrow can last {count} day.",
                "A vacation that begins tomorrow can last {count} days.",
                found.vacation_left,
            )
        )
    elif found.vacation_possible is not None:
        lines.append(t("The next vacation can begin on {date}.", date=t.date(found.vacation_possible.first)))
    lines += streak_notices(found, t)
    row = tuple(notice_buttons(found, t, leads_to_status=False))
    return embed_message(t("What protects your run"), lines, buttons=(row,) if row else (), private=True)


def _use(t: Translator, *, is_on: bool) -> str:
    if is_on:
        return t(
            "When a day of yours ends without activity, a freeze is used by itself: one for one day, two days in a row"
            " at most. A frozen day keeps the run and adds nothing to it."
        )
    return t("Freezes are kept and not used. /freeze auto turns them on again.")


def _vacation(each: Vacation, t: Translator) -> str:
    days = t.days(each.days)
    return t("Vacation from {first} to {last}, {days}.", first=t.date(each.first), last=t.date(each.last), days=days)


def _date_input(custom_id: str, example: date) -> TextInput:
    return TextInput(
        custom_id=custom_id, placeholder=example.isoformat(), min_length=_DATE_LENGTH - 2, max_length=_DATE_LENGTH
    )


feature = Feature(
    name="freeze",
    commands=(
        command(
            "freeze",
            "What protects your streak on days without activity",
            subcommand("status", "Your freezes, vacations and what can be repaired"),
            subcommand("buy", "How to get more freezes"),
            subcommand(
                "auto",
                "Whether freezes are used by themselves",
                string(
                    "use",
                    "On, or kept for later",
                    required=True,
                    choices=(("On", Use.ON), ("Off", Use.OFF)),
                ),
            ),
            subcommand(
                "vacation",
                "Plan 1 to 14 days on which your run rests and stays",
                string("from", "The first day, tomorrow or later, as YYYY-MM-DD", required=True, max_length=10),
                string("to", "The last day, as YYYY-MM-DD", required=True, max_length=10),
            ),
            subcommand("vacation-cancel", "Take back the days of vacation from tomorrow on"),
            subcommand(
                "repair",
                "Let a run go on that ended in the last two days",
                string("date", "The quiet day, as YYYY-MM-DD; the last one unless you choose", max_length=10),
            ),
        ),
    ),
    slash={
        "freeze status": status,
        "freeze buy": buy,
        "freeze auto": auto,
        "freeze vacation": vacation,
        "freeze vacation-cancel": cancel_vacation,
        "freeze repair": repair,
    },
    buttons={STATUS: press_status, PLAN: ask_dates, REPAIR: press_repair},
    modals={PLANNED: planned},
)
