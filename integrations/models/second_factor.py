"""What a user has beside the password: a phone that makes codes, and codes on paper for the day it is lost."""

from __future__ import annotations

from base64 import b32decode, b32encode
from os import urandom
from time import time
from urllib.parse import quote

from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser
from django.db import models
from django.utils.translation import gettext_lazy as _
from django_otp.models import Device, ThrottlingMixin
from django_otp.oath import TOTP
from django_otp.util import random_number_token

from integrations.models.secret import Secret, SecretField

ISSUER = "Ringofix"
"""By which a phone names the codes it shows."""

DIGITS = 6
TOLERANCE = 1
"""Codes of half a minute earlier or later are good too: clocks differ, and people type."""

RECOVERY_CODES = 10
RECOVERY_DIGITS = 12
"""Digits alone, so that one field, and a phone's keys for numbers, take them like other codes."""


class SecondFactor(ThrottlingMixin, Device):
    """A device of django-otp's, which slows wrong codes. Its own plugins keep keys and recovery codes as they are; here
    both are encrypted.
    """

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, verbose_name=_("user"), on_delete=models.CASCADE, related_name="second_factor"
    )
    key = SecretField()
    """In base32, as phones take it."""
    last_step = models.BigIntegerField(default=-1)
    """The half minute of the last code that was used: only later ones are good."""
    recovery_codes = SecretField()
    """Those not used yet, with spaces between."""
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = _("second factor")
        verbose_name_plural = _("second factors")

    def __str__(self) -> str:
        return self.user.get_username()

    @classmethod
    def to_be(cls, user: AbstractBaseUser, key: str) -> SecondFactor:
        """Not kept yet."""
        factor = cls(user_id=user.pk)
        factor.key = Secret.of(key)
        return factor

    @staticmethod
    def new_key() -> str:
        return b32encode(urandom(20)).decode()

    @property
    def address(self) -> str:
        """What the QR code says."""
        account = quote(f"{ISSUER}:{self.user.get_username()}")
        return f"otpauth://totp/{account}?secret={self.key.reveal()}&issuer={ISSUER}"

    @property
    def recovery_codes_left(self) -> int:
        return len(self.recovery_codes.reveal().split())

    def renew_recovery_codes(self) -> list[str]:
        codes = [random_number_token(RECOVERY_DIGITS) for _number in range(RECOVERY_CODES)]
        self.recovery_codes = Secret.of(" ".join(codes))
        return codes

    def get_throttle_factor(self) -> int:
        """A second after the first wrong code, and each time twice as long."""
        return 1

    def verify_token(self, token: str) -> bool:
        """Whether it is a code that was not used yet; from now on it is. Called by django-otp, with the row locked."""
        is_allowed, _why_not = self.verify_is_allowed()
        if not is_allowed:
            return False
        if self.spend_code(token) or self._spend_recovery_code(token):
            self.throttle_reset()
            return True
        self.throttle_increment()
        return False

    def spend_code(self, token: str, now: float | None = None) -> bool:
        """Whether the phone shows this code, and no later one was used. Saves nothing."""
        if len(token) != DIGITS or not (token.isascii() and token.isdigit()):
            return False
        totp = TOTP(b32decode(self.key.reveal()), digits=DIGITS)
        totp.time = now or time()
        if not totp.verify(int(token), tolerance=TOLERANCE, min_t=self.last_step + 1):
            return False
        self.last_step = totp.t()
        return True

    def _spend_recovery_code(self, token: str) -> bool:
        codes = self.recovery_codes.reveal().split()
        if token not in codes:
            return False
        codes.remove(token)
        self.recovery_codes = Secret.of(" ".join(codes))
        return True
