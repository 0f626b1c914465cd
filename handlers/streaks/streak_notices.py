"""Notices about vacations, repairs and late activity that several answers show, with the matching buttons."""

from datetime import date
from typing import Final

from core.i18n import Translator, discord_timestamp
from services.streaks.freezes import FreezeStatus
from services.streaks.repairs import RepairOffer
from wire.components import Button, ButtonStyle
from wire.custom_id import Action

STATUS: Final = Action("freeze", "status")
PLAN: Final = Action("freeze", "plan")
REPAIR: Final = Action("freeze", "repair", date)  # the missed date


def notice_buttons(status: FreezeStatus, t: Translator, *, leads_to_status: bool) -> list[Button]:
    """Buttons for the actions possible now; they act on the member who clicks."""
    found: list[Button] = []
    if leads_to_status:
        found.append(Button(t("Freezes"), custom_id=STATUS.pack()))
    if status.vacation_left:
        found.append(Button(t("Vacation"), custom_id=PLAN.pack()))
    offer = status.repair
    if offer is not None and offer.possible_on is None and not offer.is_requested:
        style = ButtonStyle.PRIMARY
        found.append(Button(t("Repair"), custom_id=REPAIR.pack(offer.missed_on), style=style))
    return found


def streak_notices(status: FreezeStatus, t: Translator) -> list[str]:
    """Lines shown with every view of a member's own streak: late activity, current vacation, possible repair."""
    lines = [
        t("{date} was told late. It counts, and your run has been put together again.", date=t.date(day))
        for day in status.late_on
    ]
    lines += [
        t("You are on vacation until {date}. Your run rests and stays.", date=t.date(each.last))
        for each in status.vacations
        if each.first <= status.today
    ]
    if status.repair is not None and status.repair.possible_on is None:
        lines.append(repair_line(status.repair, t))
    return lines


def repair_line(offer: RepairOffer, t: Translator) -> str:
    """How a streak can be repaired, or the progress of a requested repair."""
    first, second = (t.date(day) for day in offer.dates)
    days = t.days(offer.streak_days)
    if offer.is_done:
        return t("Done: {date} is repaired, and your run goes through it.", date=t.date(offer.missed_on))
    if offer.is_requested:
        return t(
            "Your run of {days} is being repaired: it goes on when {first} and {second} are both active, until {when}.",
            days=days,
            first=first,
            second=second,
            when=discord_timestamp(offer.until, "f"),
        )
    return t(
        "Your run of {days} is saved in your record, and can go on: press Repair or use /freeze repair,"
        " and make {first} and {second} active, until {when}.",
        days=days,
        first=first,
        second=second,
        when=discord_timestamp(offer.until, "f"),
    )
