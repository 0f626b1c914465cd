"""Runs the processes behind the commands web, listener, worker, postgres and playground.

Imports are lazy: `lyceum web` answers its first ping in a fraction of a second.
"""

import os
import signal
import sys
import threading
import time
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Final, TypedDict

from cli import subprocesses
from cli.addresses import in_url
from cli.environment import environment, read_settings
from cli.errors import AWAY, USAGE, CliError
from cli.process import BACKLOG, listen, reported, run_until_done, stop_with_parent
from core import environment_checks
from core.clock import Clock
from core.config import Config, is_url

if TYPE_CHECKING:
    from uvicorn import Server

KEEP_ALIVE_S: Final = 75  # longer than a proxy's usual keep-alive, so that the proxy closes first
GRACE_S: Final = 20  # for image replies in progress when the process is asked to stop


def web(*, supervised: bool) -> None:
    """Answer interactions until the process is asked to stop."""
    environ, settings = _begin(supervised=supervised)
    sock = listen(settings.host, settings.port, port_by="API_PORT")
    settings = _with_database(settings, environ)
    # The app factory, also in further worker processes, reads the environment that this command was given.
    os.environ.update(environ)

    import uvicorn  # noqa: PLC0415 - see the top

    if settings.web_processes > 1:
        sock.close()  # uvicorn's supervisor opens it again and shares it with its processes
        if not supervised and (problem := _schema_problem(environ)):
            raise problem
        with reported("web"):
            uvicorn.run(**_uvicorn(settings), workers=settings.web_processes)
        return
    server = uvicorn.Server(uvicorn.Config(**_uvicorn(settings)))
    checking = None if supervised else _Checking(environ, server)
    with reported("web"):
        server.run(sockets=[sock])
    if checking and checking.problem:
        raise checking.problem


def listener(*, shards: str, supervised: bool) -> None:
    """Run the gateway listener until the process is asked to stop."""
    from gateway_listener.sharding.selection import ShardSelection  # noqa: PLC0415 - see the top

    try:
        wish = ShardSelection.read(shards)
    except ValueError as error:
        raise CliError(str(error), code=USAGE) from None
    environ, settings = _begin(supervised=supervised)
    settings = _prepared(settings, environ, supervised=supervised)
    from gateway_listener.main import run  # noqa: PLC0415 - see the top

    run_until_done("listener", run(settings, wish))


def worker(*, supervised: bool) -> None:
    """Run the worker until the process is asked to stop."""
    environ, settings = _begin(supervised=supervised)
    settings = _prepared(settings, environ, supervised=supervised)
    from app.jobs.worker import run  # noqa: PLC0415 - see the top

    run_until_done("worker", run(settings))


def postgres(*, supervised: bool) -> None:
    """Run the embedded database until the process is asked to stop.

    When the database ends by itself, so does this process; the supervisor restarts both.

    Raises:
        CliError: it did not start, or it ended.
    """
    _, settings = _begin(supervised=False)  # it waits longer than the others when its parent is gone, see below
    if settings.database_url is not None:
        raise CliError("DATABASE_URL names a database elsewhere; there is none to keep running here.", code=USAGE)
    from cli.database import KeptDatabase  # noqa: PLC0415 - see the top

    KeptDatabase(settings).run(supervised=supervised)


def playground(*, endpoint: str | None, host: str, port: int | None, message_content: bool, supervised: bool) -> None:
    """Run the local Discord until the process is asked to stop.

    Args:
        endpoint: the app's interactions URL, which is set as soon as the app verifies; None: set later.
        host: the address to listen on.
        port: None: that of the configuration.
        message_content: whether the app has the Message Content intent.
        supervised: a supervisor started it and prints the addresses itself.

    Raises:
        CliError: a real token is set, the endpoint is no URL, or the address cannot be listened on.
    """
    if endpoint is not None and not is_url(endpoint, ("http", "https")):
        raise CliError(
            f'--endpoint wants an address such as http://127.0.0.1:3000/interactions, not "{endpoint}".', code=USAGE
        )
    _, settings = _begin(supervised=supervised)
    if not settings.is_local:
        raise CliError(
            "The local Discord stands in only where no token is set: "
            "unset DISCORD_TOKEN, DISCORD_PUBLIC_KEY and DISCORD_APPLICATION_ID.",
            code=USAGE,
        )
    from playground.config import PlaygroundConfig  # noqa: PLC0415 - see the top
    from playground.main import create_server  # noqa: PLC0415 - see the top

    port_by = "PLAYGROUND_PORT" if port is None else "--port"
    port = settings.playground_port if port is None else port
    sock = listen(host, port, port_by=port_by, host_by="--host")
    config = PlaygroundConfig(  # its host goes into URLs; the socket listens already
        settings.data_dir,
        port,
        in_url(host),
        clock=Clock(settings.clock_file),
        message_content=message_content,
        openapi_file=settings.openapi_file,
    )
    if not supervised:
        from cli import external_app  # noqa: PLC0415 - see the top
        from playground.interactions.keys import signing_key  # noqa: PLC0415 - see the top

        external_app.introduce(config, signing_key(config.data_dir).verify_key.encode().hex(), endpoint)
        if endpoint is not None:
            external_app.follow(port, endpoint, host=host)
    with reported("playground"):
        create_server(config).run(sockets=[sock])


class _Checking:
    """A server that checks the schema once it answers, so that the check does not delay the first ping."""

    def __init__(self, environ: Mapping[str, str], server: "Server") -> None:
        self.problem: CliError | None = None
        self._environ = environ
        self._server = server
        threading.Thread(target=self._check, name="schema", daemon=True).start()

    def _check(self) -> None:
        while not self._server.started:
            if self._server.should_exit:
                return
            time.sleep(0.2)
        self.problem = _schema_problem(self._environ)
        if self.problem:
            self._server.should_exit = True


class _Options(TypedDict):
    app: str
    factory: bool
    host: str
    port: int
    loop: str
    http: str
    ws: str
    access_log: bool
    log_config: None
    log_level: str
    server_header: bool
    proxy_headers: bool
    backlog: int
    timeout_keep_alive: int
    timeout_graceful_shutdown: int


def _uvicorn(settings: Config) -> _Options:
    return {
        "app": "app.main:create_app",
        "factory": True,
        "host": settings.host,
        "port": settings.port,
        "loop": "uvloop" if sys.platform != "win32" else "asyncio",
        "http": "app.http.write_coalescing:CoalescingProtocol",  # httptools, with fewer writes under load
        "ws": "none",
        "access_log": False,
        "log_config": None,
        "log_level": "warning",
        "server_header": False,
        "proxy_headers": False,
        "backlog": BACKLOG,
        "timeout_keep_alive": KEEP_ALIVE_S,
        "timeout_graceful_shutdown": GRACE_S,
    }


def _begin(*, supervised: bool) -> tuple[dict[str, str], Config]:
    # uvicorn raises the signal again after it has stopped; this lets the process end in the ordinary way, so that the
    # embedded database is released properly.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, _leave)
    if supervised:
        stop_with_parent()
    environ = environment()
    settings = read_settings(environ)
    from core import log  # noqa: PLC0415 - see the top

    log.configure(settings.log_level, settings.log_format)
    for fault in environment_checks.faults(environ):  # local only; otherwise they are refused
        import structlog  # noqa: PLC0415 - see the top

        structlog.get_logger().warning("calls go without a proxy", reason=fault)
    return environ, settings


def _prepared(settings: Config, environ: dict[str, str], *, supervised: bool) -> Config:
    """The configuration with the URL of a database whose schema is up to date."""
    settings = _with_database(settings, environ)
    if not supervised:  # otherwise `lyceum up` has checked it
        subprocesses.run("db", "current", environ=environ)
    return settings


def _with_database(settings: Config, environ: dict[str, str]) -> Config:
    """The configuration with a database URL, which is also set in `environ`; an embedded database is migrated."""
    if settings.database_url is not None:
        return settings
    from cli.database import embedded_url  # noqa: PLC0415 - see the top

    url = environ["DATABASE_URL"] = embedded_url(settings)
    subprocesses.run("db", "upgrade", environ=environ)
    return replace(settings, database_url=url)


def _schema_problem(environ: Mapping[str, str]) -> CliError | None:
    """The error of an outdated schema; None also if the database is unreachable: each interaction tries it again."""
    try:
        subprocesses.run("db", "current", environ=environ)
    except CliError as problem:
        if problem.code != AWAY:
            return problem
        import structlog  # noqa: PLC0415 - see the top

        structlog.get_logger().warning("the schema could not be checked", reason=str(problem))
    return None


def _leave(_number: int, _frame: object) -> None:
    raise SystemExit(0)
