"""Structured logs: lines for people (LOG_FORMAT=console) or JSON (LOG_FORMAT=json). INFO contains no personal data and
no secrets.
"""

from __future__ import annotations

import logging.config
import re
from typing import Any

import structlog
from structlog.typing import EventDict, WrappedLogger

# Leaves out local variables: they hold tokens and personal data.
_tracebacks = structlog.processors.ExceptionRenderer(structlog.tracebacks.ExceptionDictTransformer(show_locals=False))
_TOKEN = re.compile(r"(?<=/webhooks/ringostat/)[^/\s?]+|(?<=/route/ringostat/)[^/\s?]+|(?<=/)[\w-]{32,}(?=[/\s?]|$)")
"""The token in a webhook's or a routing question's path, also where the path before it is mistyped."""


def _without_tokens(logger: WrappedLogger, method: str, event: EventDict) -> EventDict:
    """Masks the secret part of paths, which errors report."""
    event["event"] = _TOKEN.sub("…", str(event["event"]))
    return event


def _is_worth_a_line(record: logging.LogRecord) -> bool:
    """A flood must not fill the log: it has one line of its own where its limit is reached."""
    return getattr(record, "status_code", None) != 429


_SHARED: list[Any] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_log_level,
    structlog.stdlib.add_logger_name,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    _without_tokens,
]
_RENDERERS: dict[str, list[Any]] = {
    "json": [_tracebacks, structlog.processors.JSONRenderer()],
    "console": [structlog.dev.ConsoleRenderer(colors=False, exception_formatter=structlog.dev.plain_traceback)],
}


def configure_logs(log_format: str) -> None:
    """Formats structlog events and standard log records in the same way, and writes them to stderr."""
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *_SHARED,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
    logging.config.dictConfig(log_config(log_format))


def log_config(log_format: str) -> dict[str, Any]:
    """The configuration for logging.config, also used for gunicorn."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "structured": {
                "()": structlog.stdlib.ProcessorFormatter,
                "foreign_pre_chain": _SHARED,
                "processors": [structlog.stdlib.ProcessorFormatter.remove_processors_meta, *_RENDERERS[log_format]],
            }
        },
        "filters": {"no_floods": {"()": lambda: _is_worth_a_line}},
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "structured"}},
        "root": {"handlers": ["stderr"], "level": "INFO"},
        "loggers": {
            "django.request": {"filters": ["no_floods"]},
            # The queue logs every job at INFO; the services log what matters.
            "procrastinate": {"level": "WARNING"},
            "urllib3": {"level": "WARNING"},
            "psycopg.pool": {"level": "ERROR"},
        },
    }
