"""A user's second factor: time-based codes of an app, and recovery codes in case the phone is lost."""

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
"""The name that the app shows beside the codes."""

DIGITS = 6
TOLERANCE = 1
"""How many steps of 30 seconds a code may be early or late: clocks differ, and typing takes time."""

RECOVERY_CODES = 10
RECOVERY_DIGITS = 12
"""The length of a recovery code. It has only digits, so that one input and one phone keyboard fit both kinds of codes.
"""


class SecondFactor(ThrottlingMixin, Device):
    """A device of django-otp, which throttles wrong codes. The plugins of django-otp store keys and recovery codes in
    plain text; this device encrypts both.
    """

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, verbose_name=_("user"), on_delete=models.CASCADE, related_name="second_factor"
    )
    key = SecretField()
    """The key in base32, as apps expect it."""
    last_step = models.BigIntegerField(default=-1)
    """The time step of the last used code. Only later steps are accepted."""
    recovery_codes = SecretField()
    """The unused recovery codes, separated by spaces."""
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = _("second factor")
        verbose_name_plural = _("second factors")

    def __str__(self) -> str:
        return self.user.get_username()

    @classmethod
    def to_be(cls, user: AbstractBaseUser, key: str) -> SecondFactor:
        """Returns a factor that is not saved yet."""
        factor = cls(user_id=user.pk)
        factor.key = Secret.of(key)
        return factor

    @staticmethod
    def new_key() -> str:
        return b32encode(urandom(20)).decode()

    @property
    def address(self) -> str:
        """The otpauth address in the QR code."""
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
        """Makes the wait one second after the first wrong code. It doubles with each further one."""
        return 1

    def verify_token(self, token: str) -> bool:
        """Tells whether the code is valid and unused, and marks it as used. django-otp calls it with the row locked."""
        is_allowed, _why_not = self.verify_is_allowed()
        if not is_allowed:
            return False
        if self.spend_code(token) or self._spend_recovery_code(token):
            self.throttle_reset()
            return True
        self.throttle_increment()
        return False

    def spend_code(self, token: str, now: float | None = None) -> bool:
        """Tells whether the app shows this code and no later code was used. Marks it as used, without saving."""
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
