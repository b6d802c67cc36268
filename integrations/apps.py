from __future__ import annotations

from django.apps import AppConfig
from django.db.models.signals import post_migrate


class IntegrationsConfig(AppConfig):
    name = "integrations"
    verbose_name = "Ringofix"

    def ready(self) -> None:
        from integrations.admin.roles import ensure_roles

        post_migrate.connect(ensure_roles, sender=self, dispatch_uid="integrations.roles")
