"""Structured logs: lines for people (LOG_FORMAT=console) or JSON for machines. No personal data and no secrets at
INFO.
"""

from __future__ import annotations

import logging.config
from typing import Any

import structlog

# Both formatters would print the local variables of every frame, and among those are tokens and people.
_tracebacks = structlog.processors.ExceptionRenderer(structlog.tracebacks.ExceptionDictTransformer(show_locals=False))


def logging_config(log_format: str) -> None:
    """Sends our structlog events and everybody's standard log records through one formatter to stderr."""
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    renderers: dict[str, list[Any]] = {
        "json": [_tracebacks, structlog.processors.JSONRenderer()],
        "console": [structlog.dev.ConsoleRenderer(colors=False, exception_formatter=structlog.dev.plain_traceback)],
    }
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *shared,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
    logging.config.dictConfig(
        {
            "version": 1,
            "disable_existing_loggers": False,
            "formatters": {
                "structured": {
                    "()": structlog.stdlib.ProcessorFormatter,
                    "foreign_pre_chain": shared,
                    "processors": [structlog.stdlib.ProcessorFormatter.remove_processors_meta, *renderers[log_format]],
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
    )
