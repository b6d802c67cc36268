"""The index of calls whose recording was not copied. It is built without holding up deliveries."""

from __future__ import annotations

from importlib import import_module

from django.db import migrations, models
from django.db.models import Q

AddIndexConcurrently = import_module("integrations.migrations.0007_call_list_indexes").AddIndexConcurrently


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("integrations", "0034_alert_issue")]

    operations = [
        AddIndexConcurrently(
            "delivery",
            models.Index(
                name="delivery_without_recording", fields=["-call"], condition=Q(("recording_refused", ""), _negated=True)
            ),
        )
    ]
