from django.db import migrations

BATCH = 5000

FILL = """
    UPDATE integrations_call AS call
       SET utm_source = left(coalesce(facts #>> '{parameters,utm_source,-1}', ''), 255),
           has_recording = coalesce((facts #>> '{facts,has_recording,-1}')::boolean, facts -> 'facts' ? 'recording_url')
     WHERE id > %(after)s AND id <= %(after)s + %(batch)s
       AND (facts -> 'parameters' ? 'utm_source' OR facts -> 'facts' ?| ARRAY['has_recording', 'recording_url'])
"""


def fill(apps, schema_editor):
    """Each batch is a transaction of its own; begun again, it does the same."""
    with schema_editor.connection.cursor() as cursor:
        cursor.execute("SELECT coalesce(min(id), 0), coalesce(max(id), -1) FROM integrations_call")
        first, last = cursor.fetchone()
        for after in range(first - 1, last, BATCH):
            cursor.execute(FILL, {"after": after, "batch": BATCH})


class Migration(migrations.Migration):

    atomic = False

    dependencies = [
        ('integrations', '0005_call_columns'),
    ]

    operations = [
        migrations.RunPython(fill, migrations.RunPython.noop, elidable=True),
    ]
