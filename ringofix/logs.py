"""Structured logs: lines for people (LOG_FORMAT=console) or JSON for machines. No personal data and no secrets at
INFO.
"""

from __future__ import annotations

import logging.config
import re
from typing import Any

import structlog
from structlog.typing import EventDict, WrappedLogger

# Both formatters would print the local variables of every frame, and among those are tokens and people.
_tracebacks = structlog.processors.ExceptionRenderer(structlog.tracebacks.ExceptionDictTransformer(show_locals=False))
_WEBHOOK_ADDRESS = re.compile(r"(/webhooks/ringostat/)[^/\s?]+")


def _without_tokens(logger: WrappedLogger, method: str, event: EventDict) -> EventDict:
    """Whoever reports an error names the path of its request, and a webhook's path is its secret."""
    event["event"] = _WEBHOOK_ADDRESS.sub(r"\1…", str(event["event"]))
    return event


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
    """Sends our structlog events and everybody's standard log records through one formatter to stderr."""
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
    """For logging.config; gunicorn's own lines take the same way."""
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
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "structured"}},
        "root": {"handlers": ["stderr"], "level": "INFO"},
        "loggers": {
            # The queue tells of every job at INFO; what matters of a job, the services tell.
            "procrastinate": {"level": "WARNING"},
            "urllib3": {"level": "WARNING"},
            "psycopg.pool": {"level": "ERROR"},
        },
    }
