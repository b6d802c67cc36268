"""Ends sessions that were unused for too long, and stores when and from where a session was last used."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.deprecation import MiddlewareMixin

from integrations.models import UserSession
from integrations.users.client_ip import client_address
from integrations.users.sessions.store import idle_limit

POLLED = frozenset(
    {
        "calllog:new_calls",
        "calllog:call_updates",
        "calllog:job_progress",
        "console:news",
        "admin:integrations_customer_first_question",
        "admin:integrations_customer_first_webhook",
    }
)
"""Views that an open page requests by itself. They do not keep a session alive."""
NOTED_EVERY = timedelta(minutes=1)


class IdleSessions(MiddlewareMixin):
    def process_view(self, request: HttpRequest, *view: Any) -> HttpResponse | None:
        """Logs the user out after a session was unused for too long. The view then asks for a login."""
        if not request.user.is_authenticated:
            return None
        row: UserSession | None = getattr(request.session, "row", None)
        if row is None:
            return None
        unused = timezone.now() - row.last_used_at
        if unused > idle_limit(request.user):
            logout(request)
        elif not _is_polled(request) and (unused > NOTED_EVERY or not row.device):
            _note_use(request, row)
        return None


def _is_polled(request: HttpRequest) -> bool:
    return request.resolver_match is not None and request.resolver_match.view_name in POLLED


def _note_use(request: HttpRequest, row: UserSession) -> None:
    UserSession.objects.filter(pk=row.pk).update(
        last_used_at=timezone.now(),
        address=client_address(request.META)[:64],
        device=request.headers.get("User-Agent", "")[:200] or "–",
    )
