"""Resolves mentions, timestamps and emoji in markdown for one reader: names, locale, zone, current time."""

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from markupsafe import Markup, escape

from playground.page.drawing import icon
from playground.page.view_context import DIRECT, ViewContext
from playground.state.state import World
from render.html import times

TOKEN: Final = re.compile(
    r"""<(?:
        @!?(?P<user>\d{1,20})
        | @&(?P<role>\d{1,20})
        | \#(?P<channel>\d{1,20})
        | /(?P<path>[-_'\w\u0900-\u097f\u0e00-\u0e7f]{1,32}(?:\x20[-_'\w\u0900-\u097f\u0e00-\u0e7f]{1,32}){0,2})
          :(?P<command>\d{1,20})
        | a?:(?P<name>\w{1,32}):(?P<emoji>\d{1,20})
        | t:(?P<at>-?\d{1,15})(?::(?P<style>[tTdDfFsSR]))?
        | id:(?P<place>customize|browse|guide|linked-roles)(?::\d{1,20})?
    )>""",
    re.VERBOSE,
)
COMMAND: Final = Markup('<button type="button" class="mention" data-command="{}" data-path="{}">/{}</button>')
PERSON: Final = Markup(
    '<button type="button" class="mention" data-user="{0}" data-card="/page/people/{0}" aria-haspopup="dialog">'
    "@<bdi>{1}</bdi></button>"
)
STILL_PERSON: Final = Markup('<span class="mention" data-user="{}">@<bdi>{}</bdi></span>')
PLACES: Final = {
    "customize": "Channels & Roles",
    "browse": "Browse Channels",
    "guide": "Server Guide",
    "linked-roles": "Linked Roles",
}


@dataclass(frozen=True, slots=True)
class Reading:
    """The reader, current time and message context of a text."""

    seat: ViewContext
    world: World
    now: datetime
    pings_everyone: bool = False  # whether @everyone is a mention in this text

    def token(self, found: re.Match[str], *, is_usable: bool = True) -> Markup | None:
        """The HTML for a match of TOKEN; None: shown as written. If not `is_usable`, it is neither link nor button."""
        shown: Markup | None
        match found.lastgroup:
            case "user":
                shown = self.user(int(found["user"]), is_usable=is_usable)
            case "role":
                shown = self._role(int(found["role"]))
            case "channel":
                shown = self._channel(int(found["channel"]), is_usable=is_usable)
            case "command" if is_usable:
                shown = COMMAND.format(found["command"], found["path"], found["path"])
            case "command":
                shown = Markup('<span class="mention">/{}</span>').format(found["path"])
            case "emoji":
                shown = self.emoji(found["emoji"], found["name"])
            case "place":
                shown = Markup('<span class="mention">{}{}</span>').format(icon("compass"), PLACES[found["place"]])
            case _:
                shown = self._time(int(found["at"]), found["style"] or times.USUAL)
        return shown

    def name_of(self, user: int) -> str | None:
        """The name of a user in the current guild; None: unknown user."""
        member = self.seat.guild.members.get(user) if self.seat.guild else None
        account = self.world.users.get(user)
        return member.display_name if member else account.display_name if account else None

    def user(self, number: int, *, is_usable: bool) -> Markup:
        """A user mention that opens the user's popover."""
        name = self.name_of(number)
        if name is None:
            return Markup('<span class="mention">@unknown-user</span>')
        return (PERSON if is_usable else STILL_PERSON).format(number, name)

    def everyone(self, word: str) -> Markup:
        """@everyone or @here."""
        return Markup('<span class="mention">{}</span>').format(word) if self.pings_everyone else escape(word)

    def emoji(self, number: str, name: str) -> Markup:
        """An image of a custom emoji."""
        return Markup(
            '<img class="emoji" src="/cdn/emojis/{}.webp?size=48" alt=":{}:" title=":{}:" loading="lazy">'
        ).format(number, name, name)

    def time(self, at: datetime, style: str) -> Markup:
        """A timestamp in one of Discord's styles."""
        return Markup('<time class="stamp" datetime="{}" data-style="{}" title="{}">{}</time>').format(
            at.isoformat(), style, self.written(at, "F"), self.written(at, style)
        )

    def written(self, at: datetime, style: str) -> str:
        """A timestamp as text in the reader's locale and time zone."""
        return times.written(at, style, locale=self.seat.locale, zone=self.seat.user.zone, now=self.now)

    def since_when(self, at: datetime) -> str:
        """The time of a message, as shown in its header."""
        return times.since_when(at, locale=self.seat.locale, zone=self.seat.user.zone, now=self.now)

    def _time(self, seconds: int, style: str) -> Markup | None:
        at = times.moment_of(seconds)
        return self.time(at, style) if at else None

    def _role(self, number: int) -> Markup:
        role = self.seat.guild.roles.get(number) if self.seat.guild else None
        if role is None:
            return Markup('<span class="mention">@unknown-role</span>')
        colour = f"#{role.colour:06x}" if role.colour else None
        if colour is None:
            return Markup('<span class="mention">@<bdi>{}</bdi></span>').format(role.name.removeprefix("@"))
        return Markup('<span class="mention is-coloured" style="--colour:{}">@<bdi>{}</bdi></span>').format(
            colour, role.name
        )

    def _channel(self, number: int, *, is_usable: bool) -> Markup:
        channel = self.world.channels.get(number)
        if channel is None or not channel.name:
            return Markup('<span class="mention">#unknown</span>')
        sign = icon("thread" if channel.thread else "voice" if channel.is_voice else "text")
        if not is_usable:
            return Markup('<span class="mention">{}<bdi>{}</bdi></span>').format(sign, channel.name)
        address = self.seat.query(guild=channel.guild or DIRECT, channel=channel.id)
        return Markup('<a class="mention" href="/{}">{}<bdi>{}</bdi></a>').format(address, sign, channel.name)
