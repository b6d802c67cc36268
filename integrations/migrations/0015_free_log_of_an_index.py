import django.db.models.deletion
from django.db import migrations, models


def without_its_index(model, name, related_name):
    """The key itself stays: Django would drop it and check all rows anew, while none can be written."""
    table = f"integrations_{model}"
    index = f"{table}_customer_id_{name}"
    field = models.ForeignKey(
        db_index=False,
        on_delete=django.db.models.deletion.CASCADE,
        related_name=related_name,
        to='integrations.customer',
        verbose_name='customer',
    )
    return migrations.SeparateDatabaseAndState(
        database_operations=[
            migrations.RunSQL(
                f"DROP INDEX CONCURRENTLY IF EXISTS {index}",
                f"CREATE INDEX CONCURRENTLY {index} ON {table} (customer_id)",
            )
        ],
        state_operations=[migrations.AlterField(model_name=model, name='customer', field=field)],
    )


class Migration(migrations.Migration):
    """Without holding up webhooks: the indexes of the newest events and requests find a customer's rows as well."""

    atomic = False

    dependencies = [
        ('integrations', '0014_know_countries'),
    ]

    operations = [
        without_its_index('webhookevent', 'c3e29c73', 'events'),
        without_its_index('planfixrequest', '75c729b4', 'planfix_requests'),
    ]
