"""The index by which requests that were not understood are counted. It is built without holding up webhooks."""

from __future__ import annotations

from importlib import import_module

from django.db import migrations, models
from django.db.models import F, Q

AddIndexConcurrently = import_module("integrations.migrations.0007_call_list_indexes").AddIndexConcurrently


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("integrations", "0023_event_findings")]

    operations = [
        AddIndexConcurrently(
            "webhookevent",
            models.Index(
                "customer",
                F("received_at").desc(),
                "problem",
                name="event_not_understood",
                condition=Q(result="not_understood"),
            ),
        )
    ]
