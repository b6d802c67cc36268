"""Form fields to choose a Planfix record by its name, and to put sources in order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from unfold.widgets import UnfoldAdminSelectWidget

ORDER = ("first", "second", "third")


class OrderedChoicesForm(forms.ModelForm):  # type: ignore[type-arg]
    """A form that edits the model's list `ordered` in several choice fields, which ORDER names."""

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
    """A field to choose one of several. `label` and the names of the choices may be lazy texts."""
    return forms.ChoiceField(label=label, choices=choices, required=required, widget=UnfoldAdminSelectWidget)


def account_choice(number: forms.Field, found: Mapping[int, str], chosen: int | None, *, empty: str) -> forms.Field:
    """A field that offers names where the field `number` takes an ID of the Planfix account.

    `found`: names by ID from the last access check. `chosen`: the stored ID, offered even if Planfix no longer lists
    it. `empty`: the label of the empty choice.
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
