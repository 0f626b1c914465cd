from collections.abc import Iterator
from typing import Any

import pytest

from tests.local_discord import LocalDiscord, local_discord
from tests.playground.small_app import SmallApp, small_app

Json = dict[str, Any]


@pytest.fixture(scope="module")
def discord(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalDiscord]:
    with local_discord(tmp_path_factory.mktemp("discord")) as running:
        yield running


@pytest.fixture(scope="module")
def app(discord: LocalDiscord) -> Iterator[SmallApp]:
    with small_app(discord) as running:
        yield running


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        ({"text": "/profil"}, "There is no command /profil; try"),
        ({"text": "/my"}, "/my is not a command by itself; try /my timezone or /my language."),
        ({"text": "/my zone"}, "There is no command /my zone; try /my timezone"),
        ({"text": "/every"}, "/every needs text; add text:…."),
        ({"text": "/every text:a whole:x"}, 'whole is a whole number, not "x"; try whole:1.'),
        ({"text": "/every text:a whole:11"}, "whole goes from 1 to 9; 11 is outside."),
        ({"text": "/every text:a board:xp"}, 'board is one of Focus or Streak, not "xp".'),
        ({"text": "/every text:a user:nobody"}, 'No member here is called "nobody"; try'),
        ({"text": "/every text:a channel:welcome"}, "channel takes a voice channel; welcome is none."),
        ({"text": "/every text:a sure:maybe"}, "sure is yes or no; write sure:true or sure:false."),
        ({"text": "/every wat:a"}, "/every has no option wat; try"),
        ({"text": "/every hello"}, 'Say which option "hello" is for: text:'),
        ({"text": "/now hello"}, '/now takes no options; leave out "hello".'),
        ({"text": "/now", "as": "mnia"}, 'No member here is called "mnia"; try mina'),
        ({"text": "/now", "as": "metronome"}, "Metronome ♩ is a bot"),
        ({"text": "/admin", "as": "mina"}, "김민아 may not use /admin"),
        ({"press": "Next"}, "There is no reply with buttons yet"),
        ({"submit": {}}, "No form is open for Ada Okafor"),
        ({"autocomplete": "/now"}, "/now has no option that completes"),
        ({}, "Say one thing to do"),
        ({"text": " "}, '"text" must be a text'),
        ({"text": "/now", "locale": "xx"}, 'Discord has no language "xx"; try'),
        ({"text": "/every text:a text:b"}, "text is there twice; give it once."),
        ({"text": "/every text:a file:b.txt"}, 'No file "b.txt" was sent along'),
        ({"text": "/every text:a role:Boss"}, 'No role here is called "Boss"; try'),
        ({"text": f"/every text:{'a' * 41}"}, "text takes 0 to 40 characters; this is 41."),
        ({"text": "/every text:a user:ada", "guild": "DM"}, "In a direct message there are no members"),
        ({"text": "/every text:a file:b", "files": {"b": "?"}}, 'The file "b" must be base64.'),
        ({"autocomplete": "/my timezone"}, "/my timezone completes zone:; end the text with it."),
        ({"user_menu": "Profle"}, 'No menu command is called "Profle"; try Profile.'),
        ({"user_menu": "Profile", "guild": "DM"}, "A menu on a member needs a server"),
        ({"message_menu": "Quote"}, "There is no message to use the menu on"),
        ({"select": "Board", "values": "x"}, "Say what to choose"),
        ({"select": "Board", "values": ["x"]}, "There is no reply with a menu yet"),
        ({"submit": "x"}, "Say what is in the fields"),
        ({"press": "Next", "reply": "5"}, "No reply 5 is known"),
    ],
)
def test_mistakes_are_answered_with_the_next_step(
    discord: LocalDiscord, app: SmallApp, body: Json, sentence: str
) -> None:
    response = discord.steer("interactions", **body)

    assert response.status_code >= 400
    assert response.json()["error"].startswith(sentence)
    assert not app.seen
