import re
from collections.abc import Iterator
from html.parser import HTMLParser

import pytest
from playwright.async_api import FilePayload, Locator, Page, expect

from playground.errors import Form
from playground.page import modals
from playground.validation.components import check_modal
from playground.validation.fields import Fields
from tests.local_discord import Json, LocalDiscord, local_discord
from tests.playground.page.browser import Scheme, Visits, violations
from tests.playground.page.test_markdown import reading
from tests.playground.small_app import FORM, PNG, SmallApp, small_app

HOSTILE = '"><script>alert(1)</script>'
CITIES: list[Json] = [{"label": "Seoul", "value": "s", "emoji": {"name": "🌆"}}, {"label": "Busan", "value": "b"}]


def labelled(label: str, component: Json, **more: object) -> Json:
    return {"type": 18, "label": label, "component": component} | more


READING = reading()
ADA, ROOM = str(READING.seat.user.id), str(READING.seat.channel.id)
TEXTS: Json = {
    "title": "보고서 " + HOSTILE[:20],
    "custom_id": "report",
    "components": [
        {"type": 10, "content": "Tell us **what** happened."},
        labelled(
            "Title",
            {"type": 4, "custom_id": "title", "style": 1, "min_length": 2, "max_length": 20, "placeholder": "Short"},
            description="A few words",
        ),
        labelled("Notes", {"type": 4, "custom_id": "notes", "style": 2, "required": False, "value": f"\nא {HOSTILE}"}),
        labelled("City", {"type": 3, "custom_id": "city", "options": [CITIES[0] | {"default": True}, CITIES[1]]}),
        {"type": 1, "components": [{"type": 4, "custom_id": "old", "style": 1, "label": "In a row, as before"}]},
    ],
}
GROUPS: Json = {
    "title": "Groups",
    "custom_id": "groups",
    "components": [
        labelled("Kind", {"type": 21, "custom_id": "kind", "options": [CITIES[0] | {"description": "Big"}, CITIES[1]]}),
        labelled(
            "Days",
            {"type": 22, "custom_id": "days", "options": [*CITIES, {"label": "Ulsan", "value": "u"}], "max_values": 2},
        ),
        labelled("Agree", {"type": 23, "custom_id": "agree", "default": True}, description="To everything"),
        labelled(
            "Proof",
            {"type": 19, "custom_id": "proof", "min_values": 1, "max_values": 3, "file_types": ["image", ".pdf"]},
        ),
    ],
}
PEOPLE: Json = {
    "title": "People",
    "custom_id": "people",
    "components": [
        labelled("User", {"type": 5, "custom_id": "user", "default_values": [{"id": ADA, "type": "user"}]}),
        labelled("Role", {"type": 6, "custom_id": "role", "required": False}),
        labelled("Anyone", {"type": 7, "custom_id": "anyone", "min_values": 2, "max_values": 4}),
        labelled("Channel", {"type": 8, "custom_id": "channel", "channel_types": [0, 2], "placeholder": "Where"}),
    ],
}
WORD = "W" * 100  # one word of the maximum length of option labels and descriptions
LONG: Json = {
    "title": WORD[:45],
    "custom_id": "long",
    "components": [
        {"type": 10, "content": WORD * 2},
        labelled(WORD[:45], {"type": 4, "custom_id": "text", "style": 1, "placeholder": WORD}, description=WORD),
        labelled(
            WORD[:45],
            {
                "type": 21,
                "custom_id": "one",
                "options": [{"label": WORD, "value": "1", "description": WORD}, {"label": HOSTILE, "value": HOSTILE}],
            },
        ),
        labelled(
            WORD[:45],
            {"type": 3, "custom_id": "menu", "options": [{"label": WORD, "value": "1", "default": True}]},
        ),
        labelled(WORD[:45], {"type": 19, "custom_id": "file"}, description=HOSTILE),
    ],
}
ALL = [TEXTS, GROUPS, PEOPLE, LONG]


class Elements(HTMLParser):
    """HTML parser that collects elements with attributes; fails on duplicate ids and attributes."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str]]] = []
        self.feed(html)
        ids = [attributes["id"] for _, attributes in self.found if "id" in attributes]
        assert len(ids) == len(set(ids))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert len(attrs) == len(dict(attrs))
        self.found.append((tag, {name: value or "" for name, value in attrs}))

    def named(self, name: str) -> list[dict[str, str]]:
        return [attributes for _, attributes in self.found if attributes.get("name") == name]

    def with_id(self, number: str) -> dict[str, str]:
        return next(attributes for _, attributes in self.found if attributes.get("id") == number)


def drawn(modal: Json) -> str:
    form = Form()
    check_modal(Fields(form, (), modal))
    form.check()
    return str(modals.draw(modal, reply=7, reading=READING, base_url="http://here"))


@pytest.mark.parametrize("modal", ALL)
def test_every_field_is_found_by_its_custom_id_and_has_a_label_and_words_about_it(modal: Json) -> None:
    html = drawn(modal)

    elements = Elements(html)
    for part in modal["components"]:
        if part["type"] == 10:
            continue
        label = part.get("label") or part["components"][0]["label"]
        component = part.get("component") or part["components"][0]
        assert elements.named(component["custom_id"])
        assert f">{label}</span>" in html
        assert f'data-field="{component["custom_id"]}"' in html
    for _, attributes in elements.found:
        for name in ("aria-describedby", "aria-labelledby", "for"):
            for number in attributes.get(name, "").split():
                assert elements.with_id(number) is not None


def test_texts_have_their_limits_and_what_stands_in_them() -> None:
    html = drawn(TEXTS)

    elements = Elements(html)
    title, notes, old = (elements.named(name)[0] for name in ("title", "notes", "old"))
    assert (title["minlength"], title["maxlength"], title["placeholder"]) == ("2", "20", "Short")
    assert title["aria-describedby"] == "field-2-about field-2-wrong"
    assert old["aria-describedby"] == "field-5-about field-5-most field-5-wrong"
    assert "required" in title
    assert "required" not in notes
    assert "2 to 20 characters" in html
    assert "At most 4000 characters" in html
    assert "<strong>what</strong>" in html
    assert "\n\nא &#34;&gt;&lt;script&gt;" in html  # HTML drops one line break at the start of a text area
    assert "<script" not in html


def test_selects_keep_their_defaults_where_a_form_looks_for_them() -> None:
    texts, people = Elements(drawn(TEXTS)), Elements(drawn(PEOPLE))

    assert next(one for tag, one in texts.found if tag == "option" and "selected" in one)["value"] == "s"
    assert ("option", {"value": ADA, "selected": ""}) in people.found
    buttons = {one["data-select"]: one for tag, one in people.found if tag == "button" and "data-select" in one}
    assert (buttons["role"]["data-min"], buttons["anyone"]["data-min"], buttons["anyone"]["data-max"]) == (
        "0",
        "2",
        "4",
    )
    assert (buttons["channel"]["data-types"], buttons["channel"]["data-placeholder"]) == ("0,2", "Where")


def test_groups_and_files_say_what_they_take() -> None:
    html = drawn(GROUPS)

    elements = Elements(html)
    assert [one["type"] for one in elements.named("kind")] == ["radio", "radio"]
    assert [one["value"] for one in elements.named("days")] == ["s", "b", "u"]
    assert "checked" in elements.named("agree")[0]
    proof = elements.named("proof")[0]
    assert (proof["accept"], "multiple" in proof) == ("image/*,.pdf", True)
    assert "1 to 2 choices" in html
    assert "1 to 3 files" in html


@pytest.fixture(scope="module")
def discord(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalDiscord]:
    with local_discord(tmp_path_factory.mktemp("discord")) as running:
        yield running


@pytest.fixture(scope="module")
def app(discord: LocalDiscord) -> Iterator[SmallApp]:
    with small_app(discord) as running:
        yield running


def test_a_form_is_shown_to_whoever_opened_it_until_it_is_sent(discord: LocalDiscord, app: SmallApp) -> None:
    app.form = FORM
    opened = discord.steer("interactions", text="/form", **{"as": "mina"}).json()["reply"]

    shown = discord.http.get(f"/page/forms/{opened}?as=mina")
    others = discord.http.get(f"/page/forms/{opened}?as=ada")
    discord.steer("interactions", submit={"Title": "x"}, **{"as": "mina"}).raise_for_status()
    sent = discord.http.get(f"/page/forms/{opened}?as=mina")

    assert f'data-reply="{opened}"' in shown.text
    assert re.search(r"<h2[^>]*>Report</h2>", shown.text)
    for refused in (others, sent):
        assert refused.status_code == 404
        assert "That form is not open any more." in refused.text


async def opened(page: Page, discord: LocalDiscord, app: SmallApp, modal: Json) -> Locator:
    """A modal, as the app opens it for a user who clicks a button."""
    app.form = modal
    told = discord.steer("interactions", **{"as": "ada", "text": "/panel"}).raise_for_status().json()
    await page.locator(f"#message-{told['message']['id']}").get_by_role("button", name="Form").click()
    form = page.get_by_role("dialog", name=modal["title"])
    await expect(form).to_be_visible()
    return form


async def sent(form: Locator, app: SmallApp) -> tuple[dict[str, Json], Json]:
    """What the app receives when the modal is submitted: the fields by custom id, and the resolved objects."""
    await form.get_by_role("button", name="Submit").click()
    await expect(form).to_have_count(0)
    data = app.seen[-1]["data"]
    fields = [part.get("component") or part["components"][0] for part in data["components"] if part["type"] != 10]
    return {field["custom_id"]: field for field in fields}, data.get("resolved", {})


@pytest.mark.asyncio(loop_scope="session")
async def test_texts_and_a_menu_are_filled_in_and_reach_the_app(
    discord: LocalDiscord, app: SmallApp, visit: Visits
) -> None:
    page = await visit(discord.url)
    form = await opened(page, discord, app, TEXTS)

    await expect(form.get_by_text("Tell us what happened.")).to_be_visible()
    await form.get_by_label("Title").fill("시험 주간")
    count = form.locator("[data-field=title] [data-count]")
    await expect(count).to_have_text("5 / 20")
    await expect(count).to_have_css("background-color", "rgba(0, 0, 0, 0)")  # not a badge, unlike other counts
    await form.get_by_role("button", name="City").click()
    await page.get_by_role("option", name="Busan").click()
    await form.get_by_label("In a row, as before").fill("Old")
    fields, _ = await sent(form, app)

    assert (fields["title"]["value"], fields["old"]["value"]) == ("시험 주간", "Old")
    assert fields["notes"]["value"] == f"\nא {HOSTILE}"
    assert fields["city"]["values"] == ["b"]


@pytest.mark.asyncio(loop_scope="session")
async def test_groups_and_files_are_filled_in_and_reach_the_app(
    discord: LocalDiscord, app: SmallApp, visit: Visits
) -> None:
    page = await visit(discord.url)
    form = await opened(page, discord, app, GROUPS)
    files = [FilePayload(name=name, mimeType="image/png", buffer=PNG) for name in ("one.png", "two.png")]

    await form.get_by_role("radio", name="Busan").check()
    days = form.get_by_role("group", name="Days")
    await days.get_by_label("Seoul").check()
    await days.get_by_label("Ulsan").check()
    await form.get_by_label("Agree").uncheck()
    await form.get_by_label("Proof").set_input_files(files)
    fields, resolved = await sent(form, app)

    assert fields["kind"]["value"] == "b"
    assert fields["days"]["values"] == ["s", "u"]
    assert fields["agree"]["value"] is False
    names = [resolved["attachments"][number]["filename"] for number in fields["proof"]["values"]]
    assert names == ["one.png", "two.png"]


@pytest.mark.asyncio(loop_scope="session")
async def test_people_and_places_are_chosen_and_reach_the_app(
    discord: LocalDiscord, app: SmallApp, visit: Visits
) -> None:
    page = await visit(discord.url)
    form = await opened(page, discord, app, PEOPLE)
    mina, mateo = (discord.member(name)["id"] for name in ("mina", "mateo"))

    await expect(form.get_by_role("button", name="User")).to_contain_text("@Ada Okafor")
    await form.get_by_role("button", name="Anyone").click()
    for name in ("김민아", "Mateo"):
        await page.get_by_placeholder("Search").fill(name)
        await page.get_by_role("option", name=name).click()
    await page.get_by_role("button", name="Confirm").click()
    await form.get_by_role("button", name="Channel").click()
    await page.get_by_placeholder("Search").fill("study-log")
    await page.get_by_role("option", name="study-log").click()
    fields, resolved = await sent(form, app)

    assert fields["user"]["values"] == [ADA]
    assert fields["role"]["values"] == []
    assert fields["anyone"]["values"] == [mina, mateo]
    assert fields["channel"]["values"] == [ROOM]
    assert resolved["channels"][ROOM]["name"] == "study-log"
    assert set(resolved["users"]) == {ADA, mina, mateo}


@pytest.mark.asyncio(loop_scope="session")
async def test_what_is_wrong_is_said_at_its_field_and_seen_at_its_edge(
    discord: LocalDiscord, app: SmallApp, visit: Visits
) -> None:
    page = await visit(discord.url)
    form = await opened(page, discord, app, GROUPS)
    proof = form.get_by_label("Proof")

    await proof.set_input_files(
        [FilePayload(name=f"{number}.png", mimeType="image/png", buffer=PNG) for number in range(4)]
    )
    await form.get_by_role("button", name="Submit").click()

    await expect(form.locator("[data-field=kind] .wrong")).to_have_text("This field is required")
    await expect(proof).to_have_accessible_description("1 to 3 files Choose at most 3.")
    sentence = await form.locator("[data-field=kind] .wrong").evaluate("one => getComputedStyle(one).color")
    await expect(form.locator("[data-field=kind] .choice").first).to_have_css("border-top-color", sentence)
    await expect(proof).to_have_css("border-top-color", sentence)


@pytest.mark.asyncio(loop_scope="session")
async def test_a_phone_shows_a_form_as_a_sheet_that_nothing_sticks_out_of(
    discord: LocalDiscord, app: SmallApp, visit: Visits
) -> None:
    page = await visit(discord.url, phone=True)

    form = await opened(page, discord, app, LONG)

    assert await form.bounding_box() == {"x": 0, "y": 0, "width": 390, "height": 844}
    assert await form.locator(".form-fields").evaluate("one => one.scrollWidth") == 390
    await expect(form.get_by_role("button", name="Submit")).to_be_in_viewport()
    await expect(form.get_by_role("radio", name=HOSTILE)).to_have_count(1)


@pytest.mark.asyncio(loop_scope="session")
@pytest.mark.parametrize("scheme", [pytest.param("light", marks=pytest.mark.slow), "dark"])
@pytest.mark.parametrize("phone", [False, pytest.param(True, marks=pytest.mark.slow)])
async def test_forms_are_accessible(
    discord: LocalDiscord,
    app: SmallApp,
    visit: Visits,
    phone: bool,  # noqa: FBT001 - a parameter
    scheme: Scheme,
) -> None:
    page = await visit(discord.url, phone=phone, scheme=scheme)

    for modal in ALL:
        form = await opened(page, discord, app, modal)
        assert await violations(page) == []
        await form.get_by_role("button", name="Submit").click()
        await expect(form.locator(".wrong:not([hidden])").first).to_be_visible()
        assert await violations(page) == []
        await form.get_by_role("button", name="Cancel").click()
        await expect(form).to_have_count(0)
