"""Resolves the member that a command is about, and refuses bots."""

from core.errors import DomainError
from handlers.feature import person_named, person_of
from handlers.messages import name_of
from services.members.person import Person
from wire.interaction import SlashCommand


class BotsHaveNoProfile(DomainError):
    """Raised when the statistics of a bot are requested."""

    def __init__(self, name: str) -> None:
        super().__init__("{name} is a bot, and bots do not study. Ask for a person instead.", name=name)


def target_or_self(interaction: SlashCommand) -> Person:
    """The user in the option `user`; the actor when it is left out."""
    target = interaction.options.user("user")
    return person_of(interaction) if target is None else person_named(target)


def require_human(person: Person) -> None:
    """Refuse bots, which have no statistics.

    Raises:
        BotsHaveNoProfile: `person` is a bot.
    """
    if person.is_bot:
        raise BotsHaveNoProfile(name_of(person))
