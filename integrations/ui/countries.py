"""Names of countries. The settings store two-letter codes; the console shows and accepts names."""

from __future__ import annotations

from functools import cache

from babel import Locale
from django.conf import settings
from phonenumbers import SUPPORTED_REGIONS


@cache
def country_names(language: str) -> dict[str, str]:
    """The two-letter code of every country that has phone numbers, and its name in the language."""
    territories = Locale.parse(language).territories
    names = {code: str(territories.get(code, code)) for code in SUPPORTED_REGIONS}
    return dict(sorted(names.items(), key=lambda item: item[1].casefold()))


def country_code(typed: str) -> str | None:
    """The code of a country typed as its code, or as its name in a language of the console."""
    wanted = typed.strip().casefold()
    if wanted.upper() in SUPPORTED_REGIONS:
        return wanted.upper()
    return _codes_by_name().get(wanted)


@cache
def _codes_by_name() -> dict[str, str]:
    return {
        name.casefold(): code for language, _ in settings.LANGUAGES for code, name in country_names(language).items()
    }
