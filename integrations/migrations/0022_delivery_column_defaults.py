"""Plain names for three fields of Delivery, whose columns keep theirs, and column defaults for new rows.

A default of an existing column changes the catalogue only: no row is rewritten, and the lock lasts for a moment.
"""

from __future__ import annotations

import django.contrib.postgres.fields
from django.db import migrations, models

STEPS = [("contact", "contact"), ("recording", "recording"), ("comment", "comment"), ("tag", "data tag")]


class Migration(migrations.Migration):
    dependencies = [("integrations", "0021_audit_origin")]

    operations = [
        migrations.AlterField("delivery", "text_digest", models.CharField(max_length=16, blank=True, db_column="text_digest")),
        migrations.RenameField("delivery", "text_digest", "text_hash"),
        migrations.AlterField(
            "delivery",
            "left_out",
            django.contrib.postgres.fields.ArrayField(
                models.CharField(max_length=255), verbose_name="skipped fields", default=list, db_column="left_out"
            ),
        ),
        migrations.RenameField("delivery", "left_out", "skipped_fields"),
        migrations.AlterField(
            "delivery",
            "unclear",
            models.CharField("step in flight", max_length=9, choices=STEPS, blank=True, db_column="unclear"),
        ),
        migrations.RenameField("delivery", "unclear", "in_flight_step"),
        migrations.AlterField(
            "delivery",
            "text_hash",
            models.CharField(max_length=16, blank=True, default="", db_default="", db_column="text_digest"),
        ),
        migrations.AlterField(
            "delivery",
            "skipped_fields",
            django.contrib.postgres.fields.ArrayField(
                models.CharField(max_length=255),
                verbose_name="skipped fields",
                default=list,
                db_default=[],
                db_column="left_out",
            ),
        ),
        migrations.AlterField(
            "delivery",
            "in_flight_step",
            models.CharField(
                "step in flight",
                max_length=9,
                choices=STEPS,
                blank=True,
                default="",
                db_default="",
                db_column="unclear",
                help_text=(
                    "Set before a write is sent and cleared with its receipt. If it is still set at the next attempt, "
                    "Planfix is searched before the write is sent again."
                ),
            ),
        ),
        migrations.AlterField(
            "delivery",
            "contact_created",
            models.BooleanField("contact created", default=False, db_default=False),
        ),
        migrations.AlterField(
            "delivery",
            "contacts_found",
            models.PositiveSmallIntegerField("contacts with this number", default=0, db_default=0),
        ),
        migrations.AlterField("delivery", "target_known", models.BooleanField(default=False, db_default=False)),
        migrations.AlterField(
            "delivery",
            "recording_refused",
            models.CharField("recording not copied because", max_length=300, blank=True, default="", db_default=""),
        ),
        migrations.AlterField("delivery", "recording_attached", models.BooleanField(default=False, db_default=False)),
        migrations.AlterField(
            "delivery",
            "recording_tries",
            models.PositiveSmallIntegerField("looks for the recording", default=0, db_default=0),
        ),
        migrations.AlterField(
            "deliverylease",
            "failures",
            models.PositiveSmallIntegerField("failures in a row", default=0, db_default=0),
        ),
    ]
