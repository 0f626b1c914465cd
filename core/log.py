"""Configures structured logging: text on a terminal, JSON elsewhere, the request id on every line."""

import logging
import sys
from types import TracebackType
from typing import TextIO

import structlog

from core.request_context import REQUEST_ID
from core.tracebacks import text_of, traceback_of


def configure(level: str, fmt: str) -> None:
    """Write all logs, those of the standard library included, to stderr as `json` or `text`, from `level` up."""
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
    for name in ("uvicorn", "uvicorn.error", "uvicorn.access"):  # uvicorn gives them their own handlers by default
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
    """Log filter that removes row values from records of libraries that include a database error in the message."""
    if isinstance(record.args, tuple):
        record.args = tuple(text_of(each) if isinstance(each, BaseException) else each for each in record.args)
    if isinstance(record.msg, BaseException):
        record.msg = text_of(record.msg)
    return True


def _log_crash(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    """Exception hook: log an uncaught exception like everything else; Ctrl+C is not an error."""
    if issubclass(kind, KeyboardInterrupt):
        sys.__excepthook__(kind, error, trace)
    else:
        structlog.get_logger().error("process crashed", exception=traceback_of(error))


def _add_request_id(_logger: object, _method: str, event: structlog.typing.EventDict) -> structlog.typing.EventDict:
    """Structlog processor that adds the request id, so that all lines of one interaction can be found."""
    if (request := REQUEST_ID.get()) is not None:
        event.setdefault("request", request)
    return event
