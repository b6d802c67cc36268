"""The console's admin site. It computes once what unfold 0.91 computes again for every page."""

from __future__ import annotations

from functools import cached_property, partial
from typing import Any

from django.contrib.admin.apps import AdminConfig
from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject
from unfold.settings import get_config
from unfold.sites import UnfoldAdminSite


class ConsoleConfig(AdminConfig):
    """Django's admin with our site. Replaces "django.contrib.admin" in INSTALLED_APPS."""

    default_site = "ringofix.console.site.ConsoleSite"
    verbose_name = "Ringofix"  # The first link above the audit log; Django's own name is "Administration".


class ConsoleSite(UnfoldAdminSite):  # type: ignore[misc]
    def get_app_list(self, request: HttpRequest, app_label: str | None = None) -> Any:
        """Computes the list only when a page shows it. No page does, because our menu names its pages itself."""
        return SimpleLazyObject(partial(super().get_app_list, request, app_label))

    def _get_config(self, key: str, *args: Any) -> Any:
        value = self._config.get(key)
        return self._get_value(value, *args) if value else None

    def _get_colors(self, key: str, *args: Any) -> Any:
        return self._colors

    @cached_property
    def _config(self) -> dict[str, Any]:
        """The settings merged with unfold's defaults. Cached, because a page reads them thirty times."""
        config: dict[str, Any] = get_config(self.settings_name)
        return config

    @cached_property
    def _colors(self) -> Any:
        return super()._get_colors("COLORS")
