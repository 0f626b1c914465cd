"""Posts one message of every kind over the real REST API and by the small app, for page tests."""

import io
import json
import struct
import wave

from PIL import Image, ImageDraw

from playground.state.fixtures import COMMUNITY
from tests.local_discord import Json, LocalDiscord
from tests.playground.small_app import PANEL

ROOM = "smalltalk"
MARKS = """\
**bold** *italic* __underline__ ~~strike~~ ||spoiler|| `code` ***both*** <@{ada}> <@&{role}> <#{room}> <#{voice}> \
</my timezone:1> <id:customize> <:wave:7001> @everyone
<t:{now}:R> · <t:{now}:F> · <t:{now}:t>"""
BLOCKS = """\
# Heading one
## Heading two
### Heading three
-# Small print with [a link](https://example.org 'Example')
> A quote
> of two lines
- One
  - Two
    - Three

Text between
3. Third
4. Fourth
```py
def focus(minutes: int) -> str:
    return f"<b>{{minutes}}</b>"
```
https://example.org/a_b_c?x=1&y=2 <https://example.org>
```diff
+ added
- removed
```
```ansi
\x1b[1;31mred\x1b[0m \x1b[32mgreen\x1b[33m yellow\x1b[34m blue\x1b[35m pink\x1b[36m cyan\x1b[0;4m line\x1b[0;45m behind
```"""
TEXTS = [MARKS, BLOCKS, ">>> A quote that\ngoes on **to the end**", "🎉🔥👩🏽‍💻<:wave:7002>"]
PEOPLE = {
    "mina": "오늘 **집중** 시간 두 시간! <@{ada}> 같이 할래? 🙌",
    "layla": "مرحبا! أدرس **الرياضيات** مع @ada اليوم `x = 1`\n- أول\n- ثان",
    "noam": "שלום לכולם, למדתי היום **שעתיים** בספרייה (Library)",
    "somchai": "สวัสดีครับ วันนี้อ่านหนังสือ 2 ชั่วโมง",
    "priya": "नमस्ते! आज का लक्ष्य: **तीन घंटे**",
    "haruto": "今日は図書館で三時間勉強しました。",
    "moonmoth": "🦋 a long line without any space: " + "x" * 160,
}


def picture(colour: str, width_px: int = 320, height_px: int = 200) -> bytes:
    """A PNG with a sun on it."""
    image = Image.new("RGB", (width_px, height_px), colour)
    ImageDraw.Draw(image).ellipse((width_px // 2, 20, width_px // 2 + height_px // 3, 20 + height_px // 3), "#f2c14e")
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    return buffer.getvalue()


def sound() -> bytes:
    """A WAV of silence."""
    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(8000)
        file.writeframes(struct.pack("<h", 0) * 8000)
    return buffer.getvalue()


def channel(discord: LocalDiscord, name: str) -> str:
    """The id of a channel."""
    return next(room["id"] for room in discord.state()["guilds"][0]["channels"] if room["name"] == name)


def post(discord: LocalDiscord, body: Json, files: dict[str, bytes] | None = None, *, room: str = ROOM) -> Json:
    """Post a message of the app in a channel, given by name or id."""
    parts = {f"files[{index}]": (name, content) for index, (name, content) in enumerate((files or {}).items())}
    payload = {"payload_json": (None, json.dumps(body), "application/json")}
    number = room if room.isdecimal() else channel(discord, room)
    return discord.rest("POST", f"/channels/{number}/messages", files=payload | parts).raise_for_status().json()


def hang(discord: LocalDiscord, *, room: str = ROOM) -> None:
    """Post one message of each kind in a channel."""
    _post_texts(discord, room)
    _post_embeds(discord, room)
    _post_files(discord, room)
    _post_components(discord, room)
    _post_layouts(discord, room)
    _post_polls(discord, room)
    _post_threads(discord, room)


def use(discord: LocalDiscord, *, room: str = ROOM, who: str = "ada") -> None:
    """Send interactions to the running small app, for responses of all kinds."""

    def ask(**body: object) -> Json:
        return discord.steer("interactions", **({"as": who, "channel": room} | body)).raise_for_status().json()

    ask(text="/my timezone zone:Asia/Seoul")
    ask(text="/panel")
    ask(press="Form")
    ask(submit={"title": "Broken"})
    ask(text="/secret")
    ask(text="/files")
    told = ask(text="/now")["request"]
    path = f"/webhooks/{told['application_id']}/{told['token']}"
    discord.rest("POST", path, json={"content": "And one more thing."}).raise_for_status()
    discord.rest("PATCH", f"{path}/messages/@original", json={"content": "Hello again."}).raise_for_status()
    ask(user_menu="Profile", target="Mateo García")
    ask(text="/down")
    ask(text="/later", wait=False)


def _post_texts(discord: LocalDiscord, room: str) -> None:
    facts = {
        "ada": COMMUNITY.owner,
        "role": COMMUNITY.ranks[2].role,
        "room": COMMUNITY.room("study-log").channel,
        "voice": COMMUNITY.room("한국어 스터디").channel,
        "now": int(discord.config.clock.unix()) - 3700,
    }
    first, *_ = [post(discord, {"content": text.format(**facts)}, room=room) for text in TEXTS]
    for who, text in PEOPLE.items():
        body = {"content": text.format(**facts), "channel": channel(discord, room), "as": who}
        discord.steer("messages", **body).raise_for_status()
    answer: Json = {"content": "An answer", "reply_to": first["id"], "channel": channel(discord, room), "as": "kwame"}
    discord.steer("messages", **answer).raise_for_status()


def _post_embeds(discord: LocalDiscord, room: str) -> None:
    inline = [
        {"name": name, "value": "1 h 20 min", "inline": True} for name in ("Today", "Week", "All", "Best", "Rank")
    ]
    embed: Json = {
        "title": "Profile of 김민아",
        "url": "https://example.org/mina",
        "description": "Level **4** · 312 XP\nمرحبا يا مينا\n`/profile`",  # noqa: RUF001 - Arabic
        "color": 0x5B6EE1,
        "author": {"name": "Lyceum Commons", "icon_url": "attachment://face.png", "url": "https://example.org"},
        "fields": [*inline, {"name": "Whole width", "value": "- with a list\n- and **marks**"}],
        "thumbnail": {"url": "attachment://face.png"},
        "image": {"url": "attachment://card.png"},
        "footer": {"text": "Since 2023", "icon_url": "attachment://face.png"},
        "timestamp": "2026-11-28T01:00:00+00:00",
    }
    told = [{"id": 1, "filename": "card.png", "description": "A calendar of a month with 20 active days"}]
    files = {"face.png": picture("#884", 120, 120), "card.png": picture("#246", 900, 360)}
    post(discord, {"content": "An embed", "embeds": [embed], "attachments": told}, files, room=room)
    small: list[Json] = [
        {"description": "No colour, no title"},
        {"title": "Elsewhere", "color": 0xC98B4B, "image": {"url": "https://example.org/big.png"}},
        {"description": "مرحبا، هذا نص طويل من اليمين إلى اليسار", "fields": [{"name": "اليوم", "value": "ساعة"}]},
    ]
    post(discord, {"embeds": small}, room=room)
    pictures = {f"p{number}.png": picture(colour) for number, colour in enumerate(("#a33", "#3a3", "#33a", "#a3a"))}
    together: list[Json] = [
        {"url": "https://example.org", "image": {"url": f"attachment://{name}"}} for name in pictures
    ]
    together[0] |= {"title": "Four pictures", "color": 0x7A9E7E}
    post(discord, {"embeds": together}, pictures, room=room)


def _post_files(discord: LocalDiscord, room: str) -> None:
    alt: Json = {"id": 0, "description": "A red wall with a sun", "filename": "wall.png"}
    post(discord, {"content": "One picture", "attachments": [alt]}, {"wall.png": picture("#a33")}, room=room)
    many = {f"m{number}.png": picture(colour) for number, colour in enumerate(("#135", "#351", "#513", "#531", "#153"))}
    post(discord, {"content": "Five pictures"}, many, room=room)
    hidden: Json = {"id": 0, "filename": "end.png", "is_spoiler": True, "description": "How it ends"}
    files = {"end.png": picture("#555"), "notes.txt": b"hello" * 600, "bell.wav": sound()}
    post(discord, {"content": "A spoiler, a text, a sound", "attachments": [hidden]}, files, room=room)


def _post_components(discord: LocalDiscord, room: str) -> None:
    styles = [
        {"type": 2, "style": number, "label": f"Style {number}", "custom_id": f"s{number}"} for number in range(1, 5)
    ]
    off = [button | {"disabled": True, "custom_id": f"{button['custom_id']}-off"} for button in styles]
    rows = [
        [*styles, {"type": 2, "style": 5, "label": "Link", "url": "https://example.org"}],
        [*off, {"type": 2, "style": 6, "sku_id": "1000000000000000009"}],
        [
            {"type": 2, "style": 2, "emoji": {"name": "🔥"}, "custom_id": "fire"},
            {"type": 2, "style": 1, "emoji": {"id": "7003", "name": "wave"}, "label": "Wave", "custom_id": "wave"},
            {
                "type": 2,
                "style": 2,
                "label": "A label that is as long as Discord lets it be, so that it wraps on phones",
                "custom_id": "l",
            },
        ],
        [
            {
                "type": 3,
                "custom_id": "board",
                "max_values": 2,
                "options": [
                    {"label": "Focus", "value": "f", "default": True, "emoji": {"name": "🎯"}, "description": "Hours"},
                    {"label": "XP", "value": "x", "default": True},
                ],
            }
        ],
        [{"type": 5, "custom_id": "who", "default_values": [{"id": str(COMMUNITY.owner), "type": "user"}]}],
    ]
    post(discord, {"content": "Components", "components": [{"type": 1, "components": row} for row in rows]}, room=room)
    selects = [
        {"type": 6, "custom_id": "role", "placeholder": "Which role"},
        {"type": 7, "custom_id": "any", "placeholder": "Anyone", "disabled": True},
        {"type": 8, "custom_id": "place", "channel_types": [0, 2], "placeholder": "Where"},
    ]
    rows = [[select] for select in selects]
    post(discord, {"content": "More menus", "components": [{"type": 1, "components": row} for row in rows]}, room=room)


def _post_layouts(discord: LocalDiscord, room: str) -> None:
    colours = ("#835", "#385", "#538", "#358", "#583", "#853", "#444", "#666", "#255", "#552")
    files = {f"g{number}.png": picture(colour) for number, colour in enumerate(colours)}

    def items(count: int) -> list[Json]:
        return [
            {
                "media": {"url": f"attachment://g{number}.png"},
                "description": f"Picture {number}",
                "spoiler": number == 2,
            }
            for number in range(count)
        ]

    thumbnail = {"type": 11, "media": {"url": "attachment://g0.png"}, "description": "A tree"}
    inside: list[Json] = [
        {"type": 10, "content": "# Week 48\nAs **planned**, <t:1795000000:D>"},
        {"type": 9, "components": [{"type": 10, "content": "### Section\nWith a picture"}], "accessory": thumbnail},
        {"type": 14, "spacing": 2},
        {"type": 12, "items": items(3)},
        {"type": 14, "divider": False},
        {"type": 13, "file": {"url": "attachment://notes.txt"}},
        {
            "type": 9,
            "components": [{"type": 10, "content": "A button beside"}],
            "accessory": {"type": 2, "style": 1, "label": "Go", "custom_id": "go"},
        },
        PANEL[0],
        PANEL[1],
    ]
    hidden: Json = {"type": 17, "spoiler": True, "components": [{"type": 10, "content": "The answer is **42**"}]}
    parts = [
        {"type": 17, "accent_color": 0x7A9E7E, "components": inside},
        hidden,
        {"type": 10, "content": "Text alone"},
    ]
    few = {f"g{number}.png": files[f"g{number}.png"] for number in range(3)} | {"notes.txt": b"x" * 2000}
    post(discord, {"flags": 32768, "components": parts}, few, room=room)
    for count in (1, 2, 4, 5, 7, 10):
        text = {"type": 10, "content": f"-# {count} pictures"}
        body: Json = {"flags": 32768, "components": [text, {"type": 12, "items": items(count)}]}
        post(discord, body, files, room=room)


def _post_polls(discord: LocalDiscord, room: str) -> None:
    answers = [
        {"poll_media": {"text": "Morning", "emoji": {"name": "🌅"}}},
        {"poll_media": {"text": "저녁"}},
        {"poll_media": {"text": "A text as long as the answer of a poll may ever be, so"}},
    ]
    for title, takes_many, voters in (
        ("When do we study?", False, {}),
        ("Which days?", True, {"mina": [1], "ada": [1, 2]}),
    ):
        poll: Json = {"question": {"text": title}, "answers": answers, "allow_multiselect": takes_many}
        message = post(discord, {"poll": poll}, room=room)
        for who, chosen in voters.items():
            vote: Json = {"as": who, "message": message["id"], "answers": chosen, "channel": channel(discord, room)}
            discord.steer("votes", **vote).raise_for_status()
    ended = post(discord, {"poll": {"question": {"text": "Over?"}, "answers": answers[:2]}}, room=room)
    discord.steer("votes", **{"as": "mina", "message": ended["id"], "answers": [2], "channel": room}).raise_for_status()
    discord.rest("POST", f"/channels/{channel(discord, room)}/polls/{ended['id']}/expire").raise_for_status()


def _post_threads(discord: LocalDiscord, room: str) -> None:
    here = f"/channels/{channel(discord, room)}"
    message = post(discord, {"content": "Shall we talk about **chapter 3**?"}, room=room)
    thread = discord.rest(
        "POST", f"{here}/messages/{message['id']}/threads", json={"name": "장 3: Chapter three"}
    ).json()
    post(discord, {"content": "Yes, gladly"}, room=thread["id"])
    discord.rest("POST", f"{here}/threads", json={"name": "Questions", "type": 11}).raise_for_status()
