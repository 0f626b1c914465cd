"""Checks the files in `deploy/`, the Dockerfile and `.dockerignore`."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.paths import ROOT
from tests.test_project import tracked

UNITS = sorted((ROOT / "deploy").glob("*.service"))
COMPOSE = (ROOT / "deploy" / "compose.yaml").read_text(encoding="utf-8")
DOCKERFILE = (ROOT / "Dockerfile").read_text(encoding="utf-8")
README = (ROOT / "README.md").read_text(encoding="utf-8")
EXPOSED_MOST = 15  # in tenths, as systemd-analyze counts; 0 is no exposure, 100 is full

DIRECTIVES = {
    "NoNewPrivileges": "yes",
    "CapabilityBoundingSet": "",
    "PrivateTmp": "yes",
    "PrivateDevices": "yes",
    "PrivateUsers": "yes",
    "ProtectSystem": "strict",
    "ProtectHome": "yes",
    "ProtectClock": "yes",
    "ProtectKernelLogs": "yes",
    "ProtectKernelModules": "yes",
    "ProtectKernelTunables": "yes",
    "ProtectControlGroups": "yes",
    "ProtectProc": "invisible",
    "RestrictAddressFamilies": "AF_INET AF_INET6 AF_UNIX",
    "RestrictNamespaces": "yes",
    "RestrictRealtime": "yes",
    "RestrictSUIDSGID": "yes",
    "LockPersonality": "yes",
    "MemoryDenyWriteExecute": "yes",
    "SystemCallArchitectures": "native",
    "StateDirectory": "lyceum",
    "User": "lyceum",
    "UMask": "0077",
}


@pytest.mark.parametrize("unit", UNITS, ids=lambda path: path.stem)
def test_a_unit_has_its_folder_and_the_network_and_nothing_else(unit: Path) -> None:
    lines = [line.partition("=") for line in unit.read_text(encoding="utf-8").splitlines() if "=" in line]
    values: dict[str, list[str]] = {}
    for name, _, value in lines:
        values.setdefault(name, []).append(value)

    assert {name: values.get(name) for name in DIRECTIVES} == {name: [value] for name, value in DIRECTIVES.items()}
    assert values["SystemCallFilter"] == ["@system-service", "~@privileged @resources"]


def test_there_is_a_unit_for_each_process() -> None:
    assert [unit.stem for unit in UNITS] == ["lyceum-listener", "lyceum-web", "lyceum-worker"]


@pytest.mark.parametrize("unit", UNITS, ids=lambda path: path.stem)
def test_systemd_itself_finds_a_unit_little_exposed(unit: Path) -> None:
    program = shutil.which("systemd-analyze")
    if program is None:
        pytest.skip("there is no systemd-analyze on this machine")
    judged = subprocess.run(
        [program, "security", "--no-pager", "--offline=true", f"--threshold={EXPOSED_MOST}", str(unit)],
        capture_output=True,
        text=True,
        check=False,
    )
    if "unrecognized option" in judged.stderr:
        pytest.skip("this systemd-analyze is older than offline checks")

    assert judged.returncode == 0, judged.stdout[-400:] + judged.stderr


def block(text: str, name: str, *, indent: str) -> str:
    """The lines of a YAML mapping, by its key."""
    found = re.search(
        rf"^{indent}{re.escape(name)}:[^\n]*\n((?:{indent} +[^\n]*\n|\s*\n|{indent} *#[^\n]*\n)*)", text, re.MULTILINE
    )
    assert found, name
    return found[1]


def test_no_container_may_become_root_or_write_outside_its_volumes() -> None:
    hardened = block(COMPOSE, "x-hardened", indent="")
    ours = block(COMPOSE, "x-lyceum", indent="")
    listed = COMPOSE.partition("\nservices:\n")[2].partition("\nvolumes:\n")[0]
    services = re.findall(r"^  ([a-z]+):(?:  #.*)?$", listed, re.MULTILINE)

    assert services == ["postgres", "migrate", "commands", "web", "listener", "worker", "nginx"]
    for line in ("read_only: true", "cap_drop: [ALL]", 'security_opt: ["no-new-privileges:true"]'):
        assert line in hardened
    assert "<<: *hardened" in ours
    assert 'user: "10001:10001"' in ours
    assert "deploy: *limits" in ours
    for name in services:
        service = block(COMPOSE, name, indent="  ")
        assert "<<: *lyceum" in service or "<<: *hardened" in service, name
        assert "<<: *lyceum" in service or "limits" in service, name
        assert "read_only: false" not in service, name
        assert "privileged" not in service, name


@pytest.mark.parametrize("name", ["postgres", "web", "listener", "worker", "nginx"])
def test_every_service_that_stays_has_a_health_check(name: str) -> None:
    service = block(COMPOSE, name, indent="  ")

    assert "healthcheck:" in service
    assert "disable: true" not in service


def test_the_image_runs_as_the_account_that_compose_names() -> None:
    assert "USER 10001:10001" in DOCKERFILE
    assert "--uid 10001" in DOCKERFILE
    assert "--gid 10001" in DOCKERFILE


def admitted(name: str) -> bool:
    """Whether Docker sends a file to the build by .dockerignore: the last matching pattern decides."""
    is_ignored = False
    for line in (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines():
        pattern = line.strip()
        if not pattern or pattern.startswith("#"):
            continue
        is_exception = pattern.startswith("!")
        expression = re.escape(pattern.removeprefix("!")).replace(r"\*\*/", "(?:.*/)?").replace(r"\*", "[^/]*")
        expression = expression.replace(r"\[co\]", "[co]")
        if re.fullmatch(f"{expression}(?:/.*)?", name):
            is_ignored = not is_exception
    return not is_ignored


def test_the_build_gets_everything_that_lyceum_is_made_of() -> None:
    listed = re.search(r"include = \[([^\]]+)\]", (ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    assert listed
    packages = [name.strip().strip('"').rstrip("*") for name in listed[1].split(",")]
    needed = [path.relative_to(ROOT).as_posix() for path in tracked()]
    needed = [name for name in needed if name.partition("/")[0] in {*packages, "assets"}]

    assert len(packages) == 10
    assert [name for name in needed if not admitted(name)] == []
    assert all(admitted(name) for name in ("pyproject.toml", "README.md", "LICENSE", "requirements.lock"))


@pytest.mark.parametrize(
    "name",
    [
        ".env",
        "deploy/.env",
        "app/.env",
        ".git/config",
        "deploy/certificates/privkey.pem",
        "privkey.pem",
        "app/privkey.pem",
        "data/playground.key",
        "lyceum-errors.log",
        "backup.sql",
        "notes.txt",
        "tests/conftest.py",
        ".venv/bin/python",
        "app/__pycache__/main.cpython-313.pyc",
        "cli/.env.local",
    ],
)
def test_the_build_gets_nothing_else(name: str) -> None:
    assert not admitted(name)


def test_nginx_reads_the_file_and_an_older_one_what_readme_makes_of_it(tmp_path: Path) -> None:
    nginx, openssl = (
        shutil.which("nginx", path="/usr/sbin:/usr/bin:/usr/local/sbin:/usr/local/bin"),
        shutil.which("openssl"),
    )
    if nginx is None or openssl is None:
        pytest.skip("there is no nginx on this machine")
    made = re.search(r"sed '([^']+)' deploy/nginx\.conf", README)
    assert made
    version = subprocess.run([nginx, "-v"], capture_output=True, text=True, check=True).stderr
    numbers = tuple(map(int, re.findall(r"\d+", version)[:3]))
    conf = (ROOT / "deploy" / "nginx.conf").read_text(encoding="utf-8")
    certificate = ["-keyout", str(tmp_path / "privkey.pem"), "-out", str(tmp_path / "fullchain.pem"), "-subj", "/CN=x"]
    subprocess.run(
        [openssl, "req", "-x509", "-newkey", "rsa:2048", "-nodes", *certificate], capture_output=True, check=True
    )

    def accepts(text: str) -> bool:
        file = tmp_path / "nginx.conf"
        file.write_text(text.replace("/etc/nginx/certificates/", f"{tmp_path}/"), encoding="utf-8")
        tested = subprocess.run(
            [nginx, "-t", "-g", f"pid {tmp_path}/pid;", "-c", str(file)], capture_output=True, text=True, check=False
        )
        return tested.returncode == 0

    changed = subprocess.run(["sed", made[1]], input=conf, capture_output=True, text=True, check=True).stdout
    assert accepts(changed)
    if numbers < (1, 27, 3):
        assert not accepts(conf)  # the reason for README's note


def test_the_nginx_file_and_readme_say_from_which_version_on_it_works() -> None:
    conf = (ROOT / "deploy" / "nginx.conf").read_text(encoding="utf-8")

    assert "1.27.3" in conf
    assert "1.27.3" in README
    image = re.search(r"image: nginx:(\d+)\.(\d+)", COMPOSE)
    assert image
    assert (int(image[1]), int(image[2])) >= (1, 28)
