"""The two families of expected trouble: refusals that speak to a person, and outside things that do not answer."""

from core.words import Words


class DomainError(Exception):
    """A refusal by a rule of the product; its sentence is meant for the person who asked.

    `message` is an English sentence with `{named}` facts and at the same time the key into the catalogues.
    """

    def __init__(self, message: str, /, **facts: object) -> None:
        super().__init__(message.format(**facts))
        self.message = message
        self.facts = facts

    def sentence(self, words: Words) -> str:
        """The refusal in the person's language."""
        return words(self.message, **self.facts)


class OutsideTrouble(Exception):
    """Something outside this process did not answer in time: the database or Discord."""
