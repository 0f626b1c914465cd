import json
from collections.abc import Iterator
from http import HTTPStatus
from pathlib import Path
from typing import Any

import httpx
import pytest

from playground.rate_limits import RateLimits, TooMany
from playground.state.fixtures import COMMUNITY
from tests.discords_file import must_fit
from tests.local_discord import LocalDiscord, local_discord
from tests.playground.small_app import COMMANDS, PNG

Json = dict[str, Any]

APP = "1000000000000000001"
CHANNEL = str(COMMUNITY.room("study-log").channel)
GUILD = str(COMMUNITY.guild)
HERE = f"/channels/{CHANNEL}/messages"


@pytest.fixture(scope="module")
def discord(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalDiscord]:
    with local_discord(tmp_path_factory.mktemp("discord")) as running:
        yield running


def leaves(tree: Json, path: str = "") -> dict[str, str]:
    found: dict[str, str] = {}
    for key, value in tree.items():
        if key == "_errors":
            found[path] = value[0]["code"]
        else:
            found |= leaves(value, f"{path}.{key}" if path else key)
    return found


def mistakes(response: httpx.Response) -> dict[str, str]:
    assert response.status_code == HTTPStatus.BAD_REQUEST, response.text
    body = response.json()
    assert (body["code"], body["message"]) == (50035, "Invalid Form Body")
    return leaves(body["errors"])


# Authorization


def test_only_the_right_token_opens(discord: LocalDiscord) -> None:
    refused = discord.rest("GET", "/users/@me", token="wrong")

    assert refused.status_code == 401
    assert refused.json() == {"message": "401: Unauthorized", "code": 0}


def test_unknown_places_and_methods_are_told_in_json(discord: LocalDiscord) -> None:
    assert discord.rest("GET", "/nowhere").json() == {"message": "404: Not Found", "code": 0}
    assert discord.rest("DELETE", "/gateway").json() == {"message": "405: Method Not Allowed", "code": 0}


@pytest.mark.parametrize(
    ("content", "kind", "code"),
    [
        (b"{", "application/json", 50109),
        (b"content=hi", "text/plain", 50035),
        (b"[" * 5000 + b"]" * 5000, "application/json", 50109),
        (b"payload_json={", "application/x-www-form-urlencoded", 50109),
        (b"[]", "application/json", 50035),
        (b"--x", "multipart/form-data", 50035),
        (b"--x", "multipart/form-data; boundary=x", 50035),
        (b"x" * (25 * 1024 * 1024 + 1), "application/json", 40005),
    ],
)
def test_unreadable_bodies_are_refused(discord: LocalDiscord, content: bytes, kind: str, code: int) -> None:
    refused = discord.rest("POST", HERE, content=content, headers={"Content-Type": kind})

    assert refused.json()["code"] == code


# Messages


def test_a_layout_mentions_whom_its_texts_name(discord: LocalDiscord) -> None:
    text = {"type": 10, "content": f"Hello <@{COMMUNITY.owner}>"}
    body = {"flags": 32768 | 4096, "components": [{"type": 17, "components": [text]}]}

    message = discord.rest("POST", HERE, json=body).json()

    assert [one["id"] for one in message["mentions"]] == [str(COMMUNITY.owner)]
    assert message["flags"] == 32768 | 4096


def test_a_custom_emoji_has_a_picture(discord: LocalDiscord) -> None:
    picture = discord.http.get("/cdn/emojis/123456789012345678.webp?size=48")

    assert picture.headers["content-type"] == "image/png"
    assert picture.content != discord.http.get("/cdn/emojis/2.png").content


def send(discord: LocalDiscord, **body: object) -> httpx.Response:
    return discord.rest("POST", HERE, json=body)


def test_a_message_is_kept_edited_and_deleted(discord: LocalDiscord) -> None:
    made = send(discord, content=f"Hello <@{COMMUNITY.member('mina').user}> @everyone", allowed_mentions={"parse": []})
    message = made.json()
    path = f"{HERE}/{message['id']}"
    changed = discord.rest("PATCH", path, json={"embeds": [{"title": "June", "fields": [{"name": "a", "value": "b"}]}]})

    must_fit(message, "MessageResponse")
    must_fit(changed.json(), "MessageResponse")
    assert (message["mentions"], message["mention_everyone"]) == ([], False)
    assert changed.json()["edited_timestamp"]
    assert discord.rest("GET", path).json()["embeds"][0]["type"] == "rich"
    assert discord.rest("GET", HERE, params={"limit": 1}).json()[0]["id"] == message["id"]
    assert discord.rest("DELETE", path).status_code == 204
    assert discord.rest("GET", path).json() == {"message": "Unknown Message", "code": 10008}


def test_mentions_ping_only_whom_they_may(discord: LocalDiscord) -> None:
    mina, regular = COMMUNITY.member("mina").user, COMMUNITY.ranks[1].role
    text = f"<@{mina}> <@&{regular}> @here"

    everyone = send(discord, content=text).json()
    some = send(discord, content=text, allowed_mentions={"roles": [str(regular)]}).json()

    assert [one["username"] for one in everyone["mentions"]] == ["mina"]
    assert (everyone["mention_roles"], everyone["mention_everyone"]) == ([str(regular)], True)
    assert (some["mentions"], some["mention_roles"], some["mention_everyone"]) == ([], [str(regular)], False)


def test_a_nonce_makes_a_retry_harmless(discord: LocalDiscord) -> None:
    first, second = (send(discord, content="once", nonce="n1", enforce_nonce=True).json() for _ in range(2))

    assert first["id"] == second["id"]
    assert mistakes(send(discord, content="a", nonce="n" * 26)) == {"nonce": "BASE_TYPE_MAX_LENGTH"}


def test_files_are_kept_replaced_and_described(discord: LocalDiscord) -> None:
    def body(payload: Json) -> dict[str, Any]:
        return {"payload_json": (None, json.dumps(payload), "application/json")}

    payload = {"attachments": [{"id": 0, "description": "One"}, {"id": 1, "filename": "b.png"}]}
    files = body(payload) | {"files[0]": ("a.png", PNG), "files[1]": ("x.png", PNG)}
    first = discord.rest("POST", HERE, files=files).json()
    path = f"{HERE}/{first['id']}"
    keep = first["attachments"][1]["id"]
    payload = {"attachments": [{"id": keep, "description": "Kept"}, {"id": 0}]}
    second = discord.rest("PATCH", path, files=body(payload) | {"files[0]": ("c.png", PNG)}).json()
    third = discord.rest("PATCH", path, json={"content": "hi"}).json()
    fourth = discord.rest("PATCH", path, json={"attachments": []}).json()
    lost = discord.rest("PATCH", path, json={"attachments": [{"id": keep}]})

    must_fit(first, "MessageResponse")
    assert [(one["filename"], one.get("description")) for one in first["attachments"]] == [
        ("a.png", "One"),
        ("b.png", None),
    ]
    assert [(one["filename"], one.get("description")) for one in second["attachments"]] == [
        ("b.png", "Kept"),
        ("c.png", None),
    ]
    assert third["attachments"] == second["attachments"]
    assert fourth["attachments"] == []
    assert mistakes(lost) == {"attachments.0.id": "ATTACHMENT_NOT_FOUND"}


def test_too_large_or_too_many_files_are_refused(discord: LocalDiscord) -> None:
    large = discord.rest("POST", HERE, files={"files[0]": ("a.bin", b"x" * (10 * 1024 * 1024 + 1))})
    many = discord.rest("POST", HERE, files={f"files[{index}]": ("a.txt", b"x") for index in range(11)})

    assert (large.status_code, large.json()["code"]) == (413, 40005)
    assert many.json()["code"] == 30015


def button(**more: object) -> Json:
    return {"type": 2, "style": 1, "label": "Go", "custom_id": "go"} | more


def row(*parts: Json) -> Json:
    return {"type": 1, "components": list(parts)}


def select(**more: object) -> Json:
    return {"type": 3, "custom_id": "s", "options": [{"label": "a", "value": "a"}]} | more


V2 = 32768
REFUSED: list[tuple[Json, dict[str, str]]] = [
    ({"content": "x" * 2001}, {"content": "BASE_TYPE_MAX_LENGTH"}),
    ({"content": 5}, {"content": "STRING_TYPE_CONVERT"}),
    ({"embeds": [{"title": "x" * 257}]}, {"embeds.0.title": "BASE_TYPE_MAX_LENGTH"}),
    ({"embeds": [{"description": "x" * 4000}, {"description": "x" * 2001}]}, {"embeds": "MAX_EMBED_SIZE_EXCEEDED"}),
    ({"embeds": [{}] * 11}, {"embeds": "BASE_TYPE_MAX_LENGTH"}),
    ({"embeds": "x"}, {"embeds": "LIST_TYPE_CONVERT"}),
    ({"embeds": [1]}, {"embeds.0": "DICT_TYPE_CONVERT"}),
    ({"embeds": [{"fields": [{"name": "a", "value": ""}]}]}, {"embeds.0.fields.0.value": "BASE_TYPE_REQUIRED"}),
    ({"embeds": [{"url": "ftp://a/b"}]}, {"embeds.0.url": "URL_TYPE_INVALID_SCHEME"}),
    ({"embeds": [{"image": {"url": "nothing"}}]}, {"embeds.0.image.url": "URL_TYPE_INVALID_URL"}),
    ({"embeds": [{"color": 1 << 24}]}, {"embeds.0.color": "NUMBER_TYPE_MAX"}),
    ({"embeds": [{"timestamp": "today"}]}, {"embeds.0.timestamp": "DATE_TIME_TYPE_PARSE"}),
    ({"content": "a", "allowed_mentions": {"parse": ["all"]}}, {"allowed_mentions.parse.0": "BASE_TYPE_CHOICES"}),
    (
        {"content": "a", "allowed_mentions": {"parse": ["users"], "users": ["1"]}},
        {"allowed_mentions": "MESSAGE_ALLOWED_MENTIONS_PARSE_EXCLUSIVE"},
    ),
    ({"content": "a", "flags": 64}, {"flags": "MESSAGE_FLAGS_INVALID"}),
    (
        {"components": [row()] * 6},
        {"components": "BASE_TYPE_MAX_LENGTH"}
        | {f"components.{index}.components": "BASE_TYPE_BAD_LENGTH" for index in range(6)},
    ),
    ({"components": [button()]}, {"components.0.type": "UNION_TYPE_CHOICES"}),
    (
        {"components": [row(*(button(custom_id=str(n)) for n in range(6)))]},
        {"components.0.components": "BASE_TYPE_BAD_LENGTH"},
    ),
    ({"components": [row(select(), button())]}, {"components.0.components": "COMPONENT_LAYOUT_WIDTH_EXCEEDED"}),
    (
        {"components": [row(button(), button())]},
        {"components.0.components.1.custom_id": "COMPONENT_CUSTOM_ID_DUPLICATED"},
    ),
    (
        {"components": [row(button(custom_id="x" * 101))]},
        {"components.0.components.0.custom_id": "BASE_TYPE_BAD_LENGTH"},
    ),
    ({"components": [row(button(custom_id=None))]}, {"components.0.components.0.custom_id": "BASE_TYPE_REQUIRED"}),
    (
        {"components": [row(button(style=5))]},
        {
            "components.0.components.0.url": "BASE_TYPE_REQUIRED",
            "components.0.components.0.custom_id": "BASE_TYPE_FORBIDDEN",
        },
    ),
    ({"components": [row(button(url="https://a.b"))]}, {"components.0.components.0.url": "BASE_TYPE_FORBIDDEN"}),
    (
        {"components": [row(button(label=""))]},
        {"components.0.components.0.label": "BUTTON_COMPONENT_LABEL_OR_EMOJI_REQUIRED"},
    ),
    (
        {"components": [row(button(emoji={"name": "fire"}))]},
        {"components.0.components.0.emoji.name": "BUTTON_COMPONENT_INVALID_EMOJI"},
    ),
    (
        {"components": [row(button(style=6))]},
        {
            "components.0.components.0.sku_id": "BASE_TYPE_REQUIRED",
            "components.0.components.0.custom_id": "BASE_TYPE_FORBIDDEN",
            "components.0.components.0.label": "BASE_TYPE_FORBIDDEN",
        },
    ),
    ({"components": [row(select(options=[]))]}, {"components.0.components.0.options": "BASE_TYPE_BAD_LENGTH"}),
    (
        {"components": [row(select(options=[{"label": "a", "value": "a"}] * 2))]},
        {"components.0.components.0.options.1.value": "SELECT_COMPONENT_OPTION_VALUE_DUPLICATED"},
    ),
    (
        {"components": [row(select(max_values=2))]},
        {"components.0.components.0.max_values": "SELECT_COMPONENT_MAX_VALUES"},
    ),
    (
        {"components": [row(button(id=4), button(id=4, custom_id="b"))]},
        {"components.0.components.1.id": "COMPONENT_ID_DUPLICATED"},
    ),
    (
        {"content": "a", "flags": V2, "components": [{"type": 10, "content": "b"}]},
        {"content": "MESSAGE_CANNOT_USE_LEGACY_FIELDS_WITH_COMPONENTS_V2"},
    ),
    ({"components": [{"type": 10, "content": "b"}]}, {"components.0.type": "UNION_TYPE_CHOICES"}),
    (
        {"flags": V2, "components": [{"type": 17, "components": [{"type": 10, "content": "b"}] * 40}]},
        {"components": "COMPONENT_MAX_TOTAL_COMPONENTS_EXCEEDED"},
    ),
    (
        {"flags": V2, "components": [{"type": 10, "content": "b" * 2001}] * 2},
        {"components": "COMPONENT_DISPLAYABLE_TEXT_SIZE_EXCEEDED"},
    ),
    (
        {"flags": V2, "components": [{"type": 9, "components": [{"type": 10, "content": "b"}]}]},
        {"components.0.accessory": "BASE_TYPE_REQUIRED"},
    ),
    (
        {"flags": V2, "components": [{"type": 12, "items": [{"media": {"url": "attachment://a.png"}}]}]},
        {"components.0.items.0.media.url": "UNFURLED_MEDIA_ITEM_REFERENCED_ATTACHMENT_NOT_FOUND"},
    ),
    (
        {"flags": V2, "components": [{"type": 13, "file": {"url": "https://a.b/c"}}]},
        {"components.0.file.url": "URL_TYPE_INVALID_SCHEME"},
    ),
    (
        {"flags": V2, "components": [{"type": 17, "components": [{"type": 17, "components": []}]}]},
        {"components.0.components.0.type": "UNION_TYPE_CHOICES"},
    ),
    ({"flags": V2, "components": [{"type": 14, "spacing": 3}]}, {"components.0.spacing": "BASE_TYPE_CHOICES"}),
    (
        {"content": "a", "poll": {"question": {"text": ""}, "answers": []}},
        {
            "poll.question.text": "BASE_TYPE_BAD_LENGTH",
            "poll.answers": "BASE_TYPE_BAD_LENGTH",
        },
    ),
]


@pytest.mark.parametrize(("body", "wrong"), REFUSED)
def test_messages_that_discord_refuses_are_refused_with_the_place(
    discord: LocalDiscord, body: Json, wrong: dict[str, str]
) -> None:
    assert mistakes(send(discord, **body)) == wrong


TAKEN: list[Json] = [
    {"content": "x" * 2000, "embeds": [{"description": "y" * 4096}, {"description": "z" * 1904}]},
    {"components": [row(*(button(custom_id=str(n)) for n in range(5))), row(select())]},
    {"components": [row(button(style=5, url="https://example.org", custom_id=None))]},
    {"components": [row(button(style=6, sku_id="123", custom_id=None, label=None))]},
    {
        "flags": V2,
        "components": [
            {
                "type": 17,
                "accent_color": 255,
                "components": [
                    {"type": 9, "components": [{"type": 10, "content": "a"}], "accessory": button()},
                    {"type": 14, "divider": True, "spacing": 2},
                    {"type": 12, "items": [{"media": {"url": "https://example.org/a.png"}}]},
                    row(button(custom_id="other")),
                ],
            }
        ],
    },
    {"poll": {"question": {"text": "When?"}, "answers": [{"poll_media": {"text": "Now"}}], "duration": 24}},
]


@pytest.mark.parametrize("body", TAKEN)
def test_messages_at_the_limits_are_taken(discord: LocalDiscord, body: Json) -> None:
    taken = send(discord, **body)

    assert taken.status_code == 200, taken.text
    must_fit(body, "MessageCreateRequest")


def test_an_empty_message_is_refused(discord: LocalDiscord) -> None:
    bodies: list[Json] = [{}, {"content": "  "}, {"content": "", "embeds": []}]
    for body in bodies:
        assert send(discord, **body).json() == {"message": "Cannot send an empty message", "code": 50006}


def test_only_own_messages_in_text_are_written_and_changed(discord: LocalDiscord) -> None:
    category = next(room.channel for room in COMMUNITY.rooms if room.name == "Commons")

    refused = discord.rest("POST", f"/channels/{category}/messages", json={"content": "a"})
    silent = send(discord, content="a", flags=4).json()
    loud = discord.rest("PATCH", f"{HERE}/{silent['id']}", json={"flags": 0}).json()
    page = discord.rest("GET", HERE, params={"after": silent["id"]}).json()

    assert refused.json()["code"] == 50008
    assert (silent["flags"], loud["flags"]) == (4, 0)
    assert page == []
    assert mistakes(discord.rest("GET", HERE, params={"limit": 101})) == {"limit": "NUMBER_TYPE_MAX"}
    assert mistakes(send(discord, content="a", nonce=[])) == {"nonce": "STRING_TYPE_CONVERT"}


def test_direct_messages_reach_people_and_no_bots(discord: LocalDiscord) -> None:
    mina, bot = COMMUNITY.member("mina").user, COMMUNITY.member("metronome").user

    channel = discord.rest("POST", "/users/@me/channels", json={"recipient_id": str(mina)}).json()
    again = discord.rest("POST", "/users/@me/channels", json={"recipient_id": str(mina)}).json()
    message = discord.rest("POST", f"/channels/{channel['id']}/messages", json={"content": "hi"})

    assert channel == again
    assert message.status_code == 200
    assert discord.rest("POST", "/users/@me/channels", json={"recipient_id": str(bot)}).json()["code"] == 50007
    assert discord.rest("POST", "/users/@me/channels", json={"recipient_id": "5"}).json()["code"] == 10013
    assert mistakes(discord.rest("POST", "/users/@me/channels", json={})) == {"recipient_id": "BASE_TYPE_REQUIRED"}


# Reading data


def test_guilds_members_and_voice_states_can_be_read(discord: LocalDiscord) -> None:
    mina = COMMUNITY.member("mina").user
    silent = discord.rest("GET", f"/guilds/{GUILD}/voice-states/{mina}")
    discord.voice("join", "mina", "한국어 스터디")
    speaking = discord.rest("GET", f"/guilds/{GUILD}/voice-states/{mina}").json()
    moved = discord.rest("PATCH", f"/guilds/{GUILD}/members/{mina}", json={"channel_id": None, "nick": "M"})
    member = discord.rest("GET", f"/guilds/{GUILD}/members/{mina}").json()
    guild = discord.rest("GET", f"/guilds/{GUILD}", params={"with_counts": "true"}).json()
    channels = discord.rest("GET", f"/guilds/{GUILD}/channels").json()
    found = discord.rest("GET", f"/guilds/{GUILD}/members/search", params={"query": "hár", "limit": 5}).json()

    assert silent.json() == {"message": "Unknown Voice State", "code": 10065}
    assert (moved.status_code, member["nick"]) == (200, "M")
    must_fit(speaking, "VoiceStateResponse")
    must_fit(member, "GuildMemberResponse")
    must_fit(guild, "GuildWithCountsResponse")
    for channel in channels:
        must_fit(channel, "GuildChannelResponse")
    assert found == []
    assert guild["approximate_member_count"] == len(COMMUNITY.members) + 1
    assert discord.rest("GET", f"/channels/{CHANNEL}").json()["name"] == "study-log"
    assert discord.rest("GET", f"/guilds/{GUILD}/roles").json()[0]["name"] == "@everyone"
    assert discord.rest("GET", f"/guilds/{GUILD}/members").json()["code"] == 50001
    assert discord.rest("GET", "/users/@me/guilds").json()[0]["id"] == GUILD
    assert discord.rest("GET", f"/users/{mina}").json()["global_name"] == "김민아"
    must_fit(discord.rest("GET", "/users/@me").json(), "UserPIIResponse")


@pytest.mark.parametrize(
    ("path", "code"),
    [("/guilds/5", 10004), ("/channels/5", 10003), (f"/guilds/{GUILD}/members/5", 10007), ("/users/5", 10013)],
)
def test_what_is_not_there_has_its_own_code(discord: LocalDiscord, path: str, code: int) -> None:
    assert discord.rest("GET", path).json()["code"] == code
    assert discord.rest("GET", "/channels/abc").json()["code"] == 50035


def test_pictures_are_drawn_and_the_same_every_time(discord: LocalDiscord) -> None:
    mina = discord.rest("GET", f"/users/{COMMUNITY.member('mina').user}").json()
    path = f"/cdn/avatars/{mina['id']}/{mina['avatar']}.png"

    picture = discord.http.get(path, params={"size": 64})

    assert picture.headers["content-type"] == "image/png"
    assert picture.content == discord.http.get(path, params={"size": 64}).content
    assert discord.http.get("/cdn/embed/avatars/3.png").content.startswith(b"\x89PNG")
    guild = discord.rest("GET", f"/guilds/{GUILD}").json()
    noam = discord.rest("GET", f"/guilds/{GUILD}/members/{COMMUNITY.member('noam').user}").json()
    own = f"/cdn/guilds/{GUILD}/users/{noam['user']['id']}/avatars/{noam['avatar']}.png"
    assert discord.http.get(own).status_code == 200
    assert discord.http.get(f"/cdn/icons/{GUILD}/{guild['icon']}.png").status_code == 200
    for missing in ("none", "0" * 32):
        assert discord.http.get(f"/cdn/avatars/{mina['id']}/{missing}.png").status_code == 404
    assert discord.http.get("/playground/attachments/5").status_code == 404
    assert "local Discord" in discord.http.get("/").text


# Commands


def test_commands_are_put_listed_changed_and_deleted(discord: LocalDiscord) -> None:
    path = f"/applications/{APP}/commands"
    put = discord.rest("PUT", path, json=COMMANDS).json()
    again = discord.rest("PUT", path, json=COMMANDS).json()
    plain = discord.rest("GET", path).json()
    full = discord.rest("GET", path, params={"with_localizations": "true"}).json()
    changed = discord.rest("PATCH", f"{path}/{put[1]['id']}", json={"description": "Now."}).json()
    upserted = discord.rest("POST", path, json={"name": "now", "description": "Soon."})
    deleted = discord.rest("DELETE", f"{path}/{put[1]['id']}")

    assert [one["id"] for one in put] == [one["id"] for one in again]
    assert put == again
    assert "name_localizations" not in plain[0]["options"][-1]["choices"][0]
    assert full[0]["options"][-1]["choices"][0]["name_localizations"] == {"ko": "집중"}
    assert changed["version"] != put[1]["version"]
    assert (upserted.status_code, upserted.json()["id"]) == (200, put[1]["id"])
    assert deleted.status_code == 204
    assert discord.rest("GET", f"{path}/{put[1]['id']}").json()["code"] == 10063
    for command in put:
        must_fit(command, "ApplicationCommandResponse")


def test_guild_commands_are_apart(discord: LocalDiscord) -> None:
    path = f"/applications/{APP}/guilds/{GUILD}/commands"

    made = discord.rest("POST", path, json={"name": "here", "description": "Only here."})

    assert (made.status_code, made.json()["guild_id"]) == (201, GUILD)
    assert mistakes(discord.rest("POST", path, json={"name": "x", "description": "y", "contexts": [0]}))
    assert discord.rest("GET", f"/applications/{APP}/guilds/5/commands").json()["code"] == 50001
    assert discord.rest("GET", "/applications/5/commands").json()["code"] == 20012


def option(**more: object) -> Json:
    return {"type": 3, "name": "word", "description": "A word."} | more


def choices(count: int) -> list[Json]:
    return [{"name": str(number), "value": str(number)} for number in range(count)]


@pytest.mark.parametrize(
    ("command", "place"),
    [
        ({"name": "Upper"}, "0.name"),
        ({"name": "two words"}, "0.name"),
        ({"name": "x" * 33}, "0.name"),
        ({"name": "ok", "description": ""}, "0.description"),
        ({"name": "ok", "description": "x" * 101}, "0.description"),
        ({"name": "ok", "name_localizations": {"xx": "a"}}, "0.name_localizations.xx"),
        ({"name": "ok", "name_localizations": {"ko": "A B"}}, "0.name_localizations.ko"),
        ({"name": "ok", "options": [option()] * 26}, "0.options"),
        ({"name": "ok", "options": [option(), option()]}, "0.options"),
        ({"name": "ok", "options": [option(), option(name="b", required=True)]}, "0.options"),
        ({"name": "ok", "options": [option(choices=choices(26))]}, "0.options.0.choices"),
        ({"name": "ok", "options": [option(choices=choices(1), autocomplete=True)]}, "0.options.0.choices"),
        ({"name": "ok", "options": [option(type=5, autocomplete=True)]}, "0.options.0.type"),
        ({"name": "ok", "options": [option(type=12)]}, "0.options.0.type"),
        ({"name": "ok", "options": [option(min_length=9, max_length=3)]}, "0.options.0.min_length"),
        ({"name": "ok", "options": [option(min_value=1)]}, "0.options.0.type"),
        (
            {"name": "ok", "options": [option(type=4, choices=[{"name": "a", "value": "a"}])]},
            "0.options.0.choices.0.value",
        ),
        ({"name": "ok", "options": [option(type=1), option(name="b")]}, "0.options"),
        (
            {"name": "ok", "options": [option(type=1, options=[option(type=1, name="b")])]},
            "0.options.0.options.0.type",
        ),
        ({"name": "ok", "contexts": [0, 0]}, "0.contexts"),
        ({"name": "ok", "contexts": [3]}, "0.contexts.0"),
        ({"name": "ok", "options": [option(name_localizations={"ko": "b"}), option(name="b")]}, "0.options"),
        (
            {"name": "ok", "options": [option(type=10, choices=[{"name": "a", "value": "x"}])]},
            "0.options.0.choices.0.value",
        ),
        ({"name": "ok", "options": [option(type=10, choices=[{"name": "a"}])]}, "0.options.0.choices.0.value"),
        ({"name": "ok", "options": [option(choices=[{"name": "a", "value": "a"}] * 2)]}, "0.options.0.choices"),
        ({"name": "ok", "options": [option(type=4, min_value=3, max_value=1)]}, "0.options.0.min_value"),
        ({"name": "ok", "options": [option(type=5, min_length=1)]}, "0.options.0.type"),
        ({"name": "ok", "options": [option(channel_types=[0])]}, "0.options.0.channel_types"),
        ({"name": "ok", "options": [option(type=2, options=[option()])]}, "0.options.0.options.0.type"),
        ({"name": "ok", "options": [option(type=4, min_value="1")]}, "0.options.0.min_value"),
        ({"name": "ok", "nsfw": "yes"}, "0.nsfw"),
        ({"name": "ok", "default_member_permissions": "all"}, "0.default_member_permissions"),
        ({"name": "ok", "type": 2, "description": "No."}, "0.description"),
    ],
)
def test_malformed_commands_are_refused_with_the_place(discord: LocalDiscord, command: Json, place: str) -> None:
    body = {"description": "Does it."} | command

    assert place in mistakes(discord.rest("PUT", f"/applications/{APP}/commands", json=[body]))


def test_a_command_cannot_take_the_name_of_another(discord: LocalDiscord) -> None:
    path = f"/applications/{APP}/commands"
    first, second = discord.rest("PUT", path, json=[{"name": name, "description": "x"} for name in ("a", "b")]).json()

    renamed = discord.rest("PATCH", f"{path}/{first['id']}", json={"name": "b"})
    twice = discord.rest("PUT", path, json=[{"name": "a", "description": "x"}] * 2)

    assert mistakes(renamed) == {"name": "APPLICATION_COMMANDS_DUPLICATE_NAME"}
    assert mistakes(twice) == {"1.name": "APPLICATION_COMMANDS_DUPLICATE_NAME"}
    assert mistakes(discord.rest("PUT", path, json={})) == {"": "LIST_TYPE_CONVERT"}
    assert mistakes(discord.rest("PUT", path, json=[1])) == {"0": "DICT_TYPE_CONVERT"}
    assert mistakes(discord.rest("PUT", path, json=[{}] * 131)) == {"": "BASE_TYPE_BAD_LENGTH"}
    assert discord.rest("GET", f"{path}/{second['id']}").json()["name"] == "b"


def test_a_command_may_not_be_too_large(discord: LocalDiscord) -> None:
    options = [
        option(name=f"o{number}", choices=[{"name": f"{n:0100}", "value": f"{n:0100}"} for n in range(25)])
        for number in range(2)
    ]
    body = {"name": "huge", "description": "Much."}

    assert mistakes(discord.rest("POST", f"/applications/{APP}/commands", json=body | {"options": options})) == {
        "": "APPLICATION_COMMAND_TOO_LARGE"
    }


def test_names_in_all_scripts_are_taken(discord: LocalDiscord) -> None:
    names = ("프로필", "プロフィール", "प्रोफ़ाइल", "โปรไฟล์", "ملف", "don't_stop-now")
    body = [{"name": name, "description": "Shows it."} for name in names]

    assert discord.rest("PUT", f"/applications/{APP}/guilds/{GUILD}/commands", json=body).status_code == 200


def test_two_hundred_new_commands_a_day_and_no_more(tmp_path: Path) -> None:
    with local_discord(tmp_path) as discord:
        path = f"/applications/{APP}/commands"
        first, body = ([{"name": f"{day}-{n}", "description": "x"} for n in range(100)] for day in ("a", "b"))
        assert [discord.rest("PUT", path, json=one).status_code for one in (first, body)] == [200, 200]
        refused = discord.rest("PUT", path, json=[{"name": "last", "description": "x"}])
        kept = discord.rest("PUT", path, json=body)
        too_many = discord.rest("PUT", path, json=[*body, {"name": "c", "description": "x"}])

    assert (refused.status_code, refused.json()["code"]) == (400, 30034)
    assert kept.status_code == 200
    assert too_many.json()["code"] == 30032


# Rate limits


def test_buckets_run_empty_and_say_when_they_are_full_again(tmp_path: Path) -> None:
    with local_discord(tmp_path, limits_requests=True) as discord:
        answers = [send(discord, content="a") for _ in range(6)]

    assert [one.status_code for one in answers] == [200] * 5 + [429]
    assert [one.headers["X-RateLimit-Remaining"] for one in answers[:5]] == ["4", "3", "2", "1", "0"]
    refused = answers[5]
    assert set(refused.json()) == {"message", "retry_after", "global"}
    assert refused.headers["X-RateLimit-Scope"] == "user"
    assert 0 < refused.json()["retry_after"] <= 5
    assert refused.headers["X-RateLimit-Bucket"] == answers[0].headers["X-RateLimit-Bucket"]


def test_fifty_requests_a_second_and_no_more() -> None:
    limits = RateLimits()
    for _ in range(50):
        limits.take_global()

    with pytest.raises(TooMany) as caught:
        limits.take_global()

    assert caught.value.body["global"]
    assert caught.value.headers["X-RateLimit-Scope"] == "global"


def test_every_answer_tells_its_limit(tmp_path: Path) -> None:
    with local_discord(tmp_path, limits_requests=True) as discord:
        answers = [discord.rest("GET", "/gateway", headers={"Authorization": ""}) for _ in range(3)]

    assert [answer.status_code for answer in answers] == [200] * 3
    assert answers[0].headers["X-RateLimit-Limit"] == "50"
