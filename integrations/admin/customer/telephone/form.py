"""The form of a customer's routing settings."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget, UnfoldBooleanSwitchWidget

from integrations.admin.suggestions import SuggestingInput
from integrations.domain.phones import sip_login
from integrations.models import Customer, Routing, RoutingSource

OTHERWISE = [("", gettext_lazy("Nobody: Ringostat's scheme goes on")), *RoutingSource.choices]
ORDER = ("first", "second", "third")


class RoutingSettingsForm(forms.ModelForm):  # type: ignore[type-arg]
    """The order is three choices."""

    first = forms.ChoiceField(
        label=gettext_lazy("Ring first"), choices=RoutingSource.choices, widget=UnfoldAdminSelectWidget
    )
    second = forms.ChoiceField(
        label=gettext_lazy("Otherwise"), choices=OTHERWISE, required=False, widget=UnfoldAdminSelectWidget
    )
    third = forms.ChoiceField(
        label=gettext_lazy("Otherwise again"), choices=OTHERWISE, required=False, widget=UnfoldAdminSelectWidget
    )

    class Meta:
        model = Routing
        fields = ("enabled", "fixed", "only_online", "form", "key")
        widgets = {
            "enabled": UnfoldBooleanSwitchWidget,
            "only_online": UnfoldBooleanSwitchWidget,
            "form": UnfoldAdminSelectWidget,
            "key": UnfoldAdminTextInputWidget,
        }
        help_texts = {
            "enabled": gettext_lazy("While it is off, every answer is empty and Ringostat's scheme goes on."),
            "fixed": gettext_lazy(
                "A SIP login, a phone number or the ID of a forwarding scheme; at most three, separated by commas. A"
                " group is rung by its scheme."
            ),
            "only_online": gettext_lazy(
                "Ringofix reads every half minute who is online. While that is not known, everybody may be rung."
            ),
            "form": gettext_lazy("The same as “Data import type” in Ringostat."),
            "key": gettext_lazy("The same as the name of the response key in Ringostat. Not needed for http."),
        }

    field_order = ("enabled", *ORDER, "fixed", "only_online", "form", "key")

    def __init__(self, *args: Any, customer: Customer, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["fixed"].widget = SuggestingInput(lambda: _logins(customer))
        for name, source in zip(ORDER, self.instance.order, strict=False):
            self.fields[name].initial = source

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        chosen = [cleaned[name] for name in ORDER if cleaned.get(name)]
        if len(set(chosen)) != len(chosen):
            self.add_error("second", ValidationError(gettext_lazy("Choose each of them once.")))
        self.instance.order = list(dict.fromkeys(chosen))
        return cleaned


def _logins(customer: Customer) -> Iterable[tuple[str, str]]:
    for employee in customer.employees.all():
        for login in filter(None, map(sip_login, employee.sip_logins)):
            yield login, employee.name
