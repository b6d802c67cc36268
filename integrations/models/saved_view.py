"""A user's named filters of the call log."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class SavedView(models.Model):
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="saved_views")
    name = models.CharField(_("name"), max_length=60)
    query = models.TextField(_("filters"), blank=True)
    """The query string of the list, without a page position."""
    is_default = models.BooleanField(_("default view"), default=False)

    class Meta:
        verbose_name = _("saved view")
        verbose_name_plural = _("saved views")
        constraints = [
            models.UniqueConstraint(name="saved_view_once", fields=["user", "name"]),
            models.UniqueConstraint(
                name="saved_view_one_default", fields=["user"], condition=models.Q(is_default=True)
            ),
        ]

    def __str__(self) -> str:
        return self.name
