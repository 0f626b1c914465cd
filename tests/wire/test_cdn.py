import pytest

from core.ids import GuildId, UserId
from wire.cdn import avatar_path

MINA = UserId(198622483471925248)
GUILD = GuildId(290926798626357999)


def test_avatar_path_prefers_the_picture_worn_here() -> None:
    assert (
        avatar_path(MINA, avatar="a_12", guild=GUILD, member_avatar="34")
        == "/guilds/290926798626357999/users/198622483471925248/avatars/34.png?size=128"
    )
    assert avatar_path(MINA, avatar="a_12", guild=GUILD) == "/avatars/198622483471925248/a_12.png?size=128"
    assert avatar_path(MINA, avatar="12", member_avatar="34", size=64) == "/avatars/198622483471925248/12.png?size=64"


def test_avatar_path_is_none_for_the_default_picture_and_for_a_hash_that_is_none() -> None:
    assert avatar_path(MINA, avatar=None) is None
    assert avatar_path(MINA, avatar="../../x") is None


@pytest.mark.parametrize("size", [0, 8, 100, 8192])
def test_sizes_are_powers_of_two_that_the_cdn_knows(size: int) -> None:
    with pytest.raises(ValueError, match="power of two"):
        avatar_path(MINA, avatar="12", size=size)
