"""How the body of a webhook request is compressed, the kind of what was not understood, and notes.

New columns with a constant default or none: no row is rewritten, and a release that does not know them goes on writing.
"""

from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("integrations", "0022_delivery_column_defaults")]

    operations = [
        migrations.AddField(
            "webhookevent",
            "content_encoding",
            models.CharField("content encoding", max_length=64, blank=True, db_default=""),
        ),
        migrations.AddField(
            "webhookevent", "problem", models.CharField("problem", max_length=32, blank=True, db_default="")
        ),
        migrations.AddField("webhookevent", "notes", models.JSONField("notes", null=True)),
    ]
