"""What a person does with the app: commands, menus, buttons, forms, completions; each becomes a signed interaction."""

import asyncio
import base64
import binascii
from collections.abc import Iterator
from mimetypes import guess_type
from typing import Any, Final

from playground import check_commands as kinds
from playground import payloads, permissions, pressing
from playground.commands import Commands
from playground.community import DEFAULT_ACTOR
from playground.courier import Courier
from playground.deliveries import AUTOCOMPLETE, COMMAND, COMPONENT, MODAL_SUBMIT, Actor, Deliveries, Delivery
from playground.jsons import Json, is_list, is_object
from playground.naming import Puzzled, find_channel, find_guild, find_member, fold, listed, nearest
from playground.payloads import Resolved
from playground.posting import Posting
from playground.rest import Upload
from playground.typed import Reader, Typed
from playground.world import Attachment, Message, User, World

DIRECT: Final = frozenset({"dm", "direct"})
PRIVATE: Final = frozenset({"private", "group"})
INSTALLS: Final = ("guild", "user")
WAYS: Final = ("text", "autocomplete", "press", "select", "submit", "user_menu", "message_menu")


class Asking:
    """Turns a request of the control API into an interaction, sends it and waits for the end of it."""

    def __init__(
        self,
        world: World,
        commands: Commands,
        deliveries: Deliveries,
        courier: Courier,
        posting: Posting,
        *,
        base_url: str,
        reply_wait_s: float,
    ) -> None:
        self._world = world
        self._commands = commands
        self._deliveries = deliveries
        self._courier = courier
        self._posting = posting
        self._base_url = base_url
        self._reply_wait_s = reply_wait_s

    async def ask(self, body: Json) -> Delivery:
        """Do what `body` says and wait until the app has answered, and edited when it deferred.

        Raises:
            Puzzled: it cannot be done as written.
        """
        ways = {
            "text": self._run,
            "autocomplete": self._complete,
            "press": self._press,
            "select": self._select,
            "submit": self._submit,
            "user_menu": self._user_menu,
            "message_menu": self._message_menu,
        }
        asked = [way for way in WAYS if way in body]
        if len(asked) != 1:
            raise Puzzled(f'Say one thing to do: {listed(WAYS)}; for instance {{"text": "/help"}}.')
        delivery = ways[asked[0]](self._actor(body), body)
        await self._courier.send(delivery)
        if not delivery.settled.is_set():
            try:
                async with asyncio.timeout(max(self._reply_wait_s - delivery.age_s, 0)):
                    await delivery.settled.wait()
            except TimeoutError:
                delivery.problems.append(
                    f"Deferred, but nothing followed within {self._reply_wait_s:g} seconds; the person still waits."
                )
        return delivery

    def _actor(self, body: Json) -> Actor:
        name, guild_name, channel_name = body.get("as") or DEFAULT_ACTOR, body.get("guild"), body.get("channel")
        if guild_name is not None and fold(str(guild_name)) in DIRECT:
            member = find_member(next(iter(self._world.guilds.values())), str(name))
            channel = self._world.direct_channel(member.user)
            return Actor(member.user, channel, locale=_locale(body, member.user), brings_app=_brings_app(body))
        if guild_name is not None and fold(str(guild_name)) in PRIVATE:
            member = find_member(next(iter(self._world.guilds.values())), str(name))
            channel = self._world.private_channel(member.user)
            return Actor(member.user, channel, locale=_locale(body, member.user), brings_app=True)
        guild = find_guild(self._world, None if guild_name is None else str(guild_name))
        member = find_member(guild, str(name))
        if member.user.is_bot:
            raise Puzzled(f"{member.display_name} is a bot, and bots run no commands; choose a person.")
        channel = find_channel(guild, str(channel_name)) if channel_name else self._world.first_text_channel(guild)
        return Actor(member.user, channel, guild, member, _locale(body, member.user), _brings_app(body))

    def _usable(self, actor: Actor) -> list[Json]:
        context, install = payloads.context_of(actor), int(actor.brings_app)
        found = self._commands.usable_in(actor.guild.id if actor.guild else None)
        return [
            one
            for one in found
            if (one.get("contexts") is None or context in one["contexts"])
            and (one.get("guild_id") or install in (one.get("integration_types") or (0,)))
        ]

    def _resolved(self, actor: Actor) -> Resolved:
        return Resolved(self._world, actor.guild, actor.member, self._base_url)

    def _reader(self, actor: Actor, body: Json) -> Reader:
        return Reader(actor.guild, actor.locale, self._resolved(actor), self._files(body))

    def _files(self, body: Json) -> dict[str, Attachment]:
        """Files sent along as base64 by name."""
        given = body.get("files")
        found: dict[str, Attachment] = {}
        for name, content in (given if is_object(given) else Json()).items():
            try:
                raw = base64.b64decode(str(content), validate=True)
            except binascii.Error:
                raise Puzzled(f'The file "{name}" must be base64.') from None
            found[name] = self._posting.keep(Upload(name, guess_type(name)[0] or "application/octet-stream", raw))
        return found

    def _run(self, actor: Actor, body: Json) -> Delivery:
        reader = self._reader(actor, body)
        typed = reader.run(_text(body, "text"), self._usable(actor))
        _check_permitted(actor, typed.command)
        return self._command(COMMAND, actor, typed, reader.resolved)

    def _complete(self, actor: Actor, body: Json) -> Delivery:
        reader = self._reader(actor, body)
        typed = reader.complete(_text(body, "autocomplete"), self._usable(actor))
        return self._command(AUTOCOMPLETE, actor, typed, reader.resolved)

    def _command(self, kind: int, actor: Actor, typed: Typed, resolved: Resolved) -> Delivery:
        delivery = self._courier.open(kind, actor)
        data = payloads.command_data(typed.command, typed.options, resolved)
        delivery.payload = payloads.envelope(delivery, self._world, data)
        return delivery

    def _user_menu(self, actor: Actor, body: Json) -> Delivery:
        if actor.guild is None:
            raise Puzzled("A menu on a member needs a server; leave out the direct message.")
        command = self._menu(actor, kinds.USER_MENU, _text(body, "user_menu"))
        target = find_member(actor.guild, str(body.get("target") or actor.user.username))
        resolved = self._resolved(actor)
        number = resolved.add_user(target.user, target)
        return self._from_menu(actor, command, resolved, number)

    def _message_menu(self, actor: Actor, body: Json) -> Delivery:
        command = self._menu(actor, kinds.MESSAGE_MENU, _text(body, "message_menu"))
        message = next(self._messages(actor, body), None)
        if message is None:
            raise Puzzled("There is no message to use the menu on; run a command first.", status=404)
        resolved = self._resolved(actor)
        number = resolved.add_message(message.id, self._posting.shape(message))
        return self._from_menu(actor, command, resolved, number)

    def _from_menu(self, actor: Actor, command: Json, resolved: Resolved, target: str) -> Delivery:
        _check_permitted(actor, command)
        delivery = self._courier.open(COMMAND, actor)
        data = payloads.command_data(command, [], resolved, target=target)
        delivery.payload = payloads.envelope(delivery, self._world, data)
        return delivery

    def _menu(self, actor: Actor, kind: int, name: str) -> Json:
        menus = [one for one in self._usable(actor) if one["type"] == kind]
        for menu in menus:
            translated: Json = menu.get("name_localizations") or {}
            if fold(name) in (fold(str(one)) for one in (menu["name"], *translated.values())):
                return menu
        near = nearest(name, [str(one["name"]) for one in menus])
        raise Puzzled(f'No menu command is called "{name}"; {f"try {listed(near)}" if near else "none is registered"}.')

    def _press(self, actor: Actor, body: Json) -> Delivery:
        name = _text(body, "press")
        messages = [one for one in self._messages(actor, body) if pressing.buttons_of(one)]
        for message in messages:
            button = pressing.find_button(message, name)
            if button:
                data: Json = {"component_type": button["type"], "custom_id": button["custom_id"], "id": button["id"]}
                return self._component(actor, message, data)
        if not messages:
            raise Puzzled("There is no reply with buttons yet; run a command first.", status=404)
        labels = [pressing.button_names(button)[0] for button in pressing.buttons_of(messages[0])]
        raise Puzzled(f'No button here is called "{name}"; there are {listed(labels)}.', status=404)

    def _select(self, actor: Actor, body: Json) -> Delivery:
        name, given = body["select"], body.get("values")
        if not is_list(given):
            raise Puzzled('Say what to choose: {"select": "menu", "values": ["one"]}.')
        messages = [one for one in self._messages(actor, body) if _has_select(one)]
        if not messages:
            raise Puzzled("There is no reply with a menu yet; run a command first.", status=404)
        select = pressing.find_select(messages[0], str(name) if name else None)
        resolved = self._resolved(actor)
        data: Json = {
            "component_type": select["type"],
            "custom_id": select["custom_id"],
            "id": select.get("id", 0),
            "values": pressing.choose(select, [str(one) for one in given], actor.guild, resolved),
        }
        return self._component(actor, messages[0], data | resolved.shape())

    def _component(self, actor: Actor, message: Message, data: Json) -> Delivery:
        delivery = self._courier.open(COMPONENT, actor)
        delivery.source = message
        shape = self._posting.shape(message)
        delivery.payload = payloads.envelope(delivery, self._world, data, shape)
        return delivery

    def _submit(self, actor: Actor, body: Json) -> Delivery:
        given = body["submit"]
        if not is_object(given):
            raise Puzzled('Say what is in the fields: {"submit": {"Title": "Exam week"}}.')
        opened = self._opened_modal(actor, body)
        modal = opened.modal or {}
        resolved = self._resolved(actor)
        components = pressing.fill_modal(modal, given, guild=actor.guild, resolved=resolved, files=self._files(body))
        opened.modal = None  # a form is sent once
        delivery = self._courier.open(MODAL_SUBMIT, actor)
        delivery.source = opened.source
        data: Json = {"custom_id": modal["custom_id"], "components": components} | resolved.shape()
        shape = self._posting.shape(opened.source) if opened.source else None
        delivery.payload = payloads.envelope(delivery, self._world, data, shape)
        return delivery

    def _opened_modal(self, actor: Actor, body: Json) -> Delivery:
        wanted = body.get("reply")
        mine = self._deliveries.latest_for(actor.user)
        for delivery in mine:
            if delivery.modal and (wanted is None or str(delivery.id) == str(wanted)):
                return delivery
        raise Puzzled(
            f"No form is open for {actor.name}; run the command or press the button that opens it.", status=409
        )

    def _messages(self, actor: Actor, body: Json) -> Iterator[Message]:
        """The messages that the person may mean, the likeliest first: theirs, then everybody's public ones."""
        wanted = body.get("reply") or body.get("message")
        if wanted is not None:
            yield from self._wanted(actor, str(wanted))
            return
        own = self._deliveries.latest_for(actor.user)
        for delivery in [*own, *(one for one in self._deliveries.everything() if one not in own)]:
            for message in (*reversed(delivery.follow_ups), delivery.original):
                if message and message.reader in (None, actor.user.id) and message.id in self._world.messages:
                    yield message

    def _wanted(self, actor: Actor, number: str) -> Iterator[Message]:
        delivery = self._deliveries.find(int(number)) if number.isdecimal() else None
        message = self._world.messages.get(int(number)) if number.isdecimal() else None
        found = [message] if message else []
        if delivery and not message:
            found = [one for one in (*reversed(delivery.follow_ups), delivery.original) if one]
        if not found:
            raise Puzzled(f"No reply {number} is known; leave it out to use the latest one.", status=404)
        if found[0].reader not in (None, actor.user.id):
            raise Puzzled(f"That reply is private; {actor.name} cannot see it.", status=403)
        yield from found


def _locale(body: Json, user: User) -> str:
    locale = str(body.get("locale") or user.locale)
    if locale not in kinds.LOCALES:
        near = nearest(locale, sorted(kinds.LOCALES))
        raise Puzzled(f'Discord has no language "{locale}"; try {listed(near)}.')
    return locale


def _brings_app(body: Json) -> bool:
    install = body.get("install", INSTALLS[0])
    if install not in INSTALLS:
        raise Puzzled(f"The app is installed by a {listed(INSTALLS)}.")
    return install == INSTALLS[1]


def _has_select(message: Message) -> bool:
    return any(part.get("type") in pressing.parts.SELECTS for part in pressing.every_part(message.components))


def _text(body: Json, name: str) -> str:
    text = body[name]
    if not isinstance(text, str) or not text.strip():
        raise Puzzled(f'"{name}" must be a text, such as {{"{name}": "/help"}}.')
    return text


def _check_permitted(actor: Actor, command: Json) -> None:
    needed: Any = command.get("default_member_permissions")
    if needed is None or actor.guild is None or actor.member is None:
        return
    has = permissions.of_member(actor.guild, actor.member)
    if int(needed) & ~has or (int(needed) == 0 and has != permissions.ALL):
        raise Puzzled(f"{actor.name} may not use /{command['name']}; try as ada, who owns the server.", status=403)
