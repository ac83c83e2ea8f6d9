"""Log lines: a name and an allow-list of fields, so that no secret gets in by a new field."""

import logging
import sys
from collections.abc import Mapping, MutableMapping
from typing import Any

import structlog

# What may be written; whatever else a line is given is dropped. No address people have, no token,
# no body and no query string is among them.
ALLOWED = frozenset(
    {
        "event", "level", "timestamp", "exception", "exc_info", "reference", "merchant", "endpoint",
        "method", "path", "status", "ms", "statements", "caller", "job", "id", "kind", "type",
        "provider", "operation", "payment", "invoice", "tries", "is_dead", "error", "code", "count",
        "seconds", "reason", "directive", "version", "port", "url_scheme",
    }
)  # fmt: skip
Event = MutableMapping[str, Any]


def set_up(*, as_json: bool) -> None:
    """Write every line to standard error, as JSON or for people to read."""
    last: structlog.typing.Processor = (
        structlog.processors.JSONRenderer()
        if as_json
        else structlog.dev.ConsoleRenderer(
            colors=sys.stderr.isatty(), exception_formatter=structlog.dev.plain_traceback
        )
    )
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            hide_parameters,
            *([structlog.processors.format_exc_info] if as_json else []),
            keep_allowed,
            last,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        # Looked up for each line: whoever replaces standard error, as tests do, gets the lines.
        logger_factory=lambda *_: structlog.PrintLogger(sys.stderr),
        cache_logger_on_first_use=False,
    )


def keep_allowed(_logger: object, _method: str, line: Event) -> Mapping[str, Any]:
    """Drop every field that is not on the list."""
    return {name: value for name, value in line.items() if name in ALLOWED}


def hide_parameters(_logger: object, _method: str, line: Event) -> Event:
    """Keep the values of SQL statements out of tracebacks."""
    error = sys.exc_info()[1] if line.get("exc_info") is True else line.get("exc_info")
    while isinstance(error, BaseException):
        if hasattr(error, "hide_parameters"):
            error.hide_parameters = True
        error = error.__cause__ or error.__context__
    return line
