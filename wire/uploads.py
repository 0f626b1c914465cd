"""Validates files that members upload: first the claimed type and size, later the downloaded bytes.

Discord's own filters check only the file name extension.
"""

from collections.abc import Callable, Sequence
from typing import Final

from core.errors import DomainError
from wire.objects import Attachment

MEGABYTE: Final = 1024 * 1024  # bytes

_ENDINGS: Final = {
    "image": (".png", ".jpg", ".jpeg", ".webp", ".gif"),
    "video": (".mp4", ".mov", ".webm"),
    "audio": (".mp3", ".ogg", ".wav", ".flac", ".m4a"),
}


class FileTooLarge(DomainError):
    """The file is larger than the feature accepts."""

    def __init__(self, size_max: int) -> None:
        super().__init__(
            "That file is too large. Up to {megabytes} MB fit, so please send a smaller one.",
            megabytes=max(1, size_max // MEGABYTE),
        )


class FileOfOtherKind(DomainError):
    """The file type is not accepted by the feature, judged by name, claimed content type or bytes."""

    def __init__(self, kinds: str) -> None:
        super().__init__("That kind of file does not work here. Please send one of these: {kinds}.", kinds=kinds)


def accept(attachment: Attachment, *, file_types: Sequence[str], size_max: int) -> Attachment:
    """Return the attachment if its name, claimed type and claimed size are acceptable.

    Args:
        attachment: from an option or a modal field.
        file_types: as in the option or field: `image`, `video`, `audio` or extensions such as `.pdf`; empty: any.
        size_max: bytes.

    Raises:
        FileTooLarge: by the size that Discord states.
        FileOfOtherKind: by its name, or by the content type that the uploader's client claimed.
    """
    if attachment.size_bytes > size_max:
        raise FileTooLarge(size_max)
    if file_types and not any(_claims(attachment, each) for each in file_types):
        raise FileOfOtherKind(_spelled(file_types))
    return attachment


def accept_bytes(content: bytes, attachment: Attachment, *, file_types: Sequence[str], size_max: int) -> bytes:
    """Return the content if it matches the type of the file name and is not too large.

    Raises:
        FileTooLarge: the real or the claimed size exceeds `size_max`.
        FileOfOtherKind: an image, video, audio file or PDF whose first bytes belong to another type.
    """
    if len(content) > size_max:
        raise FileTooLarge(size_max)
    accept(attachment, file_types=file_types, size_max=size_max)
    looks_right = _LOOKS.get(_ending(attachment.filename))
    if looks_right is not None and not looks_right(content):
        raise FileOfOtherKind(_spelled(file_types or (_ending(attachment.filename),)))
    return content


def _claims(attachment: Attachment, file_type: str) -> bool:
    ending = _ending(attachment.filename)
    if file_type.startswith("."):
        return ending == file_type
    content_type = attachment.content_type or f"{file_type}/"  # not sent: only the name counts
    return ending in _ENDINGS[file_type] and content_type.startswith(f"{file_type}/")


def _ending(filename: str) -> str:
    name, dot, ending = filename.rpartition(".")
    return f".{ending.lower()}" if dot and name else ""


def _spelled(file_types: Sequence[str]) -> str:
    endings = [ending for each in file_types for ending in _ENDINGS.get(each, (each,))]
    return ", ".join(dict.fromkeys(endings))


def _begins(*starts: bytes) -> Callable[[bytes], bool]:
    return lambda content: content.startswith(starts)


def _riff(kind: bytes) -> Callable[[bytes], bool]:
    return lambda content: content.startswith(b"RIFF") and content[8:12] == kind


def _is_mp4(content: bytes) -> bool:
    return content[4:8] == b"ftyp"


_JPEG: Final = _begins(b"\xff\xd8\xff")
_LOOKS: Final[dict[str, Callable[[bytes], bool]]] = {
    ".png": _begins(b"\x89PNG\r\n\x1a\n"),
    ".jpg": _JPEG,
    ".jpeg": _JPEG,
    ".gif": _begins(b"GIF87a", b"GIF89a"),
    ".webp": _riff(b"WEBP"),
    ".wav": _riff(b"WAVE"),
    ".mp4": _is_mp4,
    ".mov": _is_mp4,
    ".m4a": _is_mp4,
    ".webm": _begins(b"\x1aE\xdf\xa3"),
    ".mp3": _begins(b"ID3", b"\xff\xfb", b"\xff\xf3", b"\xff\xf2"),
    ".ogg": _begins(b"OggS"),
    ".flac": _begins(b"fLaC"),
    ".pdf": _begins(b"%PDF-"),
    ".zip": _begins(b"PK\x03\x04"),
}
