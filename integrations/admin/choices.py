"""Fields in which a specialist chooses: from what Planfix lists, and an order of sources."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from unfold.widgets import UnfoldAdminSelectWidget

ORDER = ("first", "second", "third")


class OrderedChoicesForm(forms.ModelForm):  # type: ignore[type-arg]
    """A form with the choice fields of ORDER, which together are the list `ordered` of the model."""

    ordered: ClassVar[str]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, choice in zip(ORDER, getattr(self.instance, self.ordered), strict=False):
            self.fields[name].initial = choice

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        chosen = [cleaned[name] for name in ORDER if cleaned.get(name)]
        if len(set(chosen)) != len(chosen):
            self.add_error("second", ValidationError(_("Choose each of them once.")))
        setattr(self.instance, self.ordered, list(dict.fromkeys(chosen)))
        return cleaned


def select_field(label: Any, choices: Sequence[tuple[str, Any]], *, required: bool = False) -> forms.ChoiceField:
    """`label` and the names of the choices are texts, also lazy ones."""
    return forms.ChoiceField(label=label, choices=choices, required=required, widget=UnfoldAdminSelectWidget)


def account_choice(number: forms.Field, found: Mapping[int, str], chosen: int | None, *, empty: str) -> forms.Field:
    """A field that offers names where the field `number` takes an ID of the Planfix account.

    `found`: names by ID, as the last access check read them. `chosen`: stays on offer if Planfix does not list it.
    `empty`: the choice of none.
    """
    offered = dict(found)
    if chosen is not None:
        offered.setdefault(chosen, _("ID %(id)s (not shown by Planfix)") % {"id": chosen})
    return forms.TypedChoiceField(
        label=number.label,
        help_text=number.help_text,
        required=False,
        coerce=int,
        empty_value=None,
        widget=UnfoldAdminSelectWidget,
        choices=[("", empty), *offered.items()],
    )
