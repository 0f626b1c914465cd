"""Repository checks: no secrets, total size, font licences, documented settings, hashed lock files."""

import re
import subprocess
from pathlib import Path

import pytest

from tests.paths import ROOT

TEXT_MAX = 1_000_000  # bytes; larger files count as data

# Patterns of real secrets. The local Discord's and the tests' fake ones match none of them.
SECRETS = {
    "a Discord token": r"[MNO][A-Za-z\d_-]{23,27}\.[A-Za-z\d_-]{6}\.[A-Za-z\d_-]{27,}",
    "a Discord webhook": r"discord(?:app)?\.com/api/webhooks/\d{17,}/[\w-]{40,}",
    "a private key": r"-----BEGIN (?:RSA |EC |OPENSSH )?PRIVATE KEY-----",
    "an AWS key": r"\bAKIA[A-Z\d]{16}\b",
    "a password in a database address": r"postgres(?:ql)?://\w+:(?!\$\{|secret@|password@|@)[^@\s/]{6,}@",
}


def tracked() -> list[Path]:
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=False, text=True
    ).stdout.split("\0")
    files = [ROOT / name for name in listed if name and (ROOT / name).is_file()]
    if not files:
        pytest.skip("this is no git checkout, so there is no list of what belongs to it")
    return files


def texts() -> list[tuple[Path, str]]:
    found: list[tuple[Path, str]] = []
    for path in tracked():
        if path.stat().st_size <= TEXT_MAX:
            content = path.read_bytes()
            if b"\0" not in content:
                found.append((path, content.decode("utf-8", "replace")))
    return found


@pytest.mark.parametrize("kind", SECRETS)
def test_project_holds_no_secret(kind: str) -> None:
    pattern = re.compile(SECRETS[kind])

    assert [str(path) for path, text in texts() if path != Path(__file__) and pattern.search(text)] == []


def test_project_stays_small_enough_to_clone_on_a_phone() -> None:
    assert sum(path.stat().st_size for path in tracked()) < 60_000_000


def test_project_has_a_licence_beside_each_font() -> None:
    fonts = [path for path in tracked() if path.suffix in {".ttf", ".otf", ".ttc", ".woff2"}]
    assert fonts

    assert [font.name for font in fonts if not list(font.parent.glob("*OFL*"))] == []


def test_readme_explains_the_settings_of_the_example() -> None:
    explained = set(re.findall(r"`([A-Z]+_[A-Z_]+)`", (ROOT / "README.md").read_text(encoding="utf-8")))
    offered = set(re.findall(r"^#? ?([A-Z_]+)=", (ROOT / ".env.example").read_text(encoding="utf-8"), re.MULTILINE))

    assert explained == offered


def test_lock_files_pin_every_package_with_hashes_and_name_no_index() -> None:
    for name in ("requirements.lock", "requirements-dev.lock"):
        text = (ROOT / name).read_text(encoding="utf-8")
        pins = re.findall(r"^[a-z][\w.-]*==\S+[^\n]*\\\n    --hash=sha256:", text, flags=re.MULTILINE)

        assert len(pins) == len(re.findall(r"^[a-z]", text, flags=re.MULTILINE))
        assert "://" not in text
        assert "index-url" not in text
