"""Plain names for five models. Their tables stay as they are, so nothing is done in the database."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

NAMES = {
    "Turn": ("DeliveryLease", "integrations_turn"),
    "AccountPace": ("AccountRateLimit", "integrations_accountpace"),
    "Tries": ("RateLimitCounter", "integrations_tries"),
    "UtmField": ("ParameterMapping", "integrations_utmfield"),
    "Work": ("BackgroundJob", "integrations_work"),
}


def renames():
    for old, (new, table) in NAMES.items():
        yield migrations.RenameModel(old, new)
        yield migrations.AlterModelTable(new, table)


class Migration(migrations.Migration):
    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
        ("integrations", "0019_account_since"),
    ]
    operations = [
        migrations.SeparateDatabaseAndState(
            state_operations=[
                *renames(),
                migrations.AlterModelOptions(
                    "ratelimitcounter",
                    {"verbose_name": "rate limit counter", "verbose_name_plural": "rate limit counters"},
                ),
                migrations.AlterModelOptions(
                    "backgroundjob",
                    {"verbose_name": "background job", "verbose_name_plural": "background jobs"},
                ),
                migrations.AlterField(
                    "deliverylease",
                    "customer",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="delivery_lease",
                        serialize=False,
                        to="integrations.customer",
                    ),
                ),
                migrations.AlterField(
                    "backgroundjob",
                    "customer",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="background_jobs",
                        to="integrations.customer",
                        verbose_name="customer",
                    ),
                ),
            ]
        ),
    ]
