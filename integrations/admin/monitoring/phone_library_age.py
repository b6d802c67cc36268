"""The age of the library that knows the world's phone numbers."""

from __future__ import annotations

from datetime import date, timedelta

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from integrations.domain.numbering_plans import library_date

NUMBERS_AGE = timedelta(days=365)
"""The age from which the library is outdated: countries open new ranges every year."""


def age_of_number_library(today: date) -> str:
    """A sentence when the library is over a year old, else ""."""
    made = library_date()
    if made is None or today - made < NUMBERS_AGE:
        return ""
    text = _("The phone number library is from %(date)s and does not know newer ranges: update phonenumbers.")
    return text % {"date": date_format(made)}
