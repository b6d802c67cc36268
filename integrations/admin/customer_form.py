"""The customer's form in the words of the onboarding questionnaire. It checks what can be checked without a request."""

from __future__ import annotations

from typing import Any

import phonenumbers
from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from integrations.models import Customer, Employee
from integrations.services.addresses import is_allowed

HELP = {
    "language": gettext_lazy("The language in which calls are described in Planfix."),
    "timezone": gettext_lazy("The zone of the customer's Ringostat project, such as Europe/Kyiv."),
    "planfix_url": gettext_lazy("As in the browser, for example https://acme.planfix.com"),
    "planfix_token": gettext_lazy(
        "An administrator of the account makes it in Account management, API access, REST API. It is kept encrypted and"
        " never shown again."
    ),
    "call_target": gettext_lazy(
        "The last active task is the newest task of the contact that is neither finished nor deleted. A contact without"
        " one gets the call itself."
    ),
    "create_contacts": gettext_lazy("Switched off, a call of an unknown number is skipped and stays in the call log."),
    "contact_template_id": gettext_lazy(
        "The number of the template that new contacts are made by. Empty: the account's own default."
    ),
    "phone_matching": gettext_lazy(
        "Full format finds only contacts whose number is stored as +380671234567. A contact that was stored in another"
        " spelling, say 067 123-45-67, is not found, and a second contact is made. Any spelling finds both."
    ),
    "recording": gettext_lazy(
        "A copy plays in Planfix and stays there. A link leads to Ringostat, and lives as long as Ringostat keeps the"
        " recording."
    ),
    "ringostat_auth_key": gettext_lazy(
        "From Ringostat: project settings, Integration, API. It is needed to fetch calls whose webhooks were lost."
    ),
    "requests_per_second": gettext_lazy("Planfix allows one request per second on an ordinary plan."),
    "call_tag_id": gettext_lazy("Only if the data tag for answered calls has an unusual name. Empty: found by name."),
    "missed_call_tag_id": gettext_lazy("Only if the data tag for missed calls has an unusual name."),
    "ignored_numbers": gettext_lazy("Calls of these numbers are skipped. In any spelling, separated by commas."),
    "fallback_employee": gettext_lazy(
        "In this employee's name stand the calls that an unknown or non-participating employee talked on. Empty: such"
        " calls are skipped."
    ),
    "viewers": gettext_lazy("Users who may read this customer's call log, and nothing else."),
}
ACCOUNT_COLUMNS = frozenset({"planfix_url", "call_tag_id", "missed_call_tag_id"})
"""What was read from Planfix means nothing any more when one of these changes."""


class CustomerForm(forms.ModelForm):  # type: ignore[type-arg]
    """The admin names the model and its fields."""

    instance: Customer

    class Meta:
        help_texts = HELP

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        fallback = self.fields.get("fallback_employee")
        if isinstance(fallback, forms.ModelChoiceField):
            fallback.queryset = Employee.objects.filter(customer=self.instance.pk)

    def clean_planfix_url(self) -> str:
        return _checked_address(self.cleaned_data["planfix_url"])

    def clean_ringostat_api_url(self) -> str:
        return _checked_address(self.cleaned_data["ringostat_api_url"])

    def clean_region(self) -> str:
        region = str(self.cleaned_data["region"]).upper()
        if region not in phonenumbers.SUPPORTED_REGIONS:
            raise ValidationError(
                _("“%(region)s” is no country. Use two letters, such as UA or PL.") % {"region": region}
            )
        return region


def _checked_address(url: str) -> str:
    if not is_allowed(url):
        message = _("“%(url)s” is not a public https:// address. Copy the address of the account from the browser.")
        raise ValidationError(message % {"url": url})
    return url
