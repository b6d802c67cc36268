"""Tells a page that waits for a job whether a worker runs."""

from __future__ import annotations

from django import template

from integrations.services.queue.queue_load import live_workers

register = template.Library()


@register.simple_tag
def is_worker_running() -> bool:
    return live_workers() > 0
