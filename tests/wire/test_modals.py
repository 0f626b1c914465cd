from typing import Any

import pytest

from core.ids import RoleId, UserId
from tests.wire.conftest import Judge
from wire.components import ChannelSelect, MentionableSelect, RoleSelect, SelectOption, StringSelect, UserSelect
from wire.errors import LimitExceeded, NotAllowed
from wire.layout import TextDisplay
from wire.modals import Checkbox, CheckboxGroup, FileUpload, Input, Label, Modal, RadioGroup, TextInput, TextStyle
from wire.reply import to_callback

TWO = (SelectOption("One", "1", "first", default=True), SelectOption("Two", "2"))
SCHEMA = "ModalInteractionCallbackRequest"


def modal(*components: Input, title: str = "Open a ticket", custom_id: str = "v1:ticket:open") -> Modal:
    return Modal(title, custom_id, tuple(Label(f"Field {n}", each) for n, each in enumerate(components)))


def test_a_modal_as_discord_reads_it(judge: Judge) -> None:
    sent = judge(
        SCHEMA,
        to_callback(
            Modal(
                "Feedback",
                "v1:feedback:send",
                (
                    TextDisplay("**Tell us**"),
                    Label("What?", TextInput(custom_id="text", min_length=1, max_length=4000), description="Anything"),
                ),
            )
        ),
    )

    assert sent == {
        "type": 9,
        "data": {
            "title": "Feedback",
            "custom_id": "v1:feedback:send",
            "components": [
                {"type": 10, "content": "**Tell us**"},
                {
                    "type": 18,
                    "label": "What?",
                    "description": "Anything",
                    "component": {
                        "type": 4,
                        "custom_id": "text",
                        "style": 1,
                        "required": True,
                        "min_length": 1,
                        "max_length": 4000,
                    },
                },
            ],
        },
    }


@pytest.mark.parametrize(
    "component",
    [
        TextInput(custom_id="i", style=TextStyle.PARAGRAPH, value="v", placeholder="p" * 100, required=False),
        StringSelect(custom_id="i", options=TWO, min_values=0, max_values=2, required=False),
        UserSelect(custom_id="i", defaults=(UserId(1),)),
        RoleSelect(custom_id="i", defaults=(RoleId(1),)),
        MentionableSelect(custom_id="i", default_roles=(RoleId(1),)),
        ChannelSelect(custom_id="i", channel_types=(2, 13), placeholder="Where?"),
        FileUpload(custom_id="i", max_values=10, file_types=("image", ".pdf")),
        FileUpload(custom_id="i", min_values=0, required=False),
        RadioGroup(custom_id="i", options=TWO),
        CheckboxGroup(custom_id="i", options=TWO),
        CheckboxGroup(custom_id="i", options=TWO, min_values=0, max_values=1, required=False),
        Checkbox(custom_id="i"),
        Checkbox(custom_id="i", default=True),
    ],
)
def test_every_field_passes_discords_own_file(judge: Judge, component: Input) -> None:
    sent: Any = judge(SCHEMA, to_callback(modal(component)))

    assert sent["data"]["components"][0]["component"]["custom_id"] == "i"


def options(count: int) -> tuple[SelectOption, ...]:
    return tuple(SelectOption("a", str(n)) for n in range(count))


@pytest.mark.parametrize(
    ("shown", "field", "limit", "actual"),
    [
        (modal(Checkbox(custom_id="a"), title=""), "modal.title", 1, 0),
        (modal(Checkbox(custom_id="a"), title="t" * 46), "modal.title", 45, 46),
        (modal(Checkbox(custom_id="a"), custom_id="c" * 101), "custom_id", 100, 101),
        (modal(), "modal.parts", 1, 0),
        (modal(*(Checkbox(custom_id=str(n)) for n in range(6))), "modal.parts", 5, 6),
        (Modal("t", "c", (TextDisplay(""),)), "modal.text", 1, 0),
        (Modal("t", "c", (TextDisplay("x" * 4001),)), "modal.text", 4000, 4001),
        (Modal("t", "c", (Label("", Checkbox(custom_id="a")),)), "label.label", 1, 0),
        (Modal("t", "c", (Label("l" * 46, Checkbox(custom_id="a")),)), "label.label", 45, 46),
        (Modal("t", "c", (Label("l", Checkbox(custom_id="a"), "d" * 101),)), "label.description", 100, 101),
        (modal(TextInput(custom_id="a", min_length=4001)), "text.min_length", 4000, 4001),
        (modal(TextInput(custom_id="a", max_length=0)), "text.max_length", 1, 0),
        (modal(TextInput(custom_id="a", min_length=5, max_length=4)), "text.max_length", 5, 4),
        (modal(TextInput(custom_id="a", max_length=2, value="abc")), "text.value", 2, 3),
        (modal(TextInput(custom_id="a", min_length=2, value="a")), "text.value", 2, 1),
        (modal(TextInput(custom_id="a", value="x" * 4001)), "text.value", 4000, 4001),
        (modal(TextInput(custom_id="a", placeholder="x" * 101)), "text.placeholder", 100, 101),
        (modal(RadioGroup(custom_id="a", options=options(1))), "radio.options", 2, 1),
        (modal(RadioGroup(custom_id="a", options=options(11))), "radio.options", 10, 11),
        (modal(RadioGroup(custom_id="a", options=(TWO[0], SelectOption("b", "3", default=True)))),
         "radio.options (defaults)", 1, 2),
        (modal(CheckboxGroup(custom_id="a", options=())), "checkboxes.options", 1, 0),
        (modal(CheckboxGroup(custom_id="a", options=options(11))), "checkboxes.options", 10, 11),
        (modal(CheckboxGroup(custom_id="a", options=TWO, min_values=3)), "checkboxes.min_values", 2, 3),
        (modal(CheckboxGroup(custom_id="a", options=TWO, max_values=3)), "checkboxes.max_values", 2, 3),
        (modal(FileUpload(custom_id="a", max_values=11)), "upload.max_values", 10, 11),
        (modal(FileUpload(custom_id="a", min_values=11)), "upload.min_values", 10, 11),
        (modal(FileUpload(custom_id="a", file_types=("image",) * 11)), "upload.file_types", 10, 11),
    ],
)  # fmt: skip
def test_numbers_beyond_discords_limits(shown: Modal, field: str, limit: int, actual: int) -> None:
    with pytest.raises(LimitExceeded) as refused:
        to_callback(shown)

    assert (refused.value.field, refused.value.limit, refused.value.actual) == (field, limit, actual)


EMOJI: Any = (SelectOption("a", "1", emoji="🌱"), SelectOption("b", "2"))
TWICE = (SelectOption("a", "1"), SelectOption("b", "1"))


@pytest.mark.parametrize(
    ("shown", "error"),
    [
        (modal(Checkbox(custom_id="a"), Checkbox(custom_id="a")), "modal.custom_id: must not be given twice"),
        (modal(UserSelect(custom_id="a", disabled=True)), "select.disabled: is for messages"),
        (modal(UserSelect(custom_id="a", min_values=0)), "select.min_values: of 0 needs required=False"),
        (modal(CheckboxGroup(custom_id="a", options=TWO, min_values=0)), "checkboxes.min_values: of 0"),
        (modal(FileUpload(custom_id="a", min_values=0)), "upload.min_values: of 0"),
        (modal(RadioGroup(custom_id="a", options=EMOJI)), "radio.option.emoji: is for selects only"),
        (modal(RadioGroup(custom_id="a", options=TWICE)), "radio.option.value: must not be given twice"),
    ],
)
def test_rules_that_discords_own_file_does_not_know(shown: Modal, error: str) -> None:
    with pytest.raises(NotAllowed, match=f"^{error}"):
        to_callback(shown)
