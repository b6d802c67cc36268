"""Re-encrypts every stored secret with the first of ENCRYPTION_KEYS."""

from __future__ import annotations

from django.apps import apps
from django.db import transaction

from integrations.models import SecretField


def rotate_secrets() -> int:
    """Re-encrypts all secrets row by row, so that no edit meanwhile is lost. Returns the number of secrets."""
    rotated = 0
    for model in apps.get_app_config("integrations").get_models():
        names = [field.name for field in model._meta.get_fields() if isinstance(field, SecretField)]
        if not names:
            continue
        for pk in model._default_manager.values_list("pk", flat=True):
            with transaction.atomic():
                row = model._default_manager.select_for_update().get(pk=pk)
                for name in names:
                    setattr(row, name, getattr(row, name).rotated())
                row.save(update_fields=names)
                rotated += sum(bool(getattr(row, name)) for name in names)
    return rotated
