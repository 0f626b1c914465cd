"""Pictures from plain data: each card is a frozen dataclass and one function that turns it into PNG bytes."""
