"""Switches a user's second factor on and off, checks its codes, and writes both to the audit log."""

from __future__ import annotations

import re
from datetime import datetime

import structlog
from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django_otp import verify_token

from integrations.models import SecondFactor
from integrations.models.second_factor import RECOVERY_DIGITS
from integrations.users.audit import audit_account

log = structlog.get_logger(__name__)


def factor_of(user: User) -> SecondFactor | None:
    return SecondFactor.objects.filter(user=user.pk).first()


def switch_on(factor: SecondFactor) -> list[str]:
    """Saves a factor whose first code was right. Returns the recovery codes, which no page can show again.

    Raises IntegrityError if the user already has a factor.
    """
    codes = factor.renew_recovery_codes()
    with transaction.atomic():
        factor.save()
        audit_account(factor.user, _("Switched two-factor login on"))
    return codes


def switch_off(factor: SecondFactor) -> None:
    factor.delete()
    audit_account(factor.user, _("Switched two-factor login off"))


def without_separators(code: str) -> str:
    """Removes the spaces and hyphens that people type to group a code."""
    return re.sub(r"[\s-]", "", code)


def seconds_until_next_code(factor: SecondFactor) -> int:
    """Returns the seconds to wait after wrong codes; 0 if the next code may be checked."""
    is_allowed, why_not = factor.verify_is_allowed()
    if is_allowed:
        return 0
    until: datetime = why_not["locked_until"]
    return max(1, round((until - timezone.now()).total_seconds()))


def accept(factor: SecondFactor, code: str) -> bool:
    """Tells whether this is a valid, unused code of the user, and marks it as used."""
    verified: SecondFactor | None = verify_token(factor.user, factor.persistent_id, code)
    if verified is None:
        log.warning("second factor code refused", user_id=factor.user_id)
        return False
    if len(code) == RECOVERY_DIGITS:
        left = verified.recovery_codes_left
        said = ngettext("Used a recovery code; %(left)s is left", "Used a recovery code; %(left)s are left", left)
        audit_account(factor.user, said % {"left": left})
    return True
