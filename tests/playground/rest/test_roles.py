from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.local_discord import LocalDiscord, local_discord


@pytest.fixture
def discord(tmp_path: Path) -> Iterator[LocalDiscord]:
    with local_discord(tmp_path) as running:
        yield running


def test_the_app_gives_and_takes_roles_below_its_own(discord: LocalDiscord) -> None:
    guild = discord.state()["guilds"][0]["id"]
    mina = discord.member("mina")["id"]
    ranks: dict[str, str] = {one["name"]: one["id"] for one in discord.rest("GET", f"/guilds/{guild}/roles").json()}

    def roles() -> list[Any]:
        return discord.rest("GET", f"/guilds/{guild}/members/{mina}").json()["roles"]

    def change(method: str, role: str, user: str = mina) -> Any:
        return discord.rest(method, f"/guilds/{guild}/members/{user}/roles/{role}")

    regular = ranks["Regular"]
    change("DELETE", regular)
    assert regular not in roles()
    assert [change("PUT", regular).status_code for _ in range(2)] == [204, 204]
    assert roles().count(regular) == 1
    assert change("DELETE", regular).status_code == 204
    assert regular not in roles()
    assert change("PUT", ranks["Lyceum"]).json()["code"] == 50013
    assert change("PUT", "999999999999").json()["code"] == 10011
    assert change("PUT", regular, user="999999999999").json()["code"] == 10007
