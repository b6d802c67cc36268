"""Routing: a customer's settings for Ringostat's webhook forwarding number, and the answers to its questions."""

from __future__ import annotations

import re

from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from integrations.models.customer import Customer

MOST_DIRECTIONS = 3
"""The most SIP logins or numbers in one answer."""
_DIRECTION = re.compile(r"[\w.+@-]{1,64}", re.ASCII)


class RoutingSource(models.TextChoices):
    """The sources that name the employee to ring."""

    RESPONSIBLE = "responsible", _("The responsible employee of the contact")
    LAST_TALKED = "last_talked", _("The employee who talked with the client last")
    FIXED = "fixed", _("The fixed direction")


class RoutingForm(models.TextChoices):
    """The form of the answer, which Ringostat calls “data import type”."""

    PLAIN = "plain", _("http: the direction alone")
    JSON = "json", _("json")
    JSON_RPC = "json-rpc", _("json-rpc")


class RoutingReason(models.TextChoices):
    """Why a question got an empty answer, or why a source named nobody. Each label can follow a colon in a sentence."""

    NO_NUMBER = "no_number", _("the question has no phone number")
    UNKNOWN_CLIENT = "unknown_client", _("no contact has this number")
    NO_RESPONSIBLE = "no_responsible", _("the contact has no responsible employee")
    NOT_MATCHED = "not_matched", _("the responsible employee is not matched in Ringofix")
    NOBODY_TALKED = "nobody_talked", _("no employee has talked with this client")
    EXCLUDED = "excluded", _("the employee is not included")
    NO_LINE = "no_line", _("the employee has no SIP login")
    OFFLINE = "offline", _("the employee is offline in Ringostat")
    NO_FIXED = "no_fixed", _("no fixed direction is set")
    TOO_SLOW = "too_slow", _("the database was too slow")
    TROUBLE = "trouble", _("Ringofix error")


def all_sources() -> list[str]:
    return [RoutingSource.RESPONSIBLE, RoutingSource.LAST_TALKED]


def directions_in(text: str) -> tuple[str, ...]:
    """The directions of a comma-separated text."""
    return tuple(filter(None, (part.strip() for part in text.split(","))))


def validate_directions(text: str) -> None:
    """Raises ValidationError if an answer to Ringostat must not contain these directions."""
    found = directions_in(text)
    wrong = next((part for part in found if not _DIRECTION.fullmatch(part)), None)
    if wrong is not None:
        message = _("“%(direction)s” is neither a SIP login, a phone number nor a scheme ID.")
        raise ValidationError(message, params={"direction": wrong})
    if len(found) > MOST_DIRECTIONS:
        raise ValidationError(_("At most three directions, separated by commas."))


class Routing(models.Model):
    """How Ringofix answers when Ringostat asks whom to ring. For a customer without a row, routing is off."""

    # An older release that runs beside this one deletes customers without these rows.
    customer = models.OneToOneField(
        Customer, primary_key=True, on_delete=models.CASCADE, related_name="routing", db_constraint=False
    )
    enabled = models.BooleanField(_("answer Ringostat's questions"), default=False, db_default=False)
    order = ArrayField(
        models.CharField(max_length=16, choices=RoutingSource), verbose_name=_("order"), default=all_sources
    )
    fixed = models.CharField(
        _("fixed direction"), max_length=200, blank=True, default="", db_default="", validators=[validate_directions]
    )
    only_online = models.BooleanField(_("ring only employees who are online"), default=False, db_default=False)
    form = models.CharField(
        _("data import type"), max_length=8, choices=RoutingForm, default=RoutingForm.JSON, db_default="json"
    )
    key = models.CharField(
        _("name of the response key"),
        max_length=64,
        default="number_01",
        db_default="number_01",
        validators=[RegexValidator(r"\A[\w.-]+\Z", _("Use Latin letters, digits and underscores."), flags=re.ASCII)],
    )
    online = ArrayField(models.CharField(max_length=128), default=list, db_default=[], editable=False)
    """The SIP logins that were online at `online_at`."""
    online_at = models.DateTimeField(null=True, editable=False)
    """When the logins were last read. None: never."""
    online_trouble = models.CharField(max_length=300, blank=True, default="", db_default="", editable=False)
    """Why Ringofix could not read them the last time; "" if it could."""

    class Meta:
        verbose_name = _("routing")
        verbose_name_plural = _("routings")

    def __str__(self) -> str:
        return f"{self.customer_id}"

    @property
    def uses_directory(self) -> bool:
        return self.enabled and RoutingSource.RESPONSIBLE in self.order

    def clean(self) -> None:
        if len(set(self.order)) != len(self.order):
            raise ValidationError({"order": _("Each source can be chosen once.")})
        if RoutingSource.FIXED in self.order and not directions_in(self.fixed):
            raise ValidationError({"fixed": _("Enter the direction to ring, or remove it from the order.")})


class RoutingAnswer(models.Model):
    """One question of Ringostat and its answer. Nothing depends on this row, so it may be deleted at any time."""

    customer = models.ForeignKey(
        Customer, on_delete=models.CASCADE, related_name="routing_answers", db_constraint=False, db_index=False
    )
    asked_at = models.DateTimeField(_("asked"), db_default=Now())
    client_number = models.CharField(_("client number"), max_length=64, blank=True, default="", db_default="")
    call_id = models.CharField(_("call ID"), max_length=64, blank=True, default="", db_default="")
    """The call ID in the question. It may differ from Ringostat's ID of the call."""
    source = models.CharField(_("source"), max_length=16, choices=RoutingSource, blank=True, default="", db_default="")
    directions = ArrayField(models.CharField(max_length=128), verbose_name=_("answer"), default=list, db_default=[])
    names = ArrayField(models.CharField(max_length=200), verbose_name=_("employees"), default=list, db_default=[])
    contact_id = models.PositiveBigIntegerField(_("contact"), null=True)
    reason = models.CharField(_("reason"), max_length=16, choices=RoutingReason, blank=True, default="", db_default="")
    """Why the answer is empty."""
    milliseconds = models.PositiveIntegerField(_("milliseconds"), default=0, db_default=0)

    class Meta:
        verbose_name = _("routing answer")
        verbose_name_plural = _("routing answers")
        indexes = [models.Index(name="routing_answer_of_customer", fields=["customer", "-asked_at"])]

    def __str__(self) -> str:
        return f"{self.asked_at:%Y-%m-%d %H:%M:%S} {', '.join(self.directions)}"
