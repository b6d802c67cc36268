"""Limits the API requests of a user, over all tokens and processes."""

from __future__ import annotations

from django.conf import settings
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle
from rest_framework.views import APIView

from integrations.users.rate_limit import Limit, hit


class PerUser(BaseThrottle):
    seconds = 0

    def allow_request(self, request: Request, view: APIView) -> bool:
        limit = Limit(times=settings.API_REQUESTS_PER_MINUTE, seconds=60)
        self.seconds = hit(f"api|{request.user.pk}", limit)
        return not self.seconds

    def wait(self) -> float | None:
        return self.seconds or None
