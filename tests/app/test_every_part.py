"""One feature with every kind of component and reply, over real HTTP; the local Discord validates them."""

import asyncio
import base64
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from app.commands.sync import sync
from core.ids import SkuId
from handlers.feature import Deps, Feature, FilesWanted
from services.premium import active_skus
from tests.fake_discord import APPLICATION
from tests.local_discord import LocalDiscord, local_discord
from tests.served import served
from wire.body import File
from wire.commands import attachment, command, string
from wire.components import Button, ChannelSelect, MentionableSelect, RoleSelect, SelectOption, StringSelect, UserSelect
from wire.custom_id import Action
from wire.interaction import ButtonClick, ModalSubmit, SelectSubmit, SlashCommand
from wire.layout import (
    Container,
    FileDisplay,
    Gallery,
    GalleryItem,
    LayoutComponent,
    Section,
    Separator,
    TextDisplay,
    Thumbnail,
)
from wire.message import COMPONENTS_V2, Message
from wire.modals import CheckboxGroup, FileUpload, Label, Modal, RadioGroup, TextInput
from wire.objects import Context, Install
from wire.polls import Poll, PollAnswer
from wire.reply import Deferred, EditMessage, Reply
from wire.rest import Rest
from wire.uploads import MEGABYTE, accept

Json = dict[str, Any]

PNG = b"\x89PNG\r\n\x1a\n" + b"0" * 32
SKU = SkuId(1_000_000_000_000_000_901)
CHOOSE, FORM, FILLED, WRONG, READ = (Action("all", name) for name in ("choose", "form", "filled", "wrong", "read"))
TWO = (SelectOption("Focus", "f"), SelectOption("XP", "x"))
FILES = (File("card.png", PNG, "A card"), File("notes.txt", b"notes"))
POLL = Poll("When?", (PollAnswer("Now", "🌱"), PollAnswer("Later")), hours=2)


def page(words: str) -> tuple[LayoutComponent, ...]:
    frame = Container(
        (
            Section((TextDisplay(words),), Thumbnail("attachment://card.png", "A card")),
            Gallery((GalleryItem("attachment://card.png", "A card"),)),
            Separator(),
            FileDisplay("notes.txt"),
            (Button("Form", custom_id=FORM.pack()), Button("Wrong", custom_id=WRONG.pack()), Button(sku=SKU)),
        ),
        colour=0xF4BC6C,
    )
    return (frame, StringSelect(custom_id=CHOOSE.pack(), placeholder="Board", options=TWO, max_values=2))


async def show(command: SlashCommand, deps: Deps) -> Reply:  # noqa: PLR0911 - a table
    match command.options.string("what"):
        case "layout":
            has_it = SKU in active_skus(command.entitlements, now=deps.now)
            return Message(layout=page(f"has it: {has_it}"), files=FILES, private=True)
        case "user":
            return Message("?", (), (UserSelect(custom_id=CHOOSE.pack(), defaults=(command.user.id,)),))
        case "role":
            return Message("?", (), (RoleSelect(custom_id=CHOOSE.pack()),))
        case "mentionable":
            return Message("?", (), (MentionableSelect(custom_id=CHOOSE.pack(), default_users=(command.user.id,)),))
        case "channel":
            return Message("?", (), (ChannelSelect(custom_id=CHOOSE.pack(), channel_types=(0, 2)),))
        case "poll":
            return Message(poll=POLL)
        case "later":
            return Deferred(private=False, work=late_poll)
        case "leak":
            return Deferred(private=False, work=late_secret)
        case "edit":
            return EditMessage("there is nothing to edit")
        case _:
            return Message(f"context {command.context}, home {command.home is not None}")


async def late_poll() -> Message:
    return Message(poll=POLL)


async def late_secret() -> Message:
    return Message("a secret", private=True)


async def take_file(command: SlashCommand, deps: Deps) -> Message:
    file = command.options.attachment("file")
    assert file is not None
    return Message(accept(file, file_types=("image",), size_max=MEGABYTE).filename)


async def read_file(command: SlashCommand, deps: Deps) -> FilesWanted:
    file = command.options.attachment("file")
    assert file is not None
    return FilesWanted(files=(file,), use=kept, file_types=("image", ".txt"), size_max=MEGABYTE)


async def read_proofs(form: ModalSubmit, deps: Deps) -> FilesWanted:
    files = form.fields.attachments("proof")
    return FilesWanted(files=files, use=kept, file_types=("image", ".txt"), size_max=MEGABYTE)


async def kept(contents: tuple[bytes, ...], deps: Deps) -> Message:
    cursor = await deps.conn.execute("SELECT count(*) FROM processed_interactions")
    [(claimed,)] = await cursor.fetchall()
    return Message(f"read {[len(each) for each in contents]}, claimed {claimed}", private=True)


async def ask_proofs(command: SlashCommand, deps: Deps) -> Modal:
    return Modal("Proofs", READ.pack(), (Label("Proof", FileUpload(custom_id="proof", max_values=2)),))


async def chosen(choice: SelectSubmit, deps: Deps) -> EditMessage:
    told = ", ".join(choice.values)
    if choice.resolved.channels:
        told = ", ".join(str(each.id) for each in choice.channels)
    elif choice.resolved.users or choice.resolved.roles:
        told = ", ".join(str(each.id) for each in choice.mentionables)
    if choice.message.flags & COMPONENTS_V2:
        return EditMessage(layout=page(f"chosen: {told}"), files=FILES)
    return EditMessage(f"chosen: {told}")


async def open_form(press: ButtonClick, deps: Deps) -> Modal:
    parts = (
        TextDisplay("Tell us."),
        Label("Title", TextInput(custom_id="title", max_length=20)),
        Label("Kind", RadioGroup(custom_id="kind", options=TWO)),
        Label("Boxes", CheckboxGroup(custom_id="boxes", options=TWO)),
        Label("Proof", FileUpload(custom_id="proof", file_types=("image",))),
    )
    return Modal("Report", FILLED.pack(), parts)


async def filled(form: ModalSubmit, deps: Deps) -> Reply:
    fields = form.fields
    if fields.text("title") == "again":
        return Modal("Again", FILLED.pack(), (Label("Title", TextInput(custom_id="title")),))
    [proof] = fields.attachments("proof")
    accept(proof, file_types=("image",), size_max=MEGABYTE)
    told = f"{fields.text('title')} {fields.choice('kind')} {'+'.join(fields.choices('boxes'))} {proof.filename}"
    return EditMessage(layout=page(told), files=FILES)


async def wrong(press: ButtonClick, deps: Deps) -> EditMessage:
    return EditMessage("a message with a layout cannot become this")


EVERYWHERE = (Context.GUILD, Context.BOT_DM, Context.PRIVATE_CHANNEL)
ALL = Feature(
    name="all",
    commands=(
        command(
            "show",
            "Show it",
            string("what", "What", required=True),
            contexts=EVERYWHERE,
            installs=(Install.GUILD, Install.USER),
        ),
        command("take", "Take it", attachment("file", "A file", required=True, file_types=("image",))),
        command("read", "Read it", attachment("file", "A file", required=True)),
        command("proofs", "Ask for files"),
    ),
    slash={"show": show, "take": take_file, "read": read_file, "proofs": ask_proofs},
    buttons={FORM: open_form, WRONG: wrong},
    selects={CHOOSE: chosen},
    modals={FILLED: filled, READ: read_proofs},
    guild_only=False,
)


@pytest.fixture
def discord(tmp_path: Path, database_url: str) -> Iterator[LocalDiscord]:
    with local_discord(tmp_path) as running:
        asyncio.run(_register(running))
        with served(running, tmp_path, database_url, features=(ALL,)) as url:
            running.http.put("/playground/endpoint", json={"url": f"{url}/interactions"}).raise_for_status()
            running.http.put("/playground/events/endpoint", json={"url": f"{url}/events"}).raise_for_status()
            yield running


async def _register(discord: LocalDiscord) -> None:
    async with Rest(discord.api_url, discord.config.token) as rest:
        await sync(rest, APPLICATION, (ALL,))


def do(discord: LocalDiscord, **what: object) -> Json:
    answer = discord.steer("interactions", **({"as": "mina", "locale": "en-US"} | what))
    assert answer.status_code == 200, answer.text
    return answer.json()


def files(**named: bytes) -> Json:
    return {name.replace("_", "."): base64.b64encode(content).decode() for name, content in named.items()}


def test_a_layout_its_select_its_form_and_its_upload_go_through(discord: LocalDiscord) -> None:
    discord.steer("events", type="ENTITLEMENT_CREATE", sku=str(SKU)).raise_for_status()
    shown = do(discord, text="/show what:layout")
    picked = do(discord, select="Board", values=["Focus", "XP"])
    opened = do(discord, press="Form")
    proof = {"Title": "Exam", "Kind": "XP", "Boxes": ["Focus"], "Proof": ["proof.png"]}
    sent = do(discord, submit=proof, files=files(proof_png=PNG))

    assert [each["problems"] for each in (shown, picked, opened, sent)] == [[]] * 4
    assert shown["private"] is True
    assert shown["message"]["flags"] == 32768 | 64
    assert "has it: True" in str(shown["message"]["components"])
    assert "chosen: f, x" in str(picked["message"]["components"])
    assert "Exam x f proof.png" in str(sent["message"]["components"])


@pytest.mark.parametrize(
    ("what", "values"),
    [("user", ["noam"]), ("role", ["Lyceum"]), ("mentionable", ["noam"]), ("channel", ["Library"])],
)
def test_every_other_select_goes_through(discord: LocalDiscord, what: str, values: list[str]) -> None:
    shown = do(discord, text=f"/show what:{what}")
    picked = do(discord, select="", values=values)

    assert shown["problems"] == picked["problems"] == []
    assert picked["message"]["content"].startswith("chosen: ")


def test_polls_come_at_once_and_late(discord: LocalDiscord) -> None:
    for what in ("poll", "later"):
        said = do(discord, text=f"/show what:{what}")

        assert said["problems"] == []
        assert "When?" in str(said["message"]["poll"])


def test_contexts_and_installs(discord: LocalDiscord) -> None:
    places = {"": "context 0, home True", "dm": "context 1, home False", "private": "context 2, home False"}
    for guild, expected in places.items():
        said = do(discord, text="/show what:where", **({"guild": guild} if guild else {}))
        assert (said["message"]["content"], said["problems"]) == (expected, [])
    brought = do(discord, text="/show what:where", install="user")
    assert brought["message"]["content"] == "context 0, home False"
    assert discord.steer("interactions", text="/take file:a.png", install="user").status_code == 404


def test_files_that_do_not_fit_are_refused_kindly(discord: LocalDiscord) -> None:
    taken = do(discord, text="/take file:a.png", files=files(a_png=PNG))
    large = do(discord, text="/take file:b.png", files=files(b_png=PNG + b"0" * MEGABYTE))

    assert taken["message"]["content"] == "a.png"
    assert large["message"]["content"].startswith("That file is too large.")
    assert large["private"] is True


def test_the_bytes_of_files_are_read_before_anything_is_done(discord: LocalDiscord) -> None:
    one = do(discord, text="/read file:a.png", files=files(a_png=PNG))
    do(discord, text="/proofs")
    two = do(discord, submit={"Proof": ["a.png", "b.txt"]}, files=files(a_png=PNG, b_txt=b"notes"))

    assert (one["problems"], one["private"]) == ([], True)
    assert one["message"]["content"] == "read [40], claimed 1"
    assert (two["problems"], two["private"]) == ([], True)
    assert two["message"]["content"] == "read [40, 5], claimed 3"


def test_files_that_are_not_what_they_claim_are_refused_before_anything_is_done(discord: LocalDiscord) -> None:
    kind = do(discord, text="/read file:a.exe", files=files(a_exe=b"MZ"))
    large = do(discord, text="/read file:b.txt", files=files(b_txt=b"0" * (MEGABYTE + 1)))
    false = do(discord, text="/read file:c.png", files=files(c_png=b"<svg>"))
    after = do(discord, text="/read file:a.png", files=files(a_png=PNG))

    assert kind["message"]["content"].startswith("That kind of file does not work here.")
    assert large["message"]["content"].startswith("That file is too large.")
    assert false["message"]["content"].startswith("That kind of file does not work here.")
    assert {each["private"] for each in (kind, large, false)} == {True}
    assert after["message"]["content"] == "read [40], claimed 1"


def test_replies_that_do_not_fit_never_reach_discord(discord: LocalDiscord) -> None:
    edit = do(discord, text="/show what:edit")
    leak = do(discord, text="/show what:leak")
    do(discord, text="/show what:layout")
    changed = do(discord, press="Wrong")
    do(discord, text="/show what:layout")
    do(discord, press="Form")
    proof = {"Title": "again", "Kind": "XP", "Boxes": ["Focus"], "Proof": ["proof.png"]}
    again = do(discord, submit=proof, files=files(proof_png=PNG))

    assert leak["message"] is None  # it was public, and was deleted
    [secret] = leak["follow_ups"]
    assert secret["flags"] == 64
    for said in (edit, changed, again):
        assert said["problems"] == []
    for message in (edit["message"], secret, changed["message"], again["message"]):
        assert message["content"].startswith("That broke on our side. Ref: ")
