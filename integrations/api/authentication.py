"""Authenticates requests of the read API by their token: “Authorization: Bearer …”. Limits guesses by address."""

from __future__ import annotations

from datetime import timedelta

from django.contrib.auth.models import User
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed, Throttled
from rest_framework.request import Request

from integrations.models import ApiToken
from integrations.users.client_ip import client_network
from integrations.users.rate_limit import Limit, hit

WRONG_TOKENS = Limit(times=30, seconds=15 * 60)
"""The limit per IP address. Nobody can guess a token; the limit spares the server the work of checking guesses."""

NOTED_EVERY = timedelta(minutes=1)


class TokenAuthentication(BaseAuthentication):
    def authenticate(self, request: Request) -> tuple[User, ApiToken] | None:
        kind, _space, plain = request.META.get("HTTP_AUTHORIZATION", "").partition(" ")
        if kind.lower() != "bearer":
            return None
        token = ApiToken.objects.select_related("user").filter(token_hash=ApiToken.hash_of(plain.strip())).first()
        if token is None or token.is_expired or not token.user.is_active:
            raise _refusal(client_network(request.META))
        _note_use(token)
        return token.user, token

    def authenticate_header(self, request: Request) -> str:
        return "Bearer"


class BearerToken(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """The security scheme in the OpenAPI schema."""

    target_class = TokenAuthentication
    name = "token"

    def get_security_definition(self, auto_schema: object) -> dict[str, str]:
        return {
            "type": "http",
            "scheme": "bearer",
            "description": _("A token from the page “API access” of the call log."),
        }


def _refusal(network: str) -> AuthenticationFailed | Throttled:
    wait = hit(f"wrong token from|{network}", WRONG_TOKENS)
    return Throttled(wait=wait) if wait else AuthenticationFailed(_("The token is unknown, expired or revoked."))


def _note_use(token: ApiToken) -> None:
    """Updates `last_used_at` at most once a minute, to spare the database a write per request."""
    now = timezone.now()
    long_ago = Q(last_used_at=None) | Q(last_used_at__lt=now - NOTED_EVERY)
    ApiToken.objects.filter(long_ago, pk=token.pk).update(last_used_at=now)
