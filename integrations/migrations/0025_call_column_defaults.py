"""Defaults of the call's columns in the database, so that the SQL of intake need not repeat them. Writes no row."""

from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("integrations", "0024_event_not_understood")]

    operations = [
        # The table is locked for a moment only. If that cannot be had, try again later: webhooks must not wait for it.
        migrations.RunSQL("SET LOCAL lock_timeout = '3s'", migrations.RunSQL.noop),
        migrations.AlterField(
            model_name="call",
            name="detail",
            field=models.CharField(blank=True, db_default="", default="", max_length=300, verbose_name="detail"),
        ),
        migrations.AlterField(
            model_name="call",
            name="reason",
            field=models.CharField(blank=True, db_default="", default="", max_length=32, verbose_name="reason"),
        ),
        migrations.AlterField(
            model_name="call",
            name="state",
            field=models.CharField(
                choices=[
                    ("in_progress", "In progress"),
                    ("pending", "Waiting"),
                    ("delivered", "In Planfix"),
                    ("skipped", "Skipped"),
                    ("failed", "Failed"),
                ],
                db_default="in_progress",
                default="in_progress",
                max_length=12,
                verbose_name="state",
            ),
        ),
    ]
