from pathlib import Path

import pytest

from core.config import LOCAL_APPLICATION_ID, Config, ConfigError
from core.ids import ApplicationId

KEY = "ab" * 32


def real(**more: str) -> dict[str, str]:
    return {
        "DISCORD_TOKEN": "t0ken",
        "DISCORD_PUBLIC_KEY": KEY,
        "DISCORD_APPLICATION_ID": "1234567890123456789",
        **more,
    }


def test_settings_with_nothing_point_to_the_local_discord(tmp_path: Path) -> None:
    settings = Config.from_env({"LYCEUM_DATA_DIR": str(tmp_path)})

    assert settings.is_local
    assert settings.application_id == LOCAL_APPLICATION_ID
    assert settings.api_url == "http://127.0.0.1:8001/api/v10"
    assert settings.gateway_url == "ws://127.0.0.1:8001/gateway"
    assert settings.clock_file == tmp_path / "clock.json"
    assert (settings.host, settings.port, settings.database_url) == ("127.0.0.1", 8000, None)


def test_settings_make_the_local_key_once(tmp_path: Path) -> None:
    first = Config.from_env({"LYCEUM_DATA_DIR": str(tmp_path)})
    second = Config.from_env({"LYCEUM_DATA_DIR": str(tmp_path)})

    assert first.public_keys == second.public_keys
    assert [len(bytes.fromhex(key)) for key in first.public_keys] == [32]
    assert (tmp_path / "playground.key").stat().st_mode & 0o777 == 0o600
    assert [path.name for path in tmp_path.iterdir()] == ["playground.key"]


def test_settings_say_that_the_local_key_is_damaged(tmp_path: Path) -> None:
    (tmp_path / "playground.key").write_text("not a key")

    with pytest.raises(ConfigError, match="does not hold a key; delete the file"):
        Config.from_env({"LYCEUM_DATA_DIR": str(tmp_path)})


def test_settings_say_that_nothing_can_be_kept_in_the_data_folder(tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    with pytest.raises(ConfigError, match=r"cannot be used .*: set LYCEUM_DATA_DIR to a folder"):
        Config.from_env({"LYCEUM_DATA_DIR": str(tmp_path / "file" / "data")})


def test_settings_serve_the_real_discord_with_real_time() -> None:
    settings = Config.from_env(real(DATABASE_URL="postgresql://db/lyceum", API_HOST="0.0.0.0", API_PORT="80"))  # noqa: S104 - a value like any other

    assert not settings.is_local
    assert settings.clock_file is None
    assert settings.application_id == ApplicationId(1234567890123456789)
    assert (settings.api_url, settings.gateway_url) == ("https://discord.com/api/v10", None)
    assert (settings.host, settings.port, settings.database_url) == ("0.0.0.0", 80, "postgresql://db/lyceum")  # noqa: S104 - as above


def test_settings_hide_secrets_when_printed() -> None:
    printed = repr(Config.from_env(real(DATABASE_URL="postgresql://user:secret@db/lyceum")))

    assert "t0ken" not in printed
    assert "secret" not in printed


@pytest.mark.parametrize(
    ("given", "used"),
    [
        ("http://127.0.0.1:9000", "http://127.0.0.1:9000/api/v10"),
        ("http://127.0.0.1:9000/", "http://127.0.0.1:9000/api/v10"),
        ("https://discord.example/api", "https://discord.example/api/v10"),
        ("https://discord.example/api/v9/", "https://discord.example/api/v9"),
    ],
)
def test_settings_api_url_always_names_a_version(given: str, used: str) -> None:
    assert Config.from_env(real(DISCORD_API_URL=given)).api_url == used


def test_settings_name_everything_that_is_wrong_in_one_sentence() -> None:
    with pytest.raises(ConfigError) as refusal:
        Config.from_env(
            {
                "DISCORD_PUBLIC_KEY": "abc",
                "DISCORD_APPLICATION_ID": "twelve",
                "DATABASE_URL": "mysql://db",
                "DISCORD_API_URL": "ftp://discord",
                "DISCORD_GATEWAY_URL": "ws://[",
                "API_PORT": "99999",
                "LOG_LEVEL": "loud",
            }
        )

    assert str(refusal.value) == (
        "The settings do not work yet: DISCORD_TOKEN is missing; "
        "DISCORD_PUBLIC_KEY must be the 64 hexadecimal characters of the developer portal; "
        "DISCORD_APPLICATION_ID must be the number of the developer portal; "
        "DATABASE_URL must begin with postgresql://; "
        "DISCORD_API_URL must be an address that begins with http:// or https://; "
        "DISCORD_GATEWAY_URL must be an address that begins with ws:// or wss://; "
        "API_PORT must be a port from 1 to 65535; "
        "LOG_LEVEL must be one of debug, info, warning, error. "
        "Each variable is explained in .env.example."
    )


@pytest.mark.parametrize(
    ("environ", "expected"),
    [
        ({"XDG_DATA_HOME": "/data"}, Path("/data/lyceum")),
        ({"HOME": "/home/ana"}, Path("/home/ana/.local/share/lyceum")),
    ],
)
def test_settings_keep_data_where_the_person_keeps_data(environ: dict[str, str], expected: Path) -> None:
    assert Config.from_env(real(**environ)).data_dir == expected


def test_settings_fall_back_to_the_account_home() -> None:
    assert Config.from_env(real()).data_dir == Path.home() / ".local" / "share" / "lyceum"


def test_settings_say_that_a_key_is_too_short() -> None:
    with pytest.raises(ConfigError, match="DISCORD_PUBLIC_KEY must be the 64 hexadecimal characters"):
        Config.from_env(real(DISCORD_PUBLIC_KEY="ab"))


@pytest.mark.parametrize(
    ("given", "keys"),
    [
        (KEY, (KEY,)),
        (f"{KEY},{'cd' * 32}", (KEY, "cd" * 32)),
        (f" {KEY.upper()} , {'cd' * 32}, {KEY},", (KEY, "cd" * 32)),
    ],
)
def test_settings_take_several_public_keys_while_the_key_is_changed(given: str, keys: tuple[str, ...]) -> None:
    assert Config.from_env(real(DISCORD_PUBLIC_KEY=given)).public_keys == keys


@pytest.mark.parametrize("given", [f"{KEY},ab", ",", f"{KEY} {KEY}"])
def test_settings_refuse_a_list_with_something_that_is_no_key(given: str) -> None:
    with pytest.raises(ConfigError, match="DISCORD_PUBLIC_KEY must be the 64 hexadecimal characters"):
        Config.from_env(real(DISCORD_PUBLIC_KEY=given))


def test_settings_count_the_web_processes(tmp_path: Path) -> None:
    here = {"LYCEUM_DATA_DIR": str(tmp_path)}

    counts = [Config.from_env(here | {"WEB_CONCURRENCY": text}).web_processes for text in ("", " 3 ")]

    assert counts == [1, 3]


@pytest.mark.parametrize("text", ["0", "-1", "two", "1000", "\N{SUPERSCRIPT TWO}"])
def test_settings_refuse_what_is_no_number_of_processes(tmp_path: Path, text: str) -> None:
    with pytest.raises(ConfigError, match="WEB_CONCURRENCY must be the number of web processes, such as 2"):
        Config.from_env({"LYCEUM_DATA_DIR": str(tmp_path), "WEB_CONCURRENCY": text})


def test_settings_know_a_replica_only_of_a_database_that_was_named() -> None:
    replica = "postgresql://user:secret@replica/lyceum"

    settings = Config.from_env(real(DATABASE_URL="postgresql://db/lyceum", DATABASE_REPLICA_URL=replica))

    assert settings.replica_url == replica
    assert replica not in repr(settings)
    with pytest.raises(ConfigError, match="DATABASE_REPLICA_URL needs the DATABASE_URL whose replica it is"):
        Config.from_env(real(DATABASE_REPLICA_URL=replica))


@pytest.fixture
def homeless(monkeypatch: pytest.MonkeyPatch) -> None:
    """Simulates an account without a passwd entry and without HOME."""

    def refuse() -> Path:
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.delenv("HOME", raising=False)
    monkeypatch.setattr(Path, "home", staticmethod(refuse))


def test_settings_need_no_data_folder_with_a_token_and_a_database(homeless: None) -> None:
    settings = Config.from_env(real(DATABASE_URL="postgresql://db/lyceum"))

    assert settings.known_data_dir is None
    with pytest.raises(ConfigError, match="LYCEUM_DATA_DIR is missing, and this account has no home: set it to"):
        _ = settings.data_dir


@pytest.mark.parametrize("environ", [{}, {"DATABASE_URL": "postgresql://db/lyceum"}, real()])
def test_settings_ask_for_a_data_folder_where_one_is_needed(homeless: None, environ: dict[str, str]) -> None:
    with pytest.raises(ConfigError, match="LYCEUM_DATA_DIR is missing, and this account has no home: set it to"):
        Config.from_env(environ)


@pytest.mark.parametrize("name", ["LYCEUM_DATA_DIR", "LYCEUM_OPENAPI"])
def test_settings_name_a_home_that_is_not_there(name: str) -> None:
    with pytest.raises(ConfigError, match=f"{name} begins with ~, and that account has no home here: write the"):
        Config.from_env(real(**{name: "~nosuchuser/lyceum"}))
