import time
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path

from core.clock import Clock
from playground.config import PlaygroundConfig
from playground.control.ambient_activity import Living, room_at
from playground.control.scenario import Happening, Rooms, plan
from playground.control.simulation import Simulation
from playground.gateway.sessions import Gateway
from playground.gateway.voice import Voice
from playground.state.changes import Changes
from playground.state.extra_users import newcomer
from playground.state.fixtures import COMMUNITY
from playground.state.state import World
from tests.local_discord import LocalDiscord, local_discord

ROOMS = Rooms((1, 2, 3), 8, 9)


def test_an_evening_is_believable_and_the_same_for_the_same_seed() -> None:
    evening = plan(1000, ROOMS, length_s=3600, seed=7)

    actions = Counter(one.action for one in evening)
    assert evening == plan(1000, ROOMS, length_s=3600, seed=7)
    assert evening != plan(1000, ROOMS, length_s=3600, seed=8)
    assert set(actions) == {
        *("join", "leave", "mute", "unmute", "deafen", "undeafen", "stream", "unstream", "camera", "uncamera"),
    }
    assert {one.channel for one in evening if one.action == "join"} == {1, 2, 3, 8, 9}
    assert 1000 < actions["leave"] < 1500
    assert all(0 <= one.at_s <= 3600 for one in evening)


def test_everybody_is_gone_at_the_end_and_changes_only_happen_in_voice() -> None:
    present: set[int] = set()

    for one in plan(300, ROOMS, length_s=60, seed=1):
        if one.action == "join":
            present.add(one.person)
        else:
            assert one.person in present, one
            present -= {one.person} if one.action == "leave" else set[int]()

    assert not present


def test_some_are_back_within_a_minute() -> None:
    last: dict[int, Happening] = {}
    gaps: list[float] = []
    for one in plan(500, ROOMS, length_s=3600, seed=7):
        if one.action == "join" and one.person in last and last[one.person].action == "leave":
            gaps.append(one.at_s - last[one.person].at_s)
        last[one.person] = one

    assert sum(gap < 60 for gap in gaps) > 20
    assert sum(gap > 120 for gap in gaps) > 40


def test_newcomers_differ_and_stay_the_same() -> None:
    people = [newcomer(number) for number in range(3000)]

    assert people == [newcomer(number) for number in range(3000)]
    assert len({person.user for person in people}) == 3000
    assert len({person.locale for person in people}) == 10


def test_a_simulation_runs_the_clock_and_leaves_it_ahead(discord: LocalDiscord) -> None:
    real = time.time()

    begun = discord.steer("simulate", members=40, minutes=2, speed=60, seed=3)
    again = discord.steer("simulate", members=40)
    clock = discord.http.get("/playground/clock").json()
    state = begun.json()
    while state["running"]:
        time.sleep(0.05)
        state = discord.http.get("/playground/simulate").json()

    assert (begun.status_code, again.status_code) == (202, 409)
    assert clock["rate"] == 60
    assert (state["told"], state["progress"], state["in_voice"]) == (state["planned"], 1.0, 0)
    assert state["peak"] > 5
    after = discord.http.get("/playground/clock").json()
    assert after["rate"] == 1
    assert after["unix"] - real > 100
    assert len(discord.state()["guilds"][0]["members"]) == len(COMMUNITY.members) + 1  # plus the app


def test_the_people_of_a_simulation_may_stay(discord: LocalDiscord) -> None:
    state = discord.steer("simulate", members=40, minutes=1, speed=600, seed=3, keep=True).json()
    while state["running"]:
        time.sleep(0.05)
        state = discord.http.get("/playground/simulate").json()

    assert len(discord.state()["guilds"][0]["members"]) == 42  # 40 users and 2 bots


def test_a_simulation_can_be_ended_and_everybody_goes_home(discord: LocalDiscord) -> None:
    discord.voice("join", "mina", "Deep Work")
    discord.steer("simulate", members=40, minutes=60, speed=60)
    while discord.http.get("/playground/simulate").json()["in_voice"] < 3:
        time.sleep(0.05)

    ended = discord.http.delete("/playground/simulate").json()

    assert not ended["running"]
    assert ended["ended_after_s"] > 0
    members = discord.state()["guilds"][0]["members"]
    assert len(members) == len(COMMUNITY.members) + 1  # plus the app
    assert {one["username"] for one in members if one["voice"]} <= {"mina"}
    assert discord.http.get("/playground/clock").json()["rate"] == 1


def test_a_crowded_evening_keeps_up(tmp_path: Path) -> None:
    with local_discord(tmp_path) as discord:
        discord.steer("simulate", members=1000, minutes=2, speed=60)
        state = discord.http.get("/playground/simulate").json()
        while state["running"]:
            time.sleep(0.1)
            state = discord.http.get("/playground/simulate").json()

    assert state["told"] == state["planned"] > 3000


def test_wrong_numbers_are_refused_with_the_range(discord: LocalDiscord) -> None:
    assert discord.steer("simulate", members=0).json()["error"] == '"members" goes from 1 to 100000.'
    assert discord.steer("simulate", speed="fast").json()["error"] == '"speed" goes from 1 to 3600.'
    assert discord.steer("simulate", keep="x").json()["error"] == '"keep" must be true or false.'
    assert discord.steer("simulate", seed="x").json()["error"] == "The seed must be a whole number."


def test_habits_bring_people_in_and_send_them_home() -> None:
    mina = COMMUNITY.member("mina")
    hours = [datetime(2026, 11, 20, tzinfo=UTC) + timedelta(minutes=10 * step) for step in range(6 * 24 * 7)]

    rooms = [room_at(mina, hour) for hour in hours]

    share = sum(room is not None for room in rooms) / len(rooms)
    assert 0.04 < share < 0.4
    assert set(rooms) <= {None, *mina.habit.channels}
    busy = [sum(room_at(persona, hour) is not None for persona in COMMUNITY.members) for hour in hours]
    assert sum(busy) / len(busy) > 1.5  # the bot is always in voice


def test_the_community_lives_but_leaves_steered_members_alone(tmp_path: Path) -> None:
    clock = Clock(tmp_path / "clock.json")
    clock.set_speed(rate=1.0, shown=datetime(2026, 11, 21, 12, tzinfo=UTC).timestamp())
    world = World(application=1)
    guild = world.settle(COMMUNITY)
    changes = Changes()
    voice = Voice(world, Gateway(PlaygroundConfig(tmp_path), world, changes), clock, changes)
    living = Living(COMMUNITY, guild, voice, clock, Simulation(world, voice, clock, changes))
    mina = guild.members[COMMUNITY.member("mina").user]
    living.leave_alone(mina)

    for step in range(48):
        clock.set_speed(rate=1.0, shown=datetime(2026, 11, 21, 12, tzinfo=UTC).timestamp() + step * 120)
        living.look()

    in_voice = {member.user.username for member in guild.in_voice()}
    assert "metronome" in in_voice
    assert len(in_voice) > 1
    assert "mina" not in in_voice


def test_a_cut_off_evening_does_not_leave_the_clock_running_fast(tmp_path: Path) -> None:
    Clock(tmp_path / "clock.json").set_speed(rate=60.0)

    with local_discord(tmp_path, living=True) as discord:
        assert discord.http.get("/playground/clock").json()["rate"] == 1
