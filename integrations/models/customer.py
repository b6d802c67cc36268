"""A customer: its settings, its employees, its UTM mapping and its webhook addresses."""

from __future__ import annotations

import hashlib
import math
import secrets
from datetime import datetime, timedelta
from difflib import get_close_matches
from functools import cache
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, available_timezones

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import ValidationError
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models.signals import post_delete
from django.dispatch import receiver
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from phonenumbers import SUPPORTED_REGIONS

from integrations.domain.employees import Employee as EmployeeFacts
from integrations.domain.phones import normalize
from integrations.domain.rules import CallTarget, CustomerRules
from integrations.models.secret import Secret, SecretField


class PhoneMatching(models.TextChoices):
    FULL = "full", _("Full format only (+380671234567)")
    ANY_FORMAT = "any_format", _("Any spelling of the number")


class Recording(models.TextChoices):
    COPY = "copy", _("Copy into Planfix")
    LINK = "link", _("Link to Ringostat")


class Target(models.TextChoices):
    CONTACT = CallTarget.CONTACT.value, _("The contact")
    LAST_ACTIVE_TASK = CallTarget.LAST_ACTIVE_TASK.value, _("The contact's last active task")


FORMER_ZONES = {"Europe/Kiev": "Europe/Kyiv", "Europe/Uzhgorod": "Europe/Kyiv", "Europe/Zaporozhye": "Europe/Kyiv"}
"""Old names that the time zone database still accepts."""


@cache
def all_timezones() -> frozenset[str]:
    """The names of all time zones. Cached, because reading their folder takes a tenth of a second."""
    return frozenset(available_timezones())


def validate_timezone(name: str) -> None:
    """Raises ValidationError for an unknown zone. The message suggests the nearest one."""
    zones = all_timezones()
    if name in zones:
        return
    by_folded = {zone.casefold(): zone for zone in sorted(zones)}
    nearest = get_close_matches(name.casefold(), by_folded, n=1)
    zone = by_folded[nearest[0]] if nearest else ""
    text = _("“%(name)s” is not a time zone. Did you mean %(zone)s?")
    raise ValidationError(text, params={"name": name, "zone": FORMER_ZONES.get(zone, zone) or "Europe/Kyiv"})


def validate_region(region: str) -> None:
    if region not in SUPPORTED_REGIONS:
        text = _("“%(region)s” is not a country. Use its two letters, like UA or PL.")
        raise ValidationError(text, params={"region": region})


SECRET_OF_ADDRESS = {"planfix_url": "planfix_token", "ringostat_api_url": "ringostat_auth_key"}
PORTS = {"http": 80, "https": 443}


def origin_of(address: str) -> tuple[str, str, int | None]:
    """The scheme, host and port of an address."""
    parts = urlsplit(address.strip().lower())
    return parts.scheme, parts.hostname or "", parts.port or PORTS.get(parts.scheme)


STATE_COLUMNS = frozenset(
    {
        "access_check_at",
        "account_since",
        "created_at",
        "look_first_before",
        "paused_at",
        "paused_by_hand",
        "paused_reason",
        "released_extensions",
        "search_is_blind",
    }
)
"""The columns of a customer that are not settings."""

RATE_MARGIN = 1.03
"""Requests leave 3 % later than the rate allows, so that network jitter cannot put two of them into one second."""


class Customer(models.Model):
    name = models.CharField(_("name"), max_length=200, unique=True)
    language = models.CharField(
        _("language of texts in Planfix"), max_length=2, choices=settings.LANGUAGES, default="uk"
    )
    timezone = models.CharField(_("time zone"), max_length=64, default="Europe/Kyiv", validators=[validate_timezone])
    region = models.CharField(
        _("country of local phone numbers"),
        max_length=2,
        default="UA",
        validators=[validate_region],
        help_text=_(
            "Two letters, such as UA. Numbers without a country code, such as 067 123 45 67, belong to this country."
        ),
    )

    ringostat_project_id = models.CharField(_("Ringostat project ID"), max_length=32, blank=True)
    ringostat_auth_key = SecretField(_("Ringostat Auth-key"))
    ringostat_api_url = models.CharField(
        _("Ringostat API address"), max_length=200, default="https://api.ringostat.net"
    )

    planfix_url = models.CharField(
        _("Planfix account address"), max_length=200, help_text=_("For example https://acme.planfix.com")
    )
    planfix_token = SecretField(_("Planfix API token"))
    contact_template_id = models.PositiveBigIntegerField(_("contact template"), null=True, blank=True)
    requests_per_second = models.FloatField(
        _("Planfix requests per second"), default=1.0, validators=[MinValueValidator(0.001)]
    )

    call_target = models.CharField(_("calls go to"), max_length=16, choices=Target, default=Target.CONTACT)
    create_contacts = models.BooleanField(_("create a contact for an unknown number"), default=True)
    create_for_incoming_answered = models.BooleanField(_("for answered incoming calls"), default=True)
    create_for_incoming_missed = models.BooleanField(_("for missed incoming calls"), default=True)
    create_for_outgoing_answered = models.BooleanField(_("for answered outgoing calls"), default=True)
    phone_matching = models.CharField(
        _("find contacts by"), max_length=16, choices=PhoneMatching, default=PhoneMatching.FULL
    )
    directory = models.BooleanField(
        _("keep a directory of the account's contacts"),
        default=False,
        db_default=False,
        help_text=_(
            "Reads all contacts and companies of the Planfix account ahead of the calls, while no call waits: calls of"
            " known clients then need no search. Names and phone numbers of all contacts are stored here."
        ),
    )
    recording = models.CharField(_("recordings"), max_length=8, choices=Recording, default=Recording.COPY)
    add_analysis = models.BooleanField(_("add the AI summary and rating to the call's comment"), default=True)
    fallback_employee = models.ForeignKey(
        "Employee",
        verbose_name=_("fallback employee"),
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
    )
    events_not_needed = ArrayField(models.CharField(max_length=30), default=list, db_default=[], editable=False)
    """Webhook events that a specialist marked as not needed, because the company makes no such calls."""
    ignored_numbers = ArrayField(
        models.CharField(max_length=32), verbose_name=_("ignored numbers"), default=list, blank=True
    )
    own_numbers = ArrayField(
        models.CharField(max_length=32), verbose_name=_("own numbers"), default=list, db_default=[], blank=True
    )

    retention_days = models.PositiveIntegerField(
        _("days to keep personal data"),
        default=90,
        help_text=_(
            "Webhook requests, Planfix requests and recording links are deleted after this many days. Calls stay. 0"
            " keeps everything for ever."
        ),
    )

    call_tag_id = models.PositiveBigIntegerField(_("data tag for answered calls"), null=True, blank=True)
    missed_call_tag_id = models.PositiveBigIntegerField(_("data tag for missed calls"), null=True, blank=True)
    planfix_tags = models.JSONField(_("discovered data tags"), null=True, blank=True, editable=False)
    planfix_contact_fields = models.JSONField(
        _("discovered text fields of contacts"), null=True, blank=True, editable=False
    )

    released_extensions = ArrayField(models.CharField(max_length=16), default=list, db_default=[], editable=False)
    """Extensions that belonged to an employee before. Only later calls of such an extension belong to its new owner."""
    search_is_blind = models.BooleanField(default=False, db_default=False, editable=False)
    """The account's contact search did not find a contact that exists: Ringofix creates no contact until it does."""

    account_since = models.DateTimeField(null=True, editable=False)
    """When the customer moved to this Planfix account. Calls that finished earlier are in another account."""
    paused_reason = models.TextField(_("pause reason"), blank=True, editable=False)
    paused_at = models.DateTimeField(_("paused since"), null=True, editable=False)
    look_first_before = models.DateTimeField(null=True, editable=False)
    """When the database was restored from a backup. Calls that began earlier may be in Planfix without a receipt."""
    paused_by_hand = models.BooleanField(_("paused by hand"), default=False, db_default=False, editable=False)
    """True: only a person may resume the customer. An access check does not."""
    access_check_at = models.DateTimeField(_("next access check"), null=True, editable=False)
    viewers = models.ManyToManyField(settings.AUTH_USER_MODEL, verbose_name=_("viewers"), blank=True)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)

    class Meta:
        verbose_name = _("customer")
        verbose_name_plural = _("customers")
        constraints = [
            models.CheckConstraint(name="customer_rate_positive", condition=models.Q(requests_per_second__gt=0))
        ]

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        """Runs the checks that forms and imports share. Raises ValidationError."""
        if not math.isfinite(self.requests_per_second):
            raise ValidationError({"requests_per_second": _("Enter a number.")})
        before = Customer.objects.filter(pk=self.pk).first()
        if before is None or self.name.casefold() != before.name.casefold():
            self._refuse_a_taken_name()
        if before is not None:
            self._keep_secrets_from_new_hosts(before)

    def _refuse_a_taken_name(self) -> None:
        taken = Customer.objects.filter(name__iexact=self.name).exclude(pk=self.pk).first()
        if taken is not None:
            text = _("There is a customer named “%(name)s” already.")
            raise ValidationError({"name": ValidationError(text, params={"name": taken.name})})

    def _keep_secrets_from_new_hosts(self, before: Customer) -> None:
        """Requires a secret to be typed again for a new scheme, host or port: a stored one must not go there."""
        text = _("The address has a new host. Type the secret for it too: a stored one is never sent to a new host.")
        errors = {}
        for address, secret in SECRET_OF_ADDRESS.items():
            is_moved = origin_of(getattr(self, address)) != origin_of(getattr(before, address))
            stored, current = getattr(before, secret), getattr(self, secret)
            if is_moved and stored and isinstance(current, Secret) and current.ciphertext == stored.ciphertext:
                errors[secret] = ValidationError(text)
        if errors:
            raise ValidationError(errors)

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.timezone)

    @property
    def planfix_account(self) -> str:
        """The key of the Planfix account. Customers with the same key share its rate limit, traits and directory."""
        parts = urlsplit(self.planfix_url.lower())
        return f"{parts.netloc}{parts.path.rstrip('/').removesuffix('/rest')}"

    def searches_first(self, started_at: datetime) -> bool:
        """Tells whether another database, before a restore, may have written a call of this time to Planfix."""
        return self.look_first_before is not None and started_at < self.look_first_before

    @property
    def request_interval(self) -> timedelta:
        """The shortest time between two requests to the account."""
        return timedelta(seconds=RATE_MARGIN / self.requests_per_second)

    @cached_property
    def full_ignored_numbers(self) -> frozenset[str]:
        return frozenset(normalize(number, self.region) or number for number in self.ignored_numbers)

    @cached_property
    def full_own_numbers(self) -> frozenset[str]:
        return frozenset(normalize(number, self.region) or number for number in self.own_numbers)

    @cached_property
    def settings_hash(self) -> str:
        """A hash of all settings that people make: those of the customer, its employees and its UTM mapping."""
        related = [*self.employees.all(), *self.utm_fields.all()]
        rows = [self, *sorted(related, key=lambda row: (type(row).__name__, row.pk))]
        values = [
            (field.attname, str(getattr(row, field.attname)))
            for row in rows
            for field in row._meta.concrete_fields
            if not isinstance(field, SecretField) and field.attname not in STATE_COLUMNS
        ]
        return hashlib.sha256(repr(values).encode()).hexdigest()[:16]

    @cached_property
    def rules(self) -> CustomerRules:
        employees = {employee.pk: employee.facts for employee in self.employees.all()}
        fallback = employees.get(self.fallback_employee_id or 0)
        return CustomerRules(
            region=self.region,
            employees=tuple(employees.values()),
            fallback=fallback if fallback and fallback.planfix_user_id else None,
            ignored_numbers=self.full_ignored_numbers,
            own_numbers=self.full_own_numbers,
            create_contacts=self.create_contacts,
            create_for_incoming_answered=self.create_for_incoming_answered,
            create_for_incoming_missed=self.create_for_incoming_missed,
            create_for_outgoing_answered=self.create_for_outgoing_answered,
            call_target=CallTarget(self.call_target),
        )


class Employee(models.Model):
    """A customer's employee with their IDs in Ringostat and in Planfix."""

    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="employees")
    name = models.CharField(pgettext_lazy("of a person", "name"), max_length=200)
    planfix_user_id = models.PositiveBigIntegerField(_("Planfix employee ID"), null=True)
    """None: the customer moved to another account, where nobody has matched the employee yet."""
    staff_id = models.CharField(_("Ringostat staff ID"), max_length=32, blank=True)
    sip_logins = ArrayField(models.CharField(max_length=128), verbose_name=_("SIP logins"), default=list, blank=True)
    extension = models.CharField(_("extension"), max_length=16, blank=True)
    extension_since = models.DateTimeField(_("has the extension since"), null=True, blank=True)
    """Set if the extension belonged to another employee before. Its earlier calls are not this employee's."""
    email = models.EmailField(_("e-mail"), blank=True)
    participates = models.BooleanField(_("included"), default=True)

    class Meta:
        verbose_name = _("employee")
        verbose_name_plural = _("employees")
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(
                name="employee_staff_id_once",
                fields=["customer", "staff_id"],
                condition=~models.Q(staff_id=""),
                violation_error_message=_("Another employee of this customer has this Ringostat staff ID."),
            )
        ]

    def __str__(self) -> str:
        return self.name

    def save(self, *args: Any, **options: Any) -> None:
        """Saves the employee. Sets `extension_since` if the extension is new here and belonged to another employee."""
        former = "" if self._state.adding else self._stored_extension()
        if self.extension != former:
            self.extension_since = timezone.now() if self._takes_over() else None
            options = _with_fields(options, "extension_since")
        super().save(*args, **options)
        if former and former != self.extension:
            release_extension(self.customer_id, former)

    def _stored_extension(self) -> str:
        return Employee.objects.filter(pk=self.pk).values_list("extension", flat=True).first() or ""

    def _takes_over(self) -> bool:
        """Tells whether the extension belongs or belonged to another employee."""
        if not self.extension:
            return False
        others = Employee.objects.filter(customer=self.customer_id, extension=self.extension).exclude(pk=self.pk)
        released = Customer.objects.filter(pk=self.customer_id, released_extensions__contains=[self.extension])
        return others.exists() or released.exists()

    @property
    def facts(self) -> EmployeeFacts:
        return EmployeeFacts(
            key=self.pk,
            name=self.name,
            planfix_user_id=self.planfix_user_id,
            staff_id=self.staff_id,
            sip_logins=tuple(self.sip_logins),
            extension=self.extension,
            extension_since=self.extension_since,
            email=self.email,
            participates=self.participates and self.planfix_user_id is not None,
        )


def release_extension(customer_id: int, extension: str) -> None:
    """Stores that an extension belonged to an employee, and may go to another."""
    free = Customer.objects.filter(pk=customer_id).exclude(released_extensions__contains=[extension])
    appended = models.Func(models.F("released_extensions"), models.Value(extension), function="array_append")
    free.update(released_extensions=appended)


@receiver(post_delete, sender=Employee)
def _release_extension(instance: Employee, **_: Any) -> None:
    if instance.extension:
        release_extension(instance.customer_id, instance.extension)


def _with_fields(options: dict[str, Any], *names: str) -> dict[str, Any]:
    """The options of save(), extended so that it also saves these fields."""
    if options.get("update_fields") is None:
        return options
    return options | {"update_fields": [*options["update_fields"], *names]}


class ParameterMapping(models.Model):
    """Maps a webhook parameter to a data tag field and, optionally, to a field of new contacts."""

    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="utm_fields")
    parameter = models.CharField(_("parameter"), max_length=64)
    field = models.CharField(_("data tag field"), max_length=255, help_text=_("Name or ID of a text field."))
    contact_field = models.CharField(
        _("contact field"),
        max_length=200,
        blank=True,
        help_text=_("Name or ID of a text field of contacts. Empty: written to the data tag only."),
    )

    class Meta:
        db_table = "integrations_utmfield"
        verbose_name = _("UTM mapping")
        verbose_name_plural = _("UTM mappings")
        constraints = [
            models.UniqueConstraint(
                name="utm_parameter_once",
                fields=["customer", "parameter"],
                violation_error_message=_("This parameter is already mapped."),
            ),
            models.UniqueConstraint(
                name="utm_field_once",
                fields=["customer", "field"],
                violation_error_message=_("Another parameter already uses this field."),
            ),
            models.UniqueConstraint(
                name="utm_contact_field_once",
                fields=["customer", "contact_field"],
                condition=~models.Q(contact_field=""),
                violation_error_message=_("Another parameter already uses this contact field."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.parameter} → {self.field}"


class WebhookToken(models.Model):
    """The secret part of a webhook address. Lookups use its hash, so that their duration reveals nothing about it."""

    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="webhook_tokens")
    token = SecretField(_("token"))
    token_hash = models.BinaryField(max_length=32, unique=True, editable=False)
    valid_until = models.DateTimeField(_("valid until"), null=True, blank=True)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)

    class Meta:
        verbose_name = _("webhook token")
        verbose_name_plural = _("webhook tokens")

    @staticmethod
    def hash_of(token: str) -> bytes:
        return hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()

    @classmethod
    def issue(cls, customer: Customer) -> WebhookToken:
        token = secrets.token_urlsafe(24)
        return cls.objects.create(customer=customer, token=Secret.of(token), token_hash=cls.hash_of(token))

    @property
    def address(self) -> str:
        return f"{settings.PUBLIC_URL}/webhooks/ringostat/{self.token.reveal()}/"

    @property
    def routing_address(self) -> str:
        """The address for Ringostat's webhook forwarding number. It changes together with the webhook address."""
        return f"{settings.PUBLIC_URL}/route/ringostat/{self.token.reveal()}/"

    def __str__(self) -> str:
        return f"{self.customer} · {self.created_at:%Y-%m-%d}"
