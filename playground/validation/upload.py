"""An uploaded file of a request."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Upload:
    """A file uploaded with a request."""

    filename: str
    content_type: str
    content: bytes
