"""The second factor of a login: switched on, asked for, switched off, and each of it written down."""

from __future__ import annotations

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
from integrations.users.audit import audit_record

log = structlog.get_logger(__name__)


def factor_of(user: User) -> SecondFactor | None:
    return SecondFactor.objects.filter(user=user.pk).first()


def switch_on(factor: SecondFactor) -> list[str]:
    """Keeps a factor whose first code was right. The recovery codes, which nothing shows a second time.

    Raises IntegrityError when the user has one meanwhile.
    """
    codes = factor.renew_recovery_codes()
    with transaction.atomic():
        factor.save()
        audit_record(factor.user, _("Switched two-factor login on"))
    return codes


def switch_off(factor: SecondFactor) -> None:
    factor.delete()
    audit_record(factor.user, _("Switched two-factor login off"))


def seconds_to_wait(factor: SecondFactor) -> int:
    """After wrong codes; 0: the next one is looked at."""
    is_allowed, why_not = factor.verify_is_allowed()
    if is_allowed:
        return 0
    until: datetime = why_not["locked_until"]
    return max(1, round((until - timezone.now()).total_seconds()))


def accept(factor: SecondFactor, code: str) -> bool:
    """Whether this is a code of the user's that was not used before."""
    verified: SecondFactor | None = verify_token(factor.user, factor.persistent_id, code)
    if verified is None:
        log.warning("code of a second factor refused", user_id=factor.user_id)
        return False
    if len(code) == RECOVERY_DIGITS:
        left = verified.recovery_codes_left
        said = ngettext("Used a recovery code; %(left)s is left", "Used a recovery code; %(left)s are left", left)
        audit_record(factor.user, said % {"left": left})
    return True
