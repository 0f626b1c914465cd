"""Errors for invalid database URLs: each has its own message, and none contains the password."""

import psycopg.pq
import pytest
from psycopg.conninfo import conninfo_to_dict

from core.config import Config, ConfigError
from core.database_url import PARAMETERS, faults

USER = "postgresql://postgres:s3crt@db.example"


def test_parameters_are_those_of_the_driver() -> None:
    keywords = {option.keyword.decode() for option in psycopg.pq.Conninfo.get_defaults()}

    assert keywords <= PARAMETERS
    assert PARAMETERS - keywords <= {"oauth_client_id", "oauth_client_secret", "oauth_issuer", "oauth_scope"}


@pytest.mark.parametrize(
    "url",
    [
        f"{USER}/lyceum",
        f"{USER}:6543/lyceum?sslmode=require&connect_timeout=5&application_name=a%20b",
        "postgres://db.example/lyceum",
        "postgresql:///lyceum?host=/var/run/postgresql",
        "postgresql://postgres:@/postgres?host=/tmp/a%20folder/postgres",
        "postgresql://[::1]:5432/lyceum",
        "postgresql://one.example:5432,two.example:5433/lyceum?target_session_attrs=primary",
        "postgresql://me:a%2Fb@db.example/lyceum",
        "postgresql://db.example?dbname=lyceum&port=5433",
        "postgresql://?service=lyceum",
        f"{USER}/lyceum?ssl=true",
        f"{USER}/lyceum?options=-c%20statement_timeout%3D5s",
    ],
)
def test_what_the_driver_can_read_has_no_fault(url: str) -> None:
    assert faults(url, {}) == []
    conninfo_to_dict(url)  # does not raise


@pytest.mark.parametrize(
    ("url", "fault"),
    [
        (
            f"{USER}:6543/postgres?pgbouncer=true",
            "has a parameter that PostgreSQL does not know (pgbouncer): take it out",
        ),
        (f"{USER}:5432/postgres?schema=public", "has a parameter that PostgreSQL does not know (schema): take it out"),
        (
            f"{USER}:6543/postgres?pgbouncer=true&connection_limit=1",
            "has parameters that PostgreSQL does not know (pgbouncer, connection_limit): take them out",
        ),
        (
            f"{USER}/lyceum?s3crt%20thing=1",
            "has a parameter that PostgreSQL does not know (one with an unusual name): take it out",
        ),
        (f"{USER}/lyceum?sslmode", "has a parameter behind the ? that is not written as name=value"),
        (f"{USER}/lyceum?sslmode=require=1", "has a parameter behind the ? that is not written as name=value"),
        (
            f"{USER}/lyceum?sslmode=on",
            "has an sslmode that is none of disable, allow, prefer, require, verify-ca, verify-full",
        ),
        (f"{USER}/lyceum?connect_timeout=soon", "has a connect_timeout that is no number"),
        (
            f"{USER}:port/lyceum",
            "must have a port from 1 to 65535, or a / in the password that is written as %2F",
        ),
        (
            f"{USER}:70000/lyceum",
            "must have a port from 1 to 65535, or a / in the password that is written as %2F",
        ),
        (
            "postgresql://postgres:s3/cret@db.example/lyceum",
            "must have a port from 1 to 65535, or a / in the password that is written as %2F",
        ),
        ("postgresql://db.example/lyceum?port=many", "must have a port from 1 to 65535"),
        ("postgresql://me:s3@cret@db.example/lyceum", "has two @ in it: write the one in the password as %40"),
        ("postgresql://[::1/lyceum", "has an IPv6 address that is not written as [address]"),
        (USER, "names no database: end it with a slash and the name, such as /lyceum"),
        (f"{USER}/", "names no database: end it with a slash and the name, such as /lyceum"),
        (f"{USER}/my database", "has a space or a line break in it: write a space as %20"),
        ("postgresql://me:10%s3@db.example/lyceum", "has a % that stands for no character: write % itself as %25"),
        (f"{USER}/ly%00ceum", "has a % that stands for no character: write % itself as %25"),
        ("mysql://me:s3crt@db.example/lyceum", "must begin with postgresql://"),
        ("db.example/lyceum", "must begin with postgresql://"),
        (
            "postgresql+asyncpg://me:s3crt@db.example/lyceum",
            "must begin with postgresql://: take out the + and the name of the driver behind it",
        ),
    ],
)
def test_each_fault_of_an_address_is_named_without_the_password(url: str, fault: str) -> None:
    assert faults(url, {}) == [fault]
    assert "s3" not in fault
    assert "cret" not in fault
    assert "crt" not in fault


def test_a_database_may_be_named_by_the_drivers_own_variable() -> None:
    assert faults(USER, {"PGDATABASE": "lyceum"}) == []


@pytest.mark.parametrize("name", ["DATABASE_URL", "DATABASE_REPLICA_URL", "DATABASE_DIRECT_URL"])
def test_settings_name_the_variable_and_the_parameter(name: str) -> None:
    environ = {
        "DISCORD_TOKEN": "t0ken",
        "DISCORD_PUBLIC_KEY": "ab" * 32,
        "DISCORD_APPLICATION_ID": "1234567890123456789",
        "DATABASE_URL": f"{USER}/lyceum",
        name: f"{USER}:6543/postgres?pgbouncer=true",
    }

    with pytest.raises(ConfigError) as refusal:
        Config.from_env(environ)

    assert str(refusal.value) == (
        f"The settings do not work yet: {name} has a parameter that PostgreSQL does not know (pgbouncer): take it out. "
        "Each variable is explained in .env.example."
    )


def test_a_direct_address_belongs_to_a_database_that_was_named() -> None:
    here = {
        "DISCORD_TOKEN": "t0ken",
        "DISCORD_PUBLIC_KEY": "ab" * 32,
        "DISCORD_APPLICATION_ID": "1234567890123456789",
    }
    pooled, direct = f"{USER}:6543/lyceum", f"{USER}:5432/lyceum"

    both = Config.from_env({**here, "DATABASE_URL": pooled, "DATABASE_DIRECT_URL": direct})
    alone = Config.from_env({**here, "DATABASE_URL": pooled})

    assert (both.database_url, both.direct_url, alone.direct_url) == (pooled, direct, pooled)
    assert "s3crt" not in repr(both)
    with pytest.raises(ConfigError, match="DATABASE_DIRECT_URL needs the DATABASE_URL that it leads to past a pooler"):
        Config.from_env({**here, "DATABASE_DIRECT_URL": direct})
