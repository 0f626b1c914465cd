"""`python -m gateway_listener`: the listener alone, on a database that is up to date."""

import asyncio
import os
import sys

from core import log
from core.settings import Settings, SettingsError
from gateway_listener.main import run


def main() -> int:
    """Listen; the exit code."""
    try:
        settings = Settings.from_env(os.environ)
    except SettingsError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    if settings.database_url is None:
        sys.stderr.write("DATABASE_URL is missing; `lyceum listener` starts a database by itself.\n")
        return 2
    log.configure(settings.log_level, settings.log_format)
    asyncio.run(run(settings))
    return 0


if __name__ == "__main__":
    sys.exit(main())
