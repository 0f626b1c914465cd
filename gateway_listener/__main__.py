"""Command line entry point of the gateway listener (`python -m gateway_listener`); needs a migrated database."""

import argparse
import asyncio
import os
import sys

from core import log
from core.config import Config, ConfigError
from gateway_listener.main import run
from gateway_listener.sharding.selection import ShardSelection


def main() -> int:
    """Parse the arguments, run the listener until it is stopped, and return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m gateway_listener")
    parser.add_argument("--shards", default="auto", help="auto, 4, or 0,1,2/16")
    try:
        wish = ShardSelection.read(parser.parse_args().shards)
        settings = Config.from_env(os.environ)
    except (ConfigError, ValueError) as error:
        sys.stderr.write(f"{error}\n")
        return 2
    if settings.database_url is None:
        sys.stderr.write("DATABASE_URL is missing; `lyceum listener` starts a database by itself.\n")
        return 2
    log.configure(settings.log_level, settings.log_format)
    asyncio.run(run(settings, wish))
    return 0


if __name__ == "__main__":
    sys.exit(main())
