"""Form fields for secrets: they accept a secret and never show one, not even its length.

A secret typed into a form with an error elsewhere is kept for some minutes, so that nobody types it twice.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import timedelta
from time import time
from typing import Any

from django import forms
from django.contrib.sessions.backends.base import SessionBase
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminPasswordWidget

from integrations.models import Secret
from integrations.models.customer import SECRET_OF_ADDRESS, origin_of
from integrations.ui.labels import LazyText

KEPT = timedelta(minutes=15)
SESSION_KEY = "typed_secrets"


@dataclass(frozen=True)
class TypedSecrets:
    """The secrets that a user typed into one form, while the form has errors.

    They are kept encrypted in the user's session and never in the page. A secret is used only for the origin it was
    typed for. If the address beside it had an error, the secret is used for the corrected address.
    """

    session: SessionBase
    form: str
    """The form's name: the customer's key, or "new"."""

    def filled(self, data: QueryDict) -> QueryDict:
        """The posted data, with the kept secrets in place of empty ones."""
        filled = data.copy()
        for address, name in SECRET_OF_ADDRESS.items():
            kept = self._kept().get(name)
            if kept and not data.get(name) and kept["origin"] in (None, _origin(data, address)):
                filled[name] = Secret(kept["ciphertext"]).reveal()
        return filled

    def keep(self, posted: QueryDict, *, errors: Collection[str]) -> None:
        """`errors`: the names of the fields that have one. A secret with an error of its own is not kept."""
        kept = self._kept()
        for address, name in SECRET_OF_ADDRESS.items():
            secret = str(posted.get(name, ""))
            if secret and name not in errors:
                origin = None if address in errors else _origin(posted, address)
                until = time() + KEPT.total_seconds()
                kept[name] = {"ciphertext": Secret.of(secret).ciphertext, "origin": origin, "until": until}
        self.session[SESSION_KEY] = {self.form: kept}

    def forget(self) -> None:
        self.session.pop(SESSION_KEY, None)

    def _kept(self) -> dict[str, dict[str, Any]]:
        kept = self.session.get(SESSION_KEY, {}).get(self.form, {})
        return {name: secret for name, secret in kept.items() if secret["until"] > time()}


def _origin(data: QueryDict, address: str) -> list[str | int | None]:
    """The origin of the typed address, as a list that JSON can store. People type the address with and without the
    scheme."""
    typed = data.get(address, "").strip()
    return list(origin_of(typed if "://" in typed else f"https://{typed}"))


class SecretInput(UnfoldAdminPasswordWidget):  # type: ignore[misc]
    """An empty password input that shows whether a secret is stored. Left empty, it changes nothing."""

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        super().__init__(attrs={"autocomplete": "new-password", **(attrs or {})}, render_value=False)

    def get_context(self, name: str, value: object, attrs: dict[str, Any] | None) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context(name, None, {**(attrs or {}), "placeholder": _hint(value)})
        return context

    def value_omitted_from_data(self, data: Mapping[str, Any], files: Mapping[str, Any], name: str) -> bool:
        # A model form keeps the stored value of an omitted field that has a default. Blanks are no secret.
        return not str(data.get(name) or "").strip()


def _hint(value: object) -> LazyText:
    """`value`: the stored secret, or the one that was typed into a form with an error elsewhere."""
    if isinstance(value, Secret):
        return _("saved – type to replace") if value else _("not set")
    return _("typed – kept while you correct the form") if value else _("not set")


class SecretFormField(forms.CharField):
    def __init__(self, **kwargs: Any) -> None:
        # The model's default is callable, so Django would add a hidden field with the initial value.
        super().__init__(**{**kwargs, "show_hidden_initial": False})

    def has_changed(self, initial: object, data: object) -> bool:
        return bool(str(data or "").strip())
