import pytest
from structlog.testing import capture_logs

from tests.fake_discord import FakeDiscord

FACE = "/avatars/1/ab.png?size=128"


async def test_slow_work_is_deferred_and_follows_as_an_edit(discord: FakeDiscord) -> None:
    answer = await discord.slash("later")

    assert answer.json == {"type": 5}
    [edit] = answer.edits
    assert (edit.method, edit.path) == (
        "PATCH",
        "/webhooks/1000000000000000001/aW50ZXJhY3Rpb24:token/messages/@original",
    )
    assert edit.payload["content"] == "worked"
    assert edit.payload["allowed_mentions"] == {"parse": []}


async def test_private_work_is_deferred_privately(discord: FakeDiscord) -> None:
    answer = await discord.slash("later", how="private")

    assert answer.json == {"type": 5, "data": {"flags": 64}}


@pytest.mark.parametrize("path", ["later", "draw"])
async def test_work_that_breaks_leaves_a_friendly_line_with_a_reference(discord: FakeDiscord, path: str) -> None:
    with capture_logs() as lines:
        answer = await discord.slash(path, how="bug")

    [broke] = [line for line in lines if line["event"] == "interaction broke"]
    assert [edit.method for edit in answer.edits] == ["DELETE", "POST"]  # the "thinking…" message was public
    assert answer.final["content"] == f"That broke on our side. Ref: {broke['ref']}"
    assert answer.final["flags"] == 64


async def test_nothing_private_is_sent_before_discord_has_taken_a_public_placeholder_away(discord: FakeDiscord) -> None:
    discord.rest_status = 403

    with capture_logs():
        answer = await discord.slash("later", how="bug")

    assert {edit.method for edit in answer.edits} == {"DELETE"}


async def test_a_picture_follows_with_its_alt_text(discord: FakeDiscord) -> None:
    answer = await discord.slash("draw")

    assert answer.json == {"type": 5}
    [edit] = answer.edits
    assert edit.files == {"card.png": b"PNG "}
    assert edit.payload["content"] == "Look"
    assert edit.payload["attachments"] == [{"id": "0", "filename": "card.png", "description": "A card"}]


async def test_faces_are_fetched_once(discord: FakeDiscord) -> None:
    discord.pictures["/avatars/1/ab.png"] = b"face"

    first = await discord.slash("draw", faces=FACE)
    discord.pictures.clear()
    second = await discord.slash("draw", faces=FACE)

    assert first.edits[0].files == second.edits[0].files == {"card.png": b"PNG face"}


@pytest.mark.parametrize("content", [None, b"x" * (512 * 1024 + 1)])
async def test_a_face_that_is_not_there_or_too_large_is_left_out(discord: FakeDiscord, content: bytes | None) -> None:
    if content:
        discord.pictures["/avatars/1/ab.png"] = content

    answer = await discord.slash("draw", faces=FACE)

    assert answer.edits[0].files == {"card.png": b"PNG "}


async def test_a_slow_face_is_not_waited_for(discord: FakeDiscord) -> None:
    discord.pictures["/avatars/1/ab.png"] = b"face"
    discord.cdn_delay_s = 2.5

    answer = await discord.slash("draw", faces=FACE)

    assert answer.edits[0].files == {"card.png": b"PNG "}


async def test_an_answer_that_cannot_be_delivered_is_only_logged(discord: FakeDiscord) -> None:
    discord.rest_status = 404

    with capture_logs() as lines:
        answer = await discord.slash("later")

    assert answer.status == 200
    assert [line["event"] for line in lines] == ["discord called", "answer not delivered", "interaction"]


async def test_a_refused_edit_is_logged_with_each_field_and_why(discord: FakeDiscord) -> None:
    leaf = {"_errors": [{"code": "BASE_TYPE_MAX_LENGTH", "message": "Must be 2000 or fewer in length."}]}
    discord.rest_status = 400
    discord.rest_trouble = {"code": 50035, "message": "Invalid Form Body", "errors": {"content": leaf}}

    with capture_logs() as lines:
        await discord.slash("later")

    [line] = [line for line in lines if line["event"] == "answer not delivered"]
    assert line["reason"] == "400 50035: Invalid Form Body (content: Must be 2000 or fewer in length)"
    assert lines[-1]["outcome"] == "not delivered"
    assert "aW50ZXJhY3Rpb24" not in str(lines)
