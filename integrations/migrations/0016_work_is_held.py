from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('integrations', '0015_free_log_of_an_index'),
    ]

    operations = [
        migrations.AddField(
            model_name='work',
            name='holder',
            field=models.UUIDField(editable=False, null=True),
        ),
        migrations.AddField(
            model_name='work',
            name='held_until',
            field=models.DateTimeField(editable=False, null=True),
        ),
    ]
