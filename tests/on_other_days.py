"""Runs the tests with the clock set to other days: `python -m tests.on_other_days monday -- -n auto tests/cli`.

Without names it runs every day of the list. libfaketime shifts the clock of all processes by the same amount, also of
PostgreSQL; it runs on from there. The monotonic clock is unchanged, so a sleep of a second takes a second. Chromium
does not start under libfaketime: its pages use the real time.
"""

import os
import subprocess
import sys
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from tests.paths import ROOT

LIBRARIES = ("libfaketime.so.1", "libfaketime.1.dylib")
FOLDERS = ("/usr/lib", "/usr/local/lib", "/opt/homebrew/lib")
CLOCK = (
    "LD_PRELOAD",
    "DYLD_INSERT_LIBRARIES",
    "FAKETIME",
    "DONT_FAKE_MONOTONIC",
    "FAKETIME_DONT_FAKE_MONOTONIC",
    "NO_FAKE_STAT",
    "TZ",
)
NO_TESTS = 5  # pytest's exit code for "no tests collected"


@dataclass(frozen=True)
class Day:
    """The local start time of a run, in `zone`."""

    name: str
    begins: datetime
    zone: str = "UTC"

    def offset_s(self, now: datetime) -> int:
        """Seconds by which the clock is shifted."""
        return round((self.begins.replace(tzinfo=ZoneInfo(self.zone)) - now).total_seconds())


DAYS = (
    Day("monday", datetime(2027, 1, 18, 9, 30)),
    Day("new-week", datetime(2027, 1, 18, 0, 0, 5)),
    Day("new-year", datetime(2027, 1, 1, 0, 0, 5)),
    Day("leap-day", datetime(2028, 2, 29, 12, 0)),
    Day("month-end", datetime(2027, 1, 31, 23, 58)),  # the month ends during the run
    Day("spring-new-york", datetime(2027, 3, 14, 1, 58), "America/New_York"),  # 02:00 becomes 03:00
    Day("autumn-new-york", datetime(2027, 11, 7, 1, 58), "America/New_York"),  # 02:00 becomes 01:00
    Day("spring-santiago", datetime(2027, 9, 4, 23, 58), "America/Santiago"),  # midnight becomes 01:00
    Day("autumn-berlin", datetime(2027, 10, 31, 2, 58), "Europe/Berlin"),  # 03:00 becomes 02:00
    Day("date-line", datetime(2027, 6, 1, 0, 0, 5), "Pacific/Kiritimati"),  # in UTC it is still May
)


def environ_of_child(root: Path = ROOT) -> dict[str, str]:
    """Variables that a test passes to a child with its own environment: this run's clock and `root` as import path."""
    path = [str(root), *filter(None, [os.environ.get("PYTHONPATH")])]
    kept = {name: os.environ[name] for name in CLOCK if name in os.environ}
    return {**kept, "PYTHONPATH": os.pathsep.join(path)}


def library() -> Path | None:
    """The path of libfaketime on this machine."""
    found = [path for folder in FOLDERS for name in LIBRARIES for path in Path(folder).glob(f"**/faketime/{name}")]
    return found[0] if found else None


def environ(day: Day, library: Path, now: datetime) -> dict[str, str]:
    """The environment of a process whose clock starts on that day."""
    path = [str(ROOT / "tests" / "other_clock"), *filter(None, [os.environ.get("PYTHONPATH")])]
    return {
        **os.environ,
        "LD_PRELOAD": str(library),
        "DYLD_INSERT_LIBRARIES": str(library),
        "FAKETIME": f"{day.offset_s(now):+d}",
        "DONT_FAKE_MONOTONIC": "1",
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",  # the name in newer versions
        "NO_FAKE_STAT": "1",  # keep real file times: Python compares them for its .pyc files
        "TZ": day.zone,
        "PYTHONPATH": os.pathsep.join(path),
    }


def main(arguments: list[str]) -> int:
    """Arguments: names of days, `--`, and arguments for pytest."""
    end = arguments.index("--") if "--" in arguments else len(arguments)
    names, options = arguments[:end], arguments[end + 1 :]
    chosen = [day for day in DAYS if not names or day.name in names]
    if unknown := set(names) - {day.name for day in DAYS}:
        print(f"There is no day {', '.join(sorted(unknown))}; choose among {', '.join(day.name for day in DAYS)}.")
        return 2
    faketime = library()
    if faketime is None:
        print("Skipped: no libfaketime is here; deploy/install-faketime installs it, as root or with sudo.")
        return 0
    failed: list[str] = []
    for day in chosen:
        print(f"{day.name}: {day.begins:%A %d %B %Y, %H:%M} in {day.zone}", flush=True)
        command = [sys.executable, "-m", "pytest", *options]
        run = subprocess.run(command, env=environ(day, faketime, datetime.now(UTC)), cwd=ROOT, check=False)
        failed += [day.name] if run.returncode not in (0, NO_TESTS) else []
    print(f"Failed on: {', '.join(failed)}." if failed else f"Passed on {len(chosen)} days.")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
