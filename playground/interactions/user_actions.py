"""Turns user actions (commands, clicks, selections, modals, autocomplete) into signed interactions.

Control requests name things by label or name; the page sends `command`, `component` or `form` with ids.
"""

import asyncio
from collections.abc import Callable, Iterator
from typing import Any, Final

from playground.http_log.deliveries import AUTOCOMPLETE, COMMAND, Actor, Delivery
from playground.interactions import command_parser, component_actions, modal_values, options
from playground.interactions.actors import check_permitted, commands_for, find_actor
from playground.interactions.builder import Opening
from playground.interactions.delivery import Courier
from playground.interactions.entity_resolver import ById, ByName
from playground.interactions.registered_commands import Commands
from playground.json_types import Json, is_list, is_object, snowflake
from playground.state.lookup import NotFound, find_member, fold, listed, nearest
from playground.state.state import Message, World
from playground.validation import commands as kinds

BY_NAME: Final = ("text", "autocomplete", "press", "select", "submit", "user_menu", "message_menu")


class Asking:
    """Converts a control request to an interaction, sends it and waits for the result."""

    def __init__(
        self, world: World, commands: Commands, opening: Opening, courier: Courier, *, reply_wait_s: float
    ) -> None:
        self._world = world
        self._commands = commands
        self._opening = opening
        self._courier = courier
        self._reply_wait_s = reply_wait_s
        self._ways: dict[str, Callable[[Actor, Json], Delivery]] = {
            "text": self._run,
            "autocomplete": self._complete,
            "press": self._press,
            "select": self._select,
            "submit": self._submit,
            "user_menu": self._user_menu,
            "message_menu": self._message_menu,
            "command": self._command,
            "component": self._component,
            "form": self._form,
        }

    async def ask(self, body: Json) -> Delivery:
        """Execute the action in `body` and wait for the response, and for a deferred edit unless `wait` is false.

        Raises:
            NotFound: the request is invalid.
        """
        asked = [way for way in self._ways if way in body]
        if len(asked) != 1:
            raise NotFound(f'Say one thing to do: {listed(BY_NAME)}; for instance {{"text": "/help"}}.')
        delivery = self._ways[asked[0]](find_actor(self._world, body), body)
        await self._courier.send(delivery)
        if delivery.opened_by and delivery.callback is not None:
            delivery.opened_by.modal = None  # a modal can be submitted once, and again after a failure
        if body.get("wait") is not False and not delivery.settled.is_set():
            try:
                async with asyncio.timeout(max(self._reply_wait_s - delivery.age_s, 0)):
                    await delivery.settled.wait()
            except TimeoutError:
                delivery.problems.append(
                    f"Deferred, but nothing followed within {self._reply_wait_s:g} seconds; the person still waits."
                )
        return delivery

    # Requests that use names

    def _run(self, actor: Actor, body: Json) -> Delivery:
        read = command_parser.read(_text(body, "text"), commands_for(actor, self._commands))
        pick = ByName(self._opening.resolved(actor))
        filled = options.fill(read.steps, read.words, pick, self._opening.files(body))
        check_permitted(actor, read.steps[0])
        return self._opening.command(actor, read.steps[0], filled, pick.resolved)

    def _complete(self, actor: Actor, body: Json) -> Delivery:
        read = command_parser.read(_text(body, "autocomplete"), commands_for(actor, self._commands))
        pick = ByName(self._opening.resolved(actor))
        focused = command_parser.completing(read)
        filled = options.fill_partly(read.steps, read.words, focused, pick, self._opening.files(body))
        return self._opening.command(actor, read.steps[0], filled, pick.resolved, kind=AUTOCOMPLETE)

    def _user_menu(self, actor: Actor, body: Json) -> Delivery:
        if actor.guild is None:
            raise NotFound("A menu on a member needs a server; leave out the direct message.")
        command = self._menu_called(actor, kinds.USER_MENU, _text(body, "user_menu"))
        target = find_member(actor.guild, str(body.get("target") or actor.user.username))
        return self._on_user(actor, command, target.user.id)

    def _message_menu(self, actor: Actor, body: Json) -> Delivery:
        command = self._menu_called(actor, kinds.MESSAGE_MENU, _text(body, "message_menu"))
        message = next(self._messages(actor, body), None)
        if message is None:
            raise NotFound("There is no message to use the menu on; run a command first.", status=404)
        return self._on_message(actor, command, message)

    def _menu_called(self, actor: Actor, kind: int, name: str) -> Json:
        menus = [one for one in commands_for(actor, self._commands) if one["type"] == kind]
        for menu in menus:
            translated: Json = menu.get("name_localizations") or {}
            if fold(name) in (fold(str(one)) for one in (menu["name"], *translated.values())):
                return menu
        near = nearest(name, [str(one["name"]) for one in menus])
        raise NotFound(
            f'No menu command is called "{name}"; {f"try {listed(near)}" if near else "none is registered"}.'
        )

    def _press(self, actor: Actor, body: Json) -> Delivery:
        name = _text(body, "press")
        messages = [one for one in self._messages(actor, body) if component_actions.buttons_of(one)]
        for message in messages:
            button = component_actions.find_button(message, name)
            if button:
                return self._opening.component(actor, message, button, resolved=self._opening.resolved(actor))
        if not messages and _is_bound(body):
            raise NotFound("That reply has no buttons.", status=404)
        if not messages:
            raise NotFound("There is no reply with buttons yet; run a command first.", status=404)
        labels = [component_actions.button_names(button)[0] for button in component_actions.buttons_of(messages[0])]
        raise NotFound(f'No button here is called "{name}"; there are {listed(labels)}.', status=404)

    def _select(self, actor: Actor, body: Json) -> Delivery:
        name, given = body["select"], body.get("values")
        if not is_list(given):
            raise NotFound('Say what to choose: {"select": "menu", "values": ["one"]}.')
        message = next((one for one in self._messages(actor, body) if component_actions.selects_of(one)), None)
        if message is None and _is_bound(body):
            raise NotFound("That reply has no menu to choose from.", status=404)
        if message is None:
            raise NotFound("There is no reply with a menu yet; run a command first.", status=404)
        select = component_actions.find_select(message, str(name) if name else None)
        pick = ByName(self._opening.resolved(actor))
        values = component_actions.choose(select, [str(one) for one in given], pick)
        return self._opening.component(actor, message, select, values=values, resolved=pick.resolved)

    def _submit(self, actor: Actor, body: Json) -> Delivery:
        given = body["submit"]
        if not is_object(given):
            raise NotFound('Say what is in the fields: {"submit": {"Title": "Exam week"}}.')
        opened = self._opening.opened_form(actor, body.get("reply"))
        modal = opened.modal or {}
        pick = ByName(self._opening.resolved(actor))
        filled = modal_values.fill(modal, modal_values.named(modal, given), pick, self._opening.files(body))
        return self._opening.form(actor, opened, filled, pick.resolved)

    # Requests that use ids

    def _command(self, actor: Actor, body: Json) -> Delivery:
        command = self._command_of(actor, body["command"])
        check_permitted(actor, command)
        match command["type"]:
            case kinds.USER_MENU:
                return self._on_user(actor, command, snowflake(body.get("target")) or 0)
            case kinds.MESSAGE_MENU:
                [message] = self._opening.messages(actor, body.get("target") or 0)
                return self._on_message(actor, command, message)
            case _:
                return self._chat(actor, command, body)

    def _command_of(self, actor: Actor, number: Any) -> Json:
        for command in commands_for(actor, self._commands):
            if command["id"] == str(number):
                return command
        raise NotFound("That command is not there any more; look at the list again.", status=404)

    def _chat(self, actor: Actor, command: Json, body: Json) -> Delivery:
        path, given = body.get("path", list[str]()), body.get("options", Json())
        if not is_list(path) or not is_object(given):
            raise NotFound('Say it so: {"command": "1", "path": ["timezone"], "options": {"zone": "Asia/Seoul"}}.')
        steps = options.follow(command, [str(step) for step in path])
        options.check_known(steps, given)
        pick, files, focused = ById(self._opening.resolved(actor)), self._opening.files(body), body.get("focused")
        if focused is None:
            filled, kind = options.fill(steps, given, pick, files), COMMAND
        else:
            filled, kind = options.fill_partly(steps, given, str(focused), pick, files), AUTOCOMPLETE
        return self._opening.command(actor, command, filled, pick.resolved, kind=kind)

    def _component(self, actor: Actor, body: Json) -> Delivery:
        [message] = self._opening.messages(actor, body.get("message") or 0)
        part = component_actions.part_of(message, str(body["component"]))
        pick, given = ById(self._opening.resolved(actor)), body.get("values")
        values = component_actions.choose(part, [str(one) for one in given], pick) if is_list(given) else None
        return self._opening.component(actor, message, part, values=values, resolved=pick.resolved)

    def _form(self, actor: Actor, body: Json) -> Delivery:
        given = body["form"]
        if not is_object(given):
            raise NotFound('Say what is in the fields: {"form": {"title": "Exam week"}, "reply": "1"}.')
        opened = self._opening.opened_form(actor, body.get("reply"))
        pick = ById(self._opening.resolved(actor))
        filled = modal_values.fill(opened.modal or {}, given, pick, self._opening.files(body))
        return self._opening.form(actor, opened, filled, pick.resolved)

    # Common helpers

    def _messages(self, actor: Actor, body: Json) -> Iterator[Message]:
        return self._opening.messages(actor, body.get("reply") or body.get("message"))

    def _on_user(self, actor: Actor, command: Json, user: int) -> Delivery:
        check_permitted(actor, command)
        resolved, target = self._opening.user_target(actor, user)
        return self._opening.menu(actor, command, resolved, target=target)

    def _on_message(self, actor: Actor, command: Json, message: Message) -> Delivery:
        check_permitted(actor, command)
        resolved, target = self._opening.message_target(actor, message)
        return self._opening.menu(actor, command, resolved, target=target)


def _is_bound(body: Json) -> bool:
    """Whether a request contains the id of a message or interaction."""
    return bool(body.get("reply") or body.get("message"))


def _text(body: Json, name: str) -> str:
    text = body[name]
    if not isinstance(text, str) or not text.strip():
        raise NotFound(f'"{name}" must be a text, such as {{"{name}": "/help"}}.')
    return text
