"""What several answers say of the things that protect a run, and the buttons that lead to them."""

from datetime import date
from typing import Final

from core.i18n import Words, at
from services.streaks.freezes import FreezeStatus
from services.streaks.repairs import Offer
from wire.components import Button, ButtonStyle
from wire.custom_id import Action

STATUS: Final = Action("freeze", "status")
PLAN: Final = Action("freeze", "plan")
REPAIR: Final = Action("freeze", "repair", date)  # the missed date


def buttons(status: FreezeStatus, words: Words, *, leads_to_status: bool) -> list[Button]:
    """Those that make sense now; whoever presses one acts for themselves."""
    found: list[Button] = []
    if leads_to_status:
        found.append(Button(words("Freezes"), custom_id=STATUS.pack()))
    if status.vacation_left:
        found.append(Button(words("Vacation"), custom_id=PLAN.pack()))
    offer = status.repair
    if offer is not None and offer.possible_on is None and not offer.is_asked:
        style = ButtonStyle.PRIMARY
        found.append(Button(words("Repair"), custom_id=REPAIR.pack(offer.missed_on), style=style))
    return found


def news(status: FreezeStatus, words: Words) -> list[str]:
    """What a member should hear whenever they look at their run: days told late, a vacation, a repair."""
    lines = [
        words("{date} was told late. It counts, and your run has been put together again.", date=words.date(day))
        for day in status.late_on
    ]
    lines += [
        words("You are on vacation until {date}. Your run rests and stays.", date=words.date(each.last))
        for each in status.vacations
        if each.first <= status.today
    ]
    if status.repair is not None and status.repair.possible_on is None:
        lines.append(repair_line(status.repair, words))
    return lines


def repair_line(offer: Offer, words: Words) -> str:
    """How a run can be repaired, or how far that is."""
    first, second = (words.date(day) for day in offer.dates)
    days = words.days(offer.run_days)
    if offer.is_done:
        return words("Done: {date} is repaired, and your run goes through it.", date=words.date(offer.missed_on))
    if offer.is_asked:
        return words(
            "Your run of {days} is being repaired: it goes on when {first} and {second} are both active, until {when}.",
            days=days,
            first=first,
            second=second,
            when=at(offer.until, "f"),
        )
    return words(
        "Your run of {days} is saved in your record, and can go on: press Repair or use /freeze repair,"
        " and make {first} and {second} active, until {when}.",
        days=days,
        first=first,
        second=second,
        when=at(offer.until, "f"),
    )
