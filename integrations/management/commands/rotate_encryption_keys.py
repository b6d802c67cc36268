"""Re-encrypts every stored secret with the first of ENCRYPTION_KEYS. Older keys can be removed afterwards."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from integrations.services.privacy.key_rotation import rotate_secrets


class Command(BaseCommand):
    help = "Re-encrypts all secrets with the first key of ENCRYPTION_KEYS."

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(f"{rotate_secrets()} secrets re-encrypted with the first key.")
