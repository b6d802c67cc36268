"""Secrets in forms: they go in and never come out, not even their length."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminPasswordWidget

from integrations.models import Secret


class SecretInput(UnfoldAdminPasswordWidget):  # type: ignore[misc]
    """An empty password input that says whether a secret is there. Left empty, it changes nothing."""

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        super().__init__(attrs={"autocomplete": "new-password", **(attrs or {})}, render_value=False)

    def get_context(self, name: str, value: object, attrs: dict[str, Any] | None) -> dict[str, Any]:
        hint = _("set – type to replace") if isinstance(value, Secret) and value else _("not set")
        context: dict[str, Any] = super().get_context(name, None, {**(attrs or {}), "placeholder": hint})
        return context

    def value_omitted_from_data(self, data: Mapping[str, Any], files: Mapping[str, Any], name: str) -> bool:
        # A model form leaves alone what was not sent, and has a default.
        return not data.get(name)


class SecretFormField(forms.CharField):
    def __init__(self, **kwargs: Any) -> None:
        # A hidden copy of what the field began with is what a model's callable default would otherwise get us.
        super().__init__(**{**kwargs, "show_hidden_initial": False})

    def has_changed(self, initial: object, data: object) -> bool:
        return bool(data)
