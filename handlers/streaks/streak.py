"""`/streak`: a month of a member's days as a calendar image, with buttons to other months."""

import re
from datetime import date
from typing import Final

from core.enums import Visibility
from core.errors import DomainError
from core.i18n import Translator
from core.ids import GuildId, UserId
from handlers import dates
from handlers.feature import Deps, Feature, guild_of
from handlers.messages import RenderJob, avatar_path_of, embed_message, name_of, with_image
from handlers.streak_text import streak_line
from handlers.streaks import streak_notices
from handlers.targets import require_human, target_or_self
from render.cards.streaks import calendar
from render.cards.streaks.calendar import StreakCalendar
from render.cards.streaks.day_status import CalendarDay
from services import profiles
from services.members.names import display_name
from services.members.person import Person
from services.profiles import MonthCalendar
from wire.commands import command, string, user
from wire.components import Button, Row
from wire.custom_id import Action
from wire.interaction import ButtonClick, InteractionBase, SlashCommand
from wire.reply import ImageReply

FILENAME: Final = "streak.png"

MONTH: Final = Action("streak", "month", int, int, date)  # member, requesting user, first day of the month

_MONTH: Final = re.compile(r"(\d{4})-(\d{1,2})", re.ASCII)
_YEARS: Final = range(2015, 2100)  # Discord was made in the first


class NoSuchMonth(DomainError):
    """Raised for text that is not a month in the expected format."""

    def __init__(self, text: str, example: date) -> None:
        super().__init__(
            'I cannot read "{text}" as a month. Write year and month like this: {example}.',
            text=text,
            example=f"{example:%Y-%m}",
        )


class MonthToCome(DomainError):
    """Raised for a month that has not begun."""

    def __init__(self) -> None:
        super().__init__("That month has not begun yet. Choose this month or an earlier one.")


async def show(interaction: SlashCommand, deps: Deps) -> ImageReply:
    person = target_or_self(interaction)
    require_human(person)
    text = interaction.options.string("month", default="").strip()
    first = _parse(text, example=dates.today(deps)) if text else None
    return await _draw(interaction, deps, person, first, asker=interaction.user.id)


async def turn_month(press: ButtonClick, deps: Deps) -> ImageReply:
    user_id, asker, first = MONTH.unpack(press.custom_id)
    return await _draw(press, deps, UserId(user_id), first, asker=UserId(asker))


def _parse(text: str, *, example: date) -> date:
    found = _MONTH.fullmatch(text)
    if found is None or not 1 <= int(found[2]) <= 12 or int(found[1]) not in _YEARS:  # noqa: PLR2004 - months of a year
        raise NoSuchMonth(text[:40], example)
    return date(int(found[1]), int(found[2]), 1)


async def _draw(
    interaction: InteractionBase, deps: Deps, whom: Person | UserId, first: date | None, *, asker: UserId
) -> ImageReply:
    """The month; a member who clicks a button on a calendar that another member requested gets a private copy."""
    guild = guild_of(interaction)
    viewer = interaction.user.id
    user_id = whom.user if isinstance(whom, Person) else whom
    found = await profiles.month(deps.conn, guild=guild, user=user_id, now=deps.now, first=first, viewer=viewer)
    if found.first > found.today:
        raise MonthToCome
    person = whom if isinstance(whom, Person) else found.person
    t = deps.t
    is_press = isinstance(interaction, ButtonClick)
    is_own = asker == viewer
    card = _card(found, person, guild)
    return with_image(
        embed_message(
            t("{name} · {month}", name=name_of(person), month=t.month(found.first)),
            _lines(found, t, is_own=found.person.user == viewer),
            footer=_footer(found, t),
            buttons=_buttons(found, asker=viewer, t=t),
            private=found.visibility is Visibility.PRIVATE or (is_press and not is_own),
        ),
        RenderJob(calendar.draw, card, t),
        filename=FILENAME,
        alt=calendar.alt(card, t=t),
        avatars=(card.avatar,),
        edits=is_press and is_own,
    )


def _card(found: MonthCalendar, person: Person, guild: GuildId) -> StreakCalendar:
    return StreakCalendar(
        name=display_name(person),
        month=found.first,
        today=found.today,
        days=tuple(CalendarDay(each.day, each.status, each.seconds, each.protection) for each in found.days),
        current=found.streak.current,
        alive_since=found.streak.started_on,
        longest=found.streak.longest,
        avatar=avatar_path_of(person, guild),
        tint=person.user,
        threshold_s=found.threshold_s,
    )


def _lines(found: MonthCalendar, t: Translator, *, is_own: bool) -> list[str]:
    active = t.plural("**{count}** active day", "**{count}** active days", found.active_days)
    total = t("**{total}** this month", total=t.duration(found.total_s))
    lines = [streak_line(found.streak, t), f"{active} · {total}"]
    if found.streak.current and found.streak.today_is_open:
        lines.append(t("Today is still open: your streak stands, and today can still add to it."))
    elif not found.streak.current and found.streak.longest:
        lines.append(t("The best run stays in the record. The next one begins with any active day."))
    return [*lines, *streak_notices.streak_notices(found.status, t)] if is_own else lines


def _footer(found: MonthCalendar, t: Translator) -> str:
    return t.plural(
        "A day is active from {count} minute on.", "A day is active from {count} minutes on.", found.threshold_s // 60
    )


def _buttons(found: MonthCalendar, *, asker: UserId, t: Translator) -> tuple[Row, ...]:
    buttons: list[Button] = []
    for first, sign in ((found.before, "◀ {month}"), (found.after, "{month} ▶")):
        if first is not None:
            label = sign.format(month=t.month(first))
            buttons.append(Button(label, custom_id=MONTH.pack(found.person.user, asker, first)))
    rows = [buttons]
    if found.person.user == asker and found.streak.longest:
        rows.append(streak_notices.notice_buttons(found.status, t, leads_to_status=True))
    return tuple(tuple(row) for row in rows if row)


feature = Feature(
    name="streak",
    commands=(
        command(
            "streak",
            "The calendar of a month: which days were active",
            user("user", "Whose; yours unless you choose"),
            string("month", "Year and month as YYYY-MM; this month unless you choose", max_length=10),
        ),
    ),
    slash={"streak": show},
    public=frozenset({"streak"}),
    buttons={MONTH: turn_month},
)
