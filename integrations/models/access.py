"""Keys to the read API, and how often something was tried of late: what guards the doors beside the password."""

from __future__ import annotations

import hashlib
import secrets

from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser
from django.db import models
from django.utils.translation import gettext_lazy as _

TOKEN_START = "ringofix_"  # noqa: S105 - by which scanners of leaked secrets know one


class ApiToken(models.Model):
    """A key with which a program reads the calls that its user may see. Only its hash is kept."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name=_("user"), on_delete=models.CASCADE, related_name="api_tokens"
    )
    name = models.CharField(_("name"), max_length=100)
    token_hash = models.BinaryField(max_length=32, unique=True, editable=False)
    ending = models.CharField(_("ends with"), max_length=4)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)
    last_used_at = models.DateTimeField(_("last used"), null=True)

    class Meta:
        verbose_name = _("API token")
        verbose_name_plural = _("API tokens")
        ordering = ["-created_at", "-pk"]

    def __str__(self) -> str:
        return f"{self.name} (…{self.ending})"

    @staticmethod
    def hash_of(token: str) -> bytes:
        return hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()

    @classmethod
    def issue(cls, user: AbstractBaseUser, name: str) -> tuple[ApiToken, str]:
        """The stored token and its plain text, which nothing can show a second time."""
        plain = TOKEN_START + secrets.token_urlsafe(32)
        token = cls.objects.create(user_id=user.pk, name=name, token_hash=cls.hash_of(plain), ending=plain[-4:])
        return token, plain


class RateLimitCounter(models.Model):
    """How often something was tried within a span of time that ends at `until`. In the database, so that all processes
    count together.
    """

    key = models.BinaryField(_("hash of what is counted"), max_length=32, primary_key=True)
    until = models.DateTimeField(_("until"), db_index=True)
    count = models.PositiveIntegerField(_("count"))

    class Meta:
        db_table = "integrations_tries"
        verbose_name = _("rate limit counter")
        verbose_name_plural = _("rate limit counters")

    def __str__(self) -> str:
        return f"{self.count} · {self.until:%Y-%m-%d %H:%M}"
