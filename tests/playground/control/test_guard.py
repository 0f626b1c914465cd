from collections.abc import Iterator

import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from tests.local_discord import LocalDiscord, local_discord

VOICE = {"action": "join", "who": "ada", "channel": "Library"}


@pytest.fixture(scope="module")
def discord(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalDiscord]:
    with local_discord(tmp_path_factory.mktemp("discord")) as running:
        yield running


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://elsewhere.example"},
        {"Origin": "null"},
        {"Origin": "http://127.0.0.1:1"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ],
    ids=lambda headers: " ".join(headers.values()),
)
def test_pages_of_others_steer_nothing(discord: LocalDiscord, headers: dict[str, str]) -> None:
    refused = discord.http.post("/playground/voice", json=VOICE, headers=headers)

    assert refused.status_code == 403
    assert refused.text.endswith("may not steer the local Discord.\n")
    assert discord.member("ada")["voice"] is None


def test_pages_of_others_follow_nothing(discord: LocalDiscord) -> None:
    for path in ("/page/feed", "/gateway/?v=10&encoding=json"):
        with pytest.raises(InvalidStatus), connect(f"ws{discord.url[4:]}{path}", origin="https://elsewhere.example"):  # pyright: ignore[reportArgumentType]
            pass


@pytest.mark.parametrize("host", ["elsewhere.example", "127.0.0.1.example:8001", "", "[", "localhost.example"])
def test_a_name_that_a_stranger_can_point_here_is_refused(discord: LocalDiscord, host: str) -> None:
    refused = discord.http.get("/playground/state", headers={"Host": host})

    assert refused.status_code == 403


@pytest.mark.parametrize("host", ["localhost", "lyceum.localhost:8001", "[::1]:8001", "192.168.1.7:8001"])
def test_addresses_and_this_machine_are_served(discord: LocalDiscord, host: str) -> None:
    assert discord.http.get("/playground/state", headers={"Host": host}).status_code == 200


def test_the_page_itself_and_programs_steer(discord: LocalDiscord) -> None:
    own = {"Origin": discord.url, "Sec-Fetch-Site": "same-origin"}

    assert discord.http.post("/playground/voice", json=VOICE, headers=own).status_code == 200
    assert discord.http.post("/playground/voice", json=VOICE | {"action": "leave"}).status_code == 200
