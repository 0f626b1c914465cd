"""`/help`: lists all commands of the app, generated from the features."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from core.errors import DomainError
from core.i18n import Translator, language_for, translator_for
from handlers.feature import Deps, Feature
from handlers.messages import embed_message
from wire.command_json import Command, Option
from wire.commands import command, string
from wire.interaction import Autocomplete, InteractionBase, SlashCommand
from wire.limits import CHOICE_NAME_MAX, SUGGESTIONS_MAX
from wire.message import Message
from wire.objects import Context
from wire.options import OptionKind
from wire.payloads import SLASH, USER_MENU
from wire.reply import AutocompleteResult, Choice


class NoSuchCommand(DomainError):
    """Raised when help is requested for an unknown command."""

    def __init__(self, name: str) -> None:
        super().__init__("There is no command called {name}. /help alone lists all of them.", name=name)


@dataclass(frozen=True, slots=True)
class Entry:
    """One command that can be invoked."""

    path: str  # as declared: "my timezone", or the name of a user or message command
    kind: int
    names: tuple[str, ...]  # the path's parts
    description: str  # empty for user and message commands
    options: tuple[Option, ...]

    def title(self, shown: Translator) -> str:
        """The command as the user's Discord client writes it."""
        if self.kind != SLASH:
            return shown.context("command name", self.names[0])
        first, *rest = self.names
        subs = [shown.context("option name", sub) for sub in rest]
        return " ".join(("/" + shown.context("command name", first), *subs))


def entries(commands: Iterable[Command]) -> tuple[Entry, ...]:
    """Every command that can be invoked, in the order of the features."""
    return tuple(entry for each in commands for entry in _entries(each))


def build_help_feature(features: Sequence[Feature]) -> Feature:
    """The help feature for `features` and itself."""
    own = command(
        "help",
        "What Lyceum can do, and how",
        string("command", "One command in detail", autocomplete=True),
        contexts=(Context.GUILD, Context.BOT_DM),
    )
    known = entries((*(each for feature in features for each in feature.commands), own))

    async def show(interaction: SlashCommand, deps: Deps) -> Message:
        wanted = interaction.options.string("command", default="").strip()
        shown = _shown(interaction)
        if not wanted:
            return _overview(known, deps.t, shown, minutes=deps.member.study_minutes)
        for entry in known:
            if wanted.lstrip("/").casefold() in _spellings(entry, shown):
                return _detail(entry, deps.t, shown)
        raise NoSuchCommand(wanted[:CHOICE_NAME_MAX])

    async def suggest(typing: Autocomplete, deps: Deps) -> AutocompleteResult:
        typed = typing.focused_value.strip().lstrip("/").casefold()
        shown = _shown(typing)
        found = [entry for entry in known if any(typed in spelling for spelling in _spellings(entry, shown))]
        return AutocompleteResult(tuple(_choice(entry, deps.t, shown) for entry in found[:SUGGESTIONS_MAX]))

    return Feature(
        name="help",
        commands=(own,),
        slash={"help": show},
        autocomplete={"help": suggest},
        guild_only=False,
    )


def _entries(each: Command) -> Iterable[Entry]:
    if each.kind != SLASH:
        yield Entry(each.name, each.kind, (each.name,), "", ())
        return
    subs = [option for option in each.options if option.kind <= OptionKind.GROUP]
    if not subs:
        yield Entry(each.name, SLASH, (each.name,), each.description, each.options)
    for sub in subs:
        inner = sub.options if sub.kind is OptionKind.GROUP else (sub,)
        for leaf in inner:
            names = (each.name, sub.name, leaf.name) if sub.kind is OptionKind.GROUP else (each.name, leaf.name)
            yield Entry(" ".join(names), SLASH, names, leaf.description, leaf.options)


def _shown(interaction: InteractionBase) -> Translator:
    """Translator for the language of the user's Discord client, which displays commands in it; not for answers."""
    return translator_for(language_for(interaction.locale))


def _spellings(entry: Entry, shown: Translator) -> set[str]:
    return {entry.path.casefold(), entry.title(shown).lstrip("/").casefold()}


def _about(entry: Entry, t: Translator) -> str:
    if entry.kind == USER_MENU:
        return t("in the menu of a person, under Apps")
    if entry.kind != SLASH:
        return t("in the menu of a message, under Apps")
    return t.context("description", entry.description)


def _choice(entry: Entry, t: Translator, shown: Translator) -> Choice:
    name = f"{entry.title(shown)} · {_about(entry, t)}"
    return Choice(name if len(name) <= CHOICE_NAME_MAX else name[: CHOICE_NAME_MAX - 1] + "…", entry.path)


def _overview(known: Sequence[Entry], t: Translator, shown: Translator, *, minutes: int) -> Message:
    lines = [
        t("Join a study channel, and your quiet time there becomes streaks, levels and cards."),
        "",
        *(f"**{entry.title(shown)}** · {_about(entry, t)}" for entry in known),
    ]
    footer = t("Time in voice counts: {minutes} minutes make an active day, an hour makes one XP.", minutes=minutes)
    return embed_message(t("What Lyceum can do"), lines, footer=footer, private=True)


def _detail(entry: Entry, t: Translator, shown: Translator) -> Message:
    lines = [_about(entry, t)]
    if entry.options:
        lines.append("")
    for option in entry.options:
        name = shown.context("option name", option.name)
        need = "" if option.required else f" ({t('optional')})"
        lines.append(f"`{name}`{need} · {t.context('description', option.description)}")
        if option.choices:
            lines.append("> " + " · ".join(t.context("choice", choice) for choice, _ in option.choices))
    return embed_message(entry.title(shown), lines, private=True)
