import time
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest

from tests.local_discord import LocalDiscord
from tests.playground.small_app import SmallApp, small_app

Json = dict[str, Any]

MESSAGE: Json = {"content": "Hello."}
DONE_TWICE = (
    "The app answered the same interaction both times it was delivered: "
    "whatever it did, it did twice. Its id tells that it was there before."
)


@pytest.fixture
def app(discord: LocalDiscord) -> Iterator[SmallApp]:
    with small_app(discord) as running:
        yield running


def order(discord: LocalDiscord, kind: str, **more: object) -> Json:
    response = discord.steer("faults", kind=kind, **more)
    assert response.status_code == 200, response.text
    return response.json()


def on(discord: LocalDiscord) -> list[Json]:
    return discord.http.get("/playground/faults").json()["faults"]


def room(discord: LocalDiscord) -> str:
    channels = discord.state()["guilds"][0]["channels"]
    return str(next(one["id"] for one in channels if one["name"] == "study-log"))


def say(discord: LocalDiscord, channel: str | None = None) -> httpx.Response:
    return discord.rest("POST", f"/channels/{channel or room(discord)}/messages", json=MESSAGE)


def direct_room(discord: LocalDiscord) -> str:
    body = {"recipient_id": discord.member("ada")["id"]}
    return str(discord.rest("POST", "/users/@me/channels", json=body).json()["id"])


def wait_until(is_so: Callable[[], bool]) -> None:
    until = time.monotonic() + 10
    while not is_so():
        assert time.monotonic() < until, "waited in vain"
        time.sleep(0.05)


def test_a_rate_limit_says_what_discords_own_would(discord: LocalDiscord) -> None:
    order(discord, "rate_limited", calls=2, retry_after_s=1.5)

    refused, again, then = say(discord), say(discord), say(discord)

    assert [refused.status_code, again.status_code, then.status_code] == [429, 429, 200]
    assert refused.json() == {"message": "You are being rate limited.", "retry_after": 1.5, "global": False}
    assert (refused.headers["Retry-After"], refused.headers["X-RateLimit-Scope"]) == ("2", "user")
    assert (refused.headers["X-RateLimit-Limit"], refused.headers["X-RateLimit-Remaining"]) == ("5", "0")
    assert refused.headers["X-RateLimit-Reset-After"].startswith("1.")
    assert float(refused.headers["X-RateLimit-Reset"]) > 0
    assert len(refused.headers["X-RateLimit-Bucket"]) == 32
    assert on(discord) == []


def test_a_global_rate_limit_names_no_bucket(discord: LocalDiscord) -> None:
    order(discord, "rate_limited", calls=1, retry_after_s=0.3, scope="global")

    refused = say(discord)

    assert refused.json()["global"] is True
    assert (refused.headers["X-RateLimit-Global"], refused.headers["X-RateLimit-Scope"]) == ("true", "global")
    assert refused.headers["Retry-After"] == "1"
    assert "X-RateLimit-Bucket" not in refused.headers


def test_what_is_refused_is_not_done(discord: LocalDiscord) -> None:
    order(discord, "broken")

    failed = [say(discord), say(discord)]
    order(discord, "broken", on=False)
    listed = discord.rest("GET", f"/channels/{room(discord)}/messages")

    assert [one.status_code for one in failed] == [500, 500]
    assert failed[0].json() == {"message": "500: Internal Server Error", "code": 0}
    assert listed.json() == []


def test_missing_permissions_meet_what_is_written_in_guilds(discord: LocalDiscord) -> None:
    guild, ada = discord.state()["guilds"][0]["id"], discord.member("ada")["id"]
    order(discord, "forbidden")

    refused = [say(discord), discord.rest("PATCH", f"/guilds/{guild}/members/{ada}", json={"nick": "A"})]
    allowed = [
        discord.rest("GET", f"/guilds/{guild}/members/{ada}"),
        say(discord, direct_room(discord)),
        discord.rest("GET", "/users/@me"),
    ]

    assert [(one.status_code, one.json()) for one in refused] == [
        (403, {"message": "Missing Permissions", "code": 50013})
    ] * 2
    assert [one.status_code for one in allowed] == [200, 200, 200]


def test_closed_direct_messages_refuse_the_message_alone(discord: LocalDiscord) -> None:
    order(discord, "closed", calls=1)
    direct = direct_room(discord)

    public, refused, again = say(discord), say(discord, direct), say(discord, direct)

    assert [public.status_code, refused.status_code, again.status_code] == [200, 403, 200]
    assert refused.json() == {"message": "Cannot send messages to this user", "code": 50007}


def test_a_slow_answer_is_too_late_for_the_impatient_but_what_was_asked_is_done(discord: LocalDiscord) -> None:
    order(discord, "slow", calls=1, ms=1000)

    with pytest.raises(httpx.ReadTimeout):
        discord.rest("POST", f"/channels/{room(discord)}/messages", json=MESSAGE, timeout=0.2)

    wait_until(lambda: discord.rest("GET", f"/channels/{room(discord)}/messages").json() != [])


@pytest.mark.parametrize(
    ("route", "statuses"),
    [
        ("", [500, 500]),
        ("POST /channels", [500, 200]),
        ("get /channels/{channel_id}", [200, 500]),
        ("/messages", [500, 500]),
        ("GET", [200, 500]),
        ("/webhooks", [200, 200]),
    ],
)
def test_a_route_says_which_calls_are_meant(discord: LocalDiscord, route: str, statuses: list[int]) -> None:
    order(discord, "broken", route=route)

    told = [say(discord), discord.rest("GET", f"/channels/{room(discord)}/messages")]

    assert [one.status_code for one in told] == statuses


def test_calls_of_another_route_use_nothing_up(discord: LocalDiscord) -> None:
    order(discord, "broken", calls=1, route="DELETE /channels")

    say(discord)

    assert on(discord) == [{"kind": "broken", "calls": 1, "route": "DELETE /channels", "hits": 0}]


def test_what_is_on_is_told_with_its_hits(discord: LocalDiscord) -> None:
    order(discord, "slow", ms=1)
    order(discord, "rate_limited", calls=3, route="/webhooks", scope="shared")
    order(discord, "slow", ms=2)

    say(discord)

    assert on(discord) == [
        {"kind": "slow", "calls": None, "route": "", "hits": 1, "ms": 2},
        {
            "kind": "rate_limited",
            "calls": 3,
            "route": "/webhooks",
            "hits": 0,
            "retry_after_s": 2.0,
            "scope": "shared",
        },
    ]


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        ({}, "Choose a fault: slow, rate_limited, broken, forbidden, closed, twice or probe."),
        ({"kind": "slow", "calls": 0}, "A fault strikes 1 to 1,000 calls"),
        ({"kind": "slow", "calls": True}, "A fault strikes 1 to 1,000 calls"),
        ({"kind": "slow", "ms": 0}, '"ms" must be a number above 0 and at most 60000.'),
        ({"kind": "slow", "ms": "long"}, '"ms" must be a number above 0'),
        ({"kind": "rate_limited", "retry_after_s": 61}, '"retry_after_s" must be a number above 0 and at most 60.'),
        ({"kind": "rate_limited", "scope": "moon"}, "A rate limit is that of the user, shared or global."),
        ({"kind": "slow", "route": "x" * 201}, "Say the route in at most 200 characters"),
        ({"kind": "probe"}, "There is no endpoint to probe"),
    ],
)
def test_orders_that_cannot_be_meant_are_answered_with_the_next_step(
    discord: LocalDiscord, body: Json, sentence: str
) -> None:
    response = discord.steer("faults", **body)

    assert response.status_code == 400
    assert response.json()["error"].startswith(sentence)


def test_the_app_meets_the_fault_and_comes_through(discord: LocalDiscord, app: SmallApp) -> None:
    order(discord, "broken", calls=2, route="PATCH /webhooks")

    reply = discord.steer("interactions", text="/later").json()  # the small app retries

    assert reply["message"]["content"] == "Here it is."
    assert on(discord) == []


def test_the_three_seconds_are_real(discord: LocalDiscord, app: SmallApp) -> None:
    order(discord, "slow", ms=3200, route="/callback")

    reply = discord.steer("interactions", text="/callback-told").json()

    assert reply["problems"] == ["No answer within 3 seconds: Discord shows “The application did not respond”."]
    assert reply["message"] is None
    wait_until(lambda: app.told != {})
    assert app.told == {"message": "Unknown interaction", "code": 10062}


def test_an_interaction_delivered_twice_is_answered_once(discord: LocalDiscord, app: SmallApp) -> None:
    order(discord, "twice", calls=1)

    twice = discord.steer("interactions", text="/now").json()
    once = discord.steer("interactions", text="/now").json()

    assert [sent["id"] for sent in app.seen] == [twice["reply"], twice["reply"], once["reply"]]
    assert twice["message"]["content"] == "Hello."
    assert twice["problems"] == [DONE_TWICE]
    assert once["problems"] == []


def test_an_app_that_knows_the_second_delivery_is_praised_by_silence(discord: LocalDiscord, app: SmallApp) -> None:
    app.knows_again = True
    order(discord, "twice")

    told = [discord.steer("interactions", text=text).json() for text in ("/now", "/callback", "/later")]

    assert [(one["message"]["content"], one["problems"]) for one in told] == [
        ("Hello.", []),
        ("Posted.", []),
        ("Here it is.", []),
    ]


def test_the_probe_tells_whether_a_wrong_signature_is_refused(discord: LocalDiscord, app: SmallApp) -> None:
    right = order(discord, "probe")["done"]
    app.refuses_with = 400
    nearly = order(discord, "probe")["done"]
    app.verifies = False
    wrong = order(discord, "probe")["done"]

    assert right == "Right: the app refused the wrong signature with 401."
    assert nearly == (
        "Nearly right: the app refused the wrong signature with 400; Discord asks for 401, but lets it pass."
    )
    assert wrong == (
        "Wrong: the app answered a wrong signature with 200 instead of 401; "
        "Discord would take its endpoint away and write to its owner."
    )


def test_the_probe_says_that_nobody_answers(discord: LocalDiscord) -> None:
    with small_app(discord):
        pass

    assert order(discord, "probe")["done"].startswith("The app does not answer (")
