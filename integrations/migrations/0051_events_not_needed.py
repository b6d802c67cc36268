import django.contrib.postgres.fields
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ("integrations", "0050_proof_of_remembered_contacts"),
    ]

    operations = [
        migrations.AddField(
            model_name="customer",
            name="events_not_needed",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.CharField(max_length=30), db_default=[], default=list, editable=False, size=None
            ),
        ),
    ]
