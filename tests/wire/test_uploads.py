import pytest

from core.ids import AttachmentId
from wire.objects import Attachment
from wire.uploads import FileOfOtherKind, FileTooLarge, accept, accept_bytes

PNG = b"\x89PNG\r\n\x1a\n" + b"0" * 8


def file(name: str, *, size: int = 10, claims: str | None = None) -> Attachment:
    return Attachment(AttachmentId(5_000_001), filename=name, size_bytes=size, content_type=claims)


@pytest.mark.parametrize(
    ("attachment", "file_types"),
    [
        (file("a.png", claims="image/png"), ("image",)),
        (file("A.PNG", claims="image/png"), ("image",)),
        (file("a.png"), ("image",)),
        (file("notes.pdf", claims="application/octet-stream"), ("image", ".pdf")),
        (file("song.mp3", claims="audio/mpeg"), ("video", "audio")),
        (file("anything"), ()),
        (file("a.png", size=20), ("image",)),
    ],
)
def test_a_file_that_fits_is_taken(attachment: Attachment, file_types: tuple[str, ...]) -> None:
    assert accept(attachment, file_types=file_types, size_max=20) is attachment


@pytest.mark.parametrize(
    "attachment",
    [
        file("a.exe", claims="image/png"),
        file("a.png", claims="text/html"),
        file("a.png.exe"),
        file("png"),
        file(".png"),
        file(""),
    ],
)
def test_a_file_of_another_kind_is_refused_kindly(attachment: Attachment) -> None:
    with pytest.raises(FileOfOtherKind) as refused:
        accept(attachment, file_types=("image", ".pdf"), size_max=20)

    assert str(refused.value) == (
        "That kind of file does not work here. Please send one of these: .png, .jpg, .jpeg, .webp, .gif, .pdf."
    )


def test_a_file_that_is_too_large_is_refused_kindly() -> None:
    with pytest.raises(FileTooLarge) as refused:
        accept(file("a.png", size=2**21 + 1), file_types=("image",), size_max=2**21)

    assert str(refused.value) == "That file is too large. Up to 2 MB fit, so please send a smaller one."


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.png", PNG),
        ("a.jpg", b"\xff\xd8\xff\xe0"),
        ("a.webp", b"RIFF1234WEBPVP8 "),
        ("a.gif", b"GIF89a"),
        ("a.mp4", b"\0\0\0\x18ftypmp42"),
        ("a.wav", b"RIFF1234WAVEfmt "),
        ("a.pdf", b"%PDF-1.7"),
        ("a.csv", b"anything, for nobody can tell"),
    ],
)
def test_bytes_that_are_what_the_name_promises_are_taken(name: str, content: bytes) -> None:
    assert accept_bytes(content, file(name), file_types=(), size_max=100) == content


@pytest.mark.parametrize(
    ("name", "content"),
    [("a.png", b"MZ\x90"), ("a.png", b""), ("a.webp", b"RIFF1234WAVE"), ("a.pdf", PNG), ("a.mp4", b"\0\0\0\x18moov")],
)
def test_bytes_that_are_something_else_are_refused(name: str, content: bytes) -> None:
    with pytest.raises(FileOfOtherKind):
        accept_bytes(content, file(name), file_types=(), size_max=100)


def test_more_bytes_than_were_claimed_are_refused() -> None:
    with pytest.raises(FileTooLarge):
        accept_bytes(PNG * 10, file("a.png", size=1), file_types=("image",), size_max=20)
