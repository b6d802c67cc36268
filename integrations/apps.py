"""The application as Django knows it. Creates the roles after each migration."""

from __future__ import annotations

from django.apps import AppConfig
from django.db.models.signals import post_delete, post_migrate, post_save


class IntegrationsConfig(AppConfig):
    name = "integrations"
    verbose_name = "Ringofix"

    def ready(self) -> None:
        from django.contrib.admin.models import LogEntry
        from django.contrib.auth.models import User
        from django.contrib.auth.signals import user_logged_out

        from integrations.models import SecondFactor
        from integrations.users.audit import audit_logout, store_origin
        from integrations.users.credentials import second_factor_changed, user_saved
        from integrations.users.roles import ensure_roles
        from ringofix import checks  # noqa: F401 - registers the deployment checks

        post_save.connect(store_origin, sender=LogEntry, dispatch_uid="integrations.audit_origin")
        user_logged_out.connect(audit_logout, dispatch_uid="integrations.audit_logout")
        post_save.connect(user_saved, sender=User, dispatch_uid="integrations.user_saved")
        post_save.connect(second_factor_changed, sender=SecondFactor, dispatch_uid="integrations.factor_on")
        post_delete.connect(second_factor_changed, sender=SecondFactor, dispatch_uid="integrations.factor_off")
        post_migrate.connect(ensure_roles, sender=self, dispatch_uid="integrations.roles")
