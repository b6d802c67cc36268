"""Form inputs in the style of unfold, for pages outside the admin's own forms."""

from __future__ import annotations

from functools import partial

from django import forms
from unfold.widgets import BASE_INPUT_CLASSES, UnfoldAdminTextInputWidget

INPUT_CLASSES = " ".join(BASE_INPUT_CLASSES)

text_input = partial(UnfoldAdminTextInputWidget, attrs={"class": INPUT_CLASSES, "autocomplete": "off"})
day_input = partial(
    forms.DateInput, format="%Y-%m-%d", attrs={"type": "date", "class": f"{INPUT_CLASSES} dark:scheme-dark"}
)
