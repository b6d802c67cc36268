"""API tokens, rate limit counters, addresses of audit log entries, and login sessions."""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime, timedelta

from django.conf import settings
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import AbstractBaseUser
from django.contrib.sessions.base_session import AbstractBaseSession
from django.db import models
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

TOKEN_START = "ringofix_"  # noqa: S105 - scanners for leaked secrets recognize a token by it

LONGEST_TOKEN_DAYS = 365
"""The longest lifetime of a token. Tokens of earlier releases have no stored end, so they get this lifetime."""


class ApiToken(models.Model):
    """A program's token to read the calls that its user may see. Only its hash is stored."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name=_("user"), on_delete=models.CASCADE, related_name="api_tokens"
    )
    name = models.CharField(_("name"), max_length=100)
    token_hash = models.BinaryField(max_length=32, unique=True, editable=False)
    ending = models.CharField(_("ends with"), max_length=4)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)
    last_used_at = models.DateTimeField(_("last used"), null=True)
    expires_at = models.DateTimeField(_("expires"), null=True)

    class Meta:
        verbose_name = _("API token")
        verbose_name_plural = _("API tokens")
        ordering = ["-created_at", "-pk"]

    def __str__(self) -> str:
        return f"{self.name} (…{self.ending})"

    @staticmethod
    def hash_of(token: str) -> bytes:
        return hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()

    @property
    def ends_at(self) -> datetime:
        return self.expires_at or self.created_at + timedelta(days=LONGEST_TOKEN_DAYS)

    @property
    def is_expired(self) -> bool:
        return self.ends_at <= timezone.now()

    @classmethod
    def issue(cls, user: AbstractBaseUser, name: str, *, days: int = LONGEST_TOKEN_DAYS) -> tuple[ApiToken, str]:
        """Creates a token. Returns it with its plain text, which no page can show again."""
        plain = TOKEN_START + secrets.token_urlsafe(32)
        token = cls.objects.create(
            user_id=user.pk,
            name=name,
            token_hash=cls.hash_of(plain),
            ending=plain[-4:],
            expires_at=timezone.now() + timedelta(days=days),
        )
        return token, plain


class RateLimitCounter(models.Model):
    """Counts how often an event happened in the span of time that ends at `until`. All processes share the counters."""

    key = models.BinaryField(_("hash of what is counted"), max_length=32, primary_key=True)
    until = models.DateTimeField(_("until"), db_index=True)
    count = models.PositiveIntegerField(_("count"))

    class Meta:
        db_table = "integrations_tries"
        verbose_name = _("rate limit counter")
        verbose_name_plural = _("rate limit counters")

    def __str__(self) -> str:
        return f"{self.count} · {self.until:%Y-%m-%d %H:%M}"


class AuditOrigin(models.Model):
    """The address of the browser or program that an audit log entry came from."""

    entry = models.OneToOneField(
        LogEntry,
        on_delete=models.CASCADE,
        related_name="origin",
        primary_key=True,
        db_constraint=False,  # An older release that runs beside this one deletes entries without their origin.
    )
    address = models.CharField(_("address"), max_length=64)

    class Meta:
        verbose_name = _("origin of an audit log entry")
        verbose_name_plural = _("origins of audit log entries")

    def __str__(self) -> str:
        return self.address


class UserSession(AbstractBaseSession):
    """A session of a browser. Its primary key is the SHA-256 of the key in the browser's cookie."""

    session_key = models.CharField(max_length=64, primary_key=True)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.CASCADE, related_name="sessions", db_constraint=False
    )
    address = models.CharField(_("address"), max_length=64, blank=True)
    device = models.CharField(_("device"), max_length=200, blank=True)
    """The browser's User-Agent."""
    created_at = models.DateTimeField(_("logged in"), db_default=Now())
    last_used_at = models.DateTimeField(_("last used"), db_default=Now())

    class Meta:
        verbose_name = _("session")
        verbose_name_plural = _("sessions")

    def __str__(self) -> str:
        return self.session_key[:8]
