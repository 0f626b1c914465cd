"""Sends errors to Sentry: error types and places in our code, never user content or names.

Like logging, this is set up once per process. Without a DSN nothing is loaded and nothing is sent.
"""

from typing import TYPE_CHECKING, Any, Final

import structlog

from core.request_context import REQUEST_ID

if TYPE_CHECKING:
    from sentry_sdk.types import Event, Hint

FLUSH_S: Final = 2.0  # how long a process waits at its end for unsent reports
_EVENT_FIELDS: Final = ("event_id", "timestamp", "level", "platform", "tags", "sdk", "environment")
_FRAME_FIELDS: Final = ("module", "function", "filename", "lineno", "context_line", "in_app")

log = structlog.get_logger()


class _Setup:
    """Arguments of the last `configure` call."""

    dsn: str | None = None
    process: str = ""
    is_open: bool = False


def configure(dsn: str | None, *, process: str) -> None:
    """Report to `dsn` from now on, tagged with `process`; None: report nothing."""
    _Setup.dsn, _Setup.process, _Setup.is_open = dsn, process, False


def warm_up() -> None:
    """Import and set up sentry-sdk, which takes a fifth of a second, before the first error."""
    if _Setup.dsn is None or _Setup.is_open:
        return
    import sentry_sdk  # noqa: PLC0415 - only where a DSN is set

    sentry_sdk.init(
        dsn=_Setup.dsn,
        default_integrations=False,  # some of them attach requests, arguments and log lines
        auto_enabling_integrations=False,
        auto_session_tracking=False,
        include_local_variables=False,
        max_breadcrumbs=0,
        server_name="",
        before_send=_strip_event,
    )
    _Setup.is_open = True


def send(error: BaseException, **tags: object) -> None:
    """Report `error` with the current request id and `tags` such as ref and route; never raises."""
    if _Setup.dsn is None:
        return
    try:
        warm_up()
        import sentry_sdk  # noqa: PLC0415 - as above

        with sentry_sdk.new_scope() as scope:
            for name, value in {"process": _Setup.process, "request": REQUEST_ID.get(), **tags}.items():
                if value is not None:
                    scope.set_tag(name, str(value))
            scope.capture_exception(error)
    except Exception as trouble:  # noqa: BLE001 - the log has the original error; reporting must not raise another
        log.warning("error not reported", reason=type(trouble).__name__)


def flush() -> None:
    """Wait up to `FLUSH_S` seconds for unsent reports, at the end of a process."""
    if _Setup.is_open:
        import sentry_sdk  # noqa: PLC0415 - as above

        sentry_sdk.flush(timeout=FLUSH_S)


def _strip_event(event: "Event", _hint: "Hint") -> "Event":
    """Keep only fields that are safe to send: an error's message may quote database rows or user content."""
    whole: dict[str, Any] = dict(event)
    values: list[dict[str, Any]] = whole.get("exception", {}).get("values", [])
    bare: dict[str, Any] = {name: whole[name] for name in _EVENT_FIELDS if name in whole}
    bare["exception"] = {
        "values": [
            {
                "type": value.get("type"),
                "module": value.get("module"),
                "value": "",
                "stacktrace": _strip_stacktrace(value.get("stacktrace") or {}),
            }
            for value in values
        ]
    }
    return bare  # pyright: ignore[reportReturnType] - a subset of an event is an event


def _strip_stacktrace(stacktrace: dict[str, Any]) -> dict[str, Any]:
    frames: list[dict[str, Any]] = stacktrace.get("frames", [])
    return {"frames": [{name: frame[name] for name in _FRAME_FIELDS if name in frame} for frame in frames]}
