"""The program's log: one line an event, for people on a terminal and as JSON for machines."""

from __future__ import annotations

import logging
import sys
from contextlib import suppress
from typing import Any

import structlog


class _Lines(structlog.PrintLogger):
    """Writes lines. One that cannot be written (the disk that keeps the log is full, its reader has gone) is lost: what
    the program was doing goes on."""

    def msg(self, message: str) -> None:
        """Write a line."""
        with suppress(OSError, ValueError):
            super().msg(message)

    log = debug = info = warn = warning = msg
    fatal = failure = err = error = critical = exception = msg


class _Others(logging.Handler):
    """Takes what libraries log the usual way into the same lines."""

    def emit(self, record: logging.LogRecord) -> None:
        """Write one event, whatever it holds."""
        log = structlog.get_logger().bind(logger=record.name)
        log.log(record.levelno, record.getMessage(), exc_info=record.exc_info)


def configure_logs(level: str = "INFO", as_json: bool | None = None) -> None:
    """Send the log to standard error. JSON unless somebody sits at a terminal."""
    number = logging.getLevelNamesMapping()[level.upper()]
    # Plain tracebacks: the pretty ones print local variables, and with them whatever secret was being used.
    last: list[Any] = [
        structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty(), exception_formatter=structlog.dev.plain_traceback)
    ]
    if as_json if as_json is not None else not sys.stderr.isatty():
        last = [structlog.processors.format_exc_info, structlog.processors.JSONRenderer()]
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            *last,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(number),
        logger_factory=lambda *_: _Lines(sys.stderr),
        cache_logger_on_first_use=False,
    )
    root = logging.getLogger()
    root.handlers = [*(each for each in root.handlers if not isinstance(each, _Others)), _Others(logging.WARNING)]
