"""Prepares a database restored from a backup. Run it once, before a worker starts."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from integrations.services.delivery.after_restore import look_before_writing


class Command(BaseCommand):
    help = (
        "After a restore: calls that began before now are looked for in Planfix before anything of them is written,"
        " so that what was delivered after the backup is not delivered twice. Run it before a worker starts;"
        " then catch_up."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(f"{look_before_writing()} customers: calls that began before now are looked for first.")
