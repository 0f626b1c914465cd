import asyncio
import base64
from typing import Any

from tests.local_discord import LocalDiscord
from tests.playground.gateway.test_sessions import listening
from tests.playground.small_app import PNG, small_app

Json = dict[str, Any]

POLL: Json = {
    "question": {"text": "When?"},
    "answers": [{"poll_media": {"text": "Saturday"}}, {"poll_media": {"text": "Sunday"}}],
    "duration": 2,
}


def channel_id(discord: LocalDiscord, name: str = "study-log") -> str:
    return next(one["id"] for one in discord.state()["guilds"][0]["channels"] if one["name"] == name)


def write(discord: LocalDiscord, **body: object) -> Json:
    response = discord.steer("messages", **body)
    assert response.status_code == 200, response.text
    return response.json()["message"]


def refused(discord: LocalDiscord, path: str, **body: object) -> str:
    response = discord.steer(path, **body)
    assert response.status_code >= 400
    return str(response.json()["error"])


def post_poll(discord: LocalDiscord, **more: object) -> Json:
    body = {"poll": POLL | more}
    return discord.rest("POST", f"/channels/{channel_id(discord)}/messages", json=body).raise_for_status().json()


def counts(message: Json) -> dict[int, int]:
    return {one["id"]: one["count"] for one in message["poll"]["results"]["answer_counts"]}


def test_a_person_writes_and_answers(discord: LocalDiscord) -> None:
    mina = discord.member("mina")["id"]
    first = write(discord, content=f"Hello <@{mina}> @everyone", **{"as": "noam"})
    second = write(discord, content="  Hi.  ", reply_to=first["id"], **{"as": "mina"})
    owner = write(discord, content="@everyone")

    assert (first["author"]["username"], first["type"], first["channel_id"]) == ("noam", 0, channel_id(discord))
    assert [one["id"] for one in first["mentions"]] == [mina]
    assert (first["mention_everyone"], owner["mention_everyone"]) == (False, True)
    assert "application_id" not in first
    assert (second["content"], second["type"], second["message_reference"]["message_id"]) == ("Hi.", 19, first["id"])
    listed = discord.rest("GET", f"/channels/{channel_id(discord)}/messages").json()
    assert [one["id"] for one in listed] == [owner["id"], second["id"], first["id"]]


def test_a_person_sends_files(discord: LocalDiscord) -> None:
    message = write(discord, files={"card.png": base64.b64encode(PNG).decode()})

    [file] = message["attachments"]
    assert (file["filename"], file["content_type"], file["width"]) == ("card.png", "image/png", 1)
    assert discord.http.get(file["url"]).content == PNG


def test_what_discord_would_not_let_a_person_write_is_refused(discord: LocalDiscord) -> None:
    nothing, long = refused(discord, "messages"), refused(discord, "messages", content="x" * 2001)
    eleven = {f"{number}.txt": "" for number in range(11)}

    assert nothing.startswith("Discord would refuse this. Cannot send an empty message")
    assert "Must be 2000 or fewer in length." in long
    assert "Cannot send messages in a non-text channel" in refused(discord, "messages", content="a", channel="Commons")
    assert "Maximum number of attachments" in refused(discord, "messages", files=eleven)
    assert refused(discord, "messages", files={"a": "?"}) == 'The file "a" must be base64.'
    assert "Unknown Message" in refused(discord, "messages", content="a", reply_to="1")


def test_an_app_reads_only_what_is_meant_for_it(discord: LocalDiscord) -> None:
    async def hear() -> list[Json]:
        async with listening(discord.gateway_url) as listener:
            await listener.identify(intents=1 << 9 | 1 << 12)
            await asyncio.to_thread(write, discord, content="Between us")
            await asyncio.to_thread(write, discord, content="<@1000000000000000001> hello")
            await asyncio.to_thread(write, discord, content="Alone", guild="@me")
            return [(await listener.event("MESSAGE_CREATE"))["d"] for _ in range(3)]

    heard = asyncio.run(hear())

    assert [one["content"] for one in heard] == ["", "<@1000000000000000001> hello", "Alone"]
    assert ["guild_id" in one for one in heard] == [True, True, False]


def test_only_what_one_alone_sees_can_be_dismissed(discord: LocalDiscord) -> None:
    with small_app(discord):
        private, public = (discord.steer("interactions", text=text).json()["message"] for text in ("/secret", "/now"))

    assert "Unknown Message" in refused(discord, "dismiss", message=private["id"], **{"as": "mina"})
    assert refused(discord, "dismiss", message=public["id"]).startswith("Everybody sees that message")
    assert discord.steer("dismiss", message=private["id"]).json() == {"dismissed": private["id"]}
    assert "Unknown Message" in refused(discord, "dismiss", message=private["id"])


def test_a_failure_can_be_dismissed_by_whoever_met_it(discord: LocalDiscord) -> None:
    commands = [{"name": "now", "description": "Now."}]
    discord.rest("PUT", f"/applications/{discord.config.application_id}/commands", json=commands).raise_for_status()
    failed = discord.steer("interactions", text="/now", **{"as": "ada"}).json()["reply"]
    shown = f'id="failure-{failed}"'

    assert shown in discord.http.get("/?as=ada", headers={"Accept": "text/html"}).text
    assert discord.steer("dismiss", reply=failed, **{"as": "mina"}).status_code == 404
    assert discord.steer("dismiss", reply=failed, **{"as": "ada"}).json() == {"dismissed": failed}
    assert shown not in discord.http.get("/?as=ada", headers={"Accept": "text/html"}).text


def test_people_vote_change_their_mind_and_take_it_back(discord: LocalDiscord) -> None:
    poll = post_poll(discord)

    def vote(person: str, *answers: int) -> dict[int, int]:
        return counts(discord.steer("votes", message=poll["id"], answers=answers, **{"as": person}).json()["message"])

    assert poll["poll"]["answers"][1] == {"answer_id": 2, "poll_media": {"text": "Sunday"}}
    assert poll["poll"]["results"] == {"is_finalized": False, "answer_counts": []}
    assert vote("mina", 1) == {1: 1}
    assert vote("noam", 1) == {1: 2}
    assert vote("mina", 2) == {1: 1, 2: 1}
    assert vote("mina") == {1: 1}


def test_voters_are_listed_for_the_app(discord: LocalDiscord) -> None:
    poll = post_poll(discord, allow_multiselect=True)
    people = sorted((discord.member(name)["id"] for name in ("mina", "noam", "ada")), key=int)
    for name in ("mina", "noam", "ada"):
        discord.steer("votes", message=poll["id"], answers=[1, 2], **{"as": name}).raise_for_status()
    path = f"/channels/{poll['channel_id']}/polls/{poll['id']}/answers/1"

    def voters(query: str = "") -> list[str]:
        return [one["id"] for one in discord.rest("GET", path + query).json()["users"]]

    assert voters() == people
    assert voters(f"?after={people[0]}&limit=1") == people[1:2]


def test_votes_are_told_to_listeners(discord: LocalDiscord) -> None:
    poll = post_poll(discord)

    def vote(*answers: int) -> None:
        discord.steer("votes", message=poll["id"], answers=answers).raise_for_status()

    async def hear() -> list[Json]:
        async with listening(discord.gateway_url) as listener:
            await listener.identify(intents=1 << 24)
            await asyncio.to_thread(vote, 1)
            added = await listener.event("MESSAGE_POLL_VOTE_ADD")
            await asyncio.to_thread(vote)
            return [added["d"], (await listener.event("MESSAGE_POLL_VOTE_REMOVE"))["d"]]

    added, removed = asyncio.run(hear())

    assert (added["answer_id"], added["message_id"], added["channel_id"]) == (1, poll["id"], poll["channel_id"])
    assert added == removed


def test_a_poll_ends_in_time_or_when_the_app_says_so(discord: LocalDiscord) -> None:
    timed, ended = post_poll(discord), post_poll(discord)
    path = f"/channels/{ended['channel_id']}/polls/{ended['id']}/expire"
    stopped = discord.rest("POST", path).json()
    again = discord.rest("POST", path).json()
    discord.steer("clock", advance_s=2 * 3600 + 1).raise_for_status()

    assert stopped["poll"]["results"]["is_finalized"]
    assert again["code"] == 520001
    for poll in (timed, ended):
        assert "Poll expired" in refused(discord, "votes", message=poll["id"], answers=[1])
    shown = discord.rest("GET", f"/channels/{timed['channel_id']}/messages/{timed['id']}").json()
    assert shown["poll"]["results"]["is_finalized"]


def test_votes_that_do_not_fit_are_refused(discord: LocalDiscord) -> None:
    poll, plain = post_poll(discord), write(discord, content="a")

    assert "takes one answer" in refused(discord, "votes", message=poll["id"], answers=[1, 2])
    assert "no such answer" in refused(discord, "votes", message=poll["id"], answers=[3])
    assert "does not have a poll" in refused(discord, "votes", message=plain["id"], answers=[1])
    assert refused(discord, "votes", message=poll["id"], answers="1").startswith("Say what you vote for")
    of_a_person = f"/channels/{plain['channel_id']}/polls/{plain['id']}/expire"
    assert discord.rest("POST", of_a_person).json()["code"] == 10008
