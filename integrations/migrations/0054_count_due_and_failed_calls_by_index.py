from importlib import import_module

from django.contrib.postgres.operations import RemoveIndexConcurrently
from django.db import migrations, models

AddIndexConcurrently = import_module("integrations.migrations.0007_call_list_indexes").AddIndexConcurrently


class Migration(migrations.Migration):
    """While webhooks arrive, and from any point where it was interrupted. The old indexes go when the new ones stand."""

    atomic = False

    dependencies = [
        ('integrations', '0053_monthly_partitions'),
    ]

    operations = [
        AddIndexConcurrently(
            model_name='call',
            index=models.Index(condition=models.Q(('due_at__isnull', False)), fields=['customer', 'due_at'], include=('state', 'reason', 'due_since'), name='call_due_with_reason'),
        ),
        AddIndexConcurrently(
            model_name='call',
            index=models.Index(condition=models.Q(('state', 'failed')), fields=['customer', 'reason', 'finished_at'], name='call_failed_by_reason'),
        ),
        RemoveIndexConcurrently(model_name='call', name='call_due'),
        RemoveIndexConcurrently(model_name='call', name='call_failed'),
    ]
