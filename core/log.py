"""Configures structured logging: text on a terminal, JSON elsewhere, the request id on every line."""

import logging
import sys
from types import TracebackType
from typing import TextIO

import structlog

from core.request_context import REQUEST_ID
from core.tracebacks import text_of, traceback_of


def configure(level: str, fmt: str) -> None:
    """Send all logs to stderr from `level` up, as `json` or as `text`; the standard library's loggers come along."""
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        _add_request_id,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    last: list[structlog.typing.Processor] = (
        [structlog.processors.ExceptionRenderer(_as_text), structlog.processors.JSONRenderer()]
        if fmt == "json"
        else [structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty(), exception_formatter=_below_the_line)]
    )
    threshold = logging.getLevelNamesMapping()[level.upper()]
    structlog.configure(
        processors=[*shared, *last],
        wrapper_class=structlog.make_filtering_bound_logger(threshold),
        logger_factory=structlog.WriteLoggerFactory(file=sys.stderr),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                *last,
            ],
        )
    )
    handler.addFilter(_without_rows)
    sys.excepthook = _log_crash
    for name in ("uvicorn", "uvicorn.error", "uvicorn.access"):  # uvicorn gives them handlers of their own by default
        logger = logging.getLogger(name)
        logger.handlers.clear()
        logger.setLevel(logging.NOTSET)
        logger.propagate = True
    logging.basicConfig(level=max(threshold, logging.WARNING), handlers=[handler], force=True)


def _as_text(exc_info: structlog.typing.ExcInfo) -> str:
    return traceback_of(exc_info[1])


def _below_the_line(stream: TextIO, exc_info: structlog.typing.ExcInfo) -> None:
    stream.write("\n" + traceback_of(exc_info[1]))


def _without_rows(record: logging.LogRecord) -> bool:
    """Let a library that puts an error of the database into its message say only what may be logged."""
    if isinstance(record.args, tuple):
        record.args = tuple(text_of(each) if isinstance(each, BaseException) else each for each in record.args)
    if isinstance(record.msg, BaseException):
        record.msg = text_of(record.msg)
    return True


def _log_crash(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    """What ends a process goes the same way as everything else; Ctrl+C is no crash."""
    if issubclass(kind, KeyboardInterrupt):
        sys.__excepthook__(kind, error, trace)
    else:
        structlog.get_logger().error("process crashed", exception=traceback_of(error))


def _add_request_id(_logger: object, _method: str, event: structlog.typing.EventDict) -> structlog.typing.EventDict:
    """Every line says in whose name it was written, so that one interaction can be followed through all of them."""
    if (request := REQUEST_ID.get()) is not None:
        event.setdefault("request", request)
    return event
