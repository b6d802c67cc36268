"""Form fields for secrets: they accept a secret and never show one, not even its length."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminPasswordWidget

from integrations.models import Secret


class SecretInput(UnfoldAdminPasswordWidget):  # type: ignore[misc]
    """An empty password input that shows whether a secret is stored. Left empty, it changes nothing."""

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        super().__init__(attrs={"autocomplete": "new-password", **(attrs or {})}, render_value=False)

    def get_context(self, name: str, value: object, attrs: dict[str, Any] | None) -> dict[str, Any]:
        hint = _("saved – type to replace") if isinstance(value, Secret) and value else _("not set")
        context: dict[str, Any] = super().get_context(name, None, {**(attrs or {}), "placeholder": hint})
        return context

    def value_omitted_from_data(self, data: Mapping[str, Any], files: Mapping[str, Any], name: str) -> bool:
        # A model form keeps the stored value of an omitted field that has a default.
        return not data.get(name)


class SecretFormField(forms.CharField):
    def __init__(self, **kwargs: Any) -> None:
        # The model's default is callable, so Django would add a hidden field with the initial value.
        super().__init__(**{**kwargs, "show_hidden_initial": False})

    def has_changed(self, initial: object, data: object) -> bool:
        return bool(data)
