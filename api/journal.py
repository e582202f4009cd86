"""Structured logs: one JSON object a line, by which a request can be followed.

Guards: a line carries only the fields named here, so no name, NHS number, token, body or address can slip in. An error
is logged as its type and the places it passed, never its message, which may quote a row.
"""

import logging
import sys
import traceback
from collections.abc import MutableMapping
from typing import Any, TextIO

import structlog

FIELDS = frozenset(
    (
        *("event", "level", "timestamp", "logger", "names", "left_out", "error", "places", "reason"),
        *("request_id", "method", "route", "status", "milliseconds", "seconds"),
        *("process", "role", "job", "count", "attempt", "hub_id", "clients"),
    )
)
_QUIET = ("uvicorn.access", "apscheduler")

Event = MutableMapping[str, Any]


def set_up(level: str = "info", to: TextIO | None = None) -> None:
    """Send the logs of this process and its libraries to standard error as JSON, or to a file."""
    before: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _without_messages,
    ]
    structlog.configure(
        processors=[*before, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=False,
    )
    lines = logging.StreamHandler(to or sys.stderr)
    lines.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=before,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                only_known_fields,
                structlog.processors.JSONRenderer(),
            ],
        )
    )
    logging.root.handlers = [lines]
    logging.root.setLevel(level.upper())
    for name in _QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)


def of(name: str) -> Any:
    """Return the journal of one part."""
    return structlog.stdlib.get_logger(name)


def innermost(error: Exception) -> Exception:
    """Return the error itself, where task groups wrapped a single one."""
    while isinstance(error, ExceptionGroup) and len(error.exceptions) == 1:
        error = error.exceptions[0]
    return error


def places(error: BaseException) -> list[str]:
    """Return where an error came from and passed through: file, line and function, no values."""
    frames = traceback.extract_tb(error.__traceback__)
    return [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames]


def _without_messages(_logger: Any, _method: str, event: Event) -> Event:
    raised = event.pop("exc_info", None)
    error = sys.exc_info()[1] if raised is True else raised
    error = error[1] if isinstance(error, tuple) else error
    if isinstance(error, BaseException):
        event["error"] = type(error).__name__
        event["places"] = places(error)
    return event


def only_known_fields(_logger: Any, _method: str, event: Event) -> Event:
    """Drop fields that nobody declared safe, and name what was dropped."""
    left_out = sorted(event.keys() - FIELDS)
    kept = {name: value for name, value in event.items() if name in FIELDS}
    return {**kept, "left_out": left_out} if left_out else kept
