from importlib import import_module

from django.db import migrations, models

AddIndexConcurrently = import_module("integrations.migrations.0007_call_list_indexes").AddIndexConcurrently


class Migration(migrations.Migration):
    """Without holding up deliveries, and to be begun again wherever it was interrupted."""

    atomic = False

    dependencies = [
        ("integrations", "0054_count_due_and_failed_calls_by_index"),
    ]

    operations = [
        AddIndexConcurrently(
            model_name="rememberedcontact",
            index=models.Index(fields=["contact_id"], name="remembered_contact_by_id"),
        ),
    ]
