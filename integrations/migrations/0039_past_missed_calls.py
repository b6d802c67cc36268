from django.db import migrations

BATCH = 5000

RECORD = """
    INSERT INTO integrations_missedcallchange (customer_id, call_id, client_number, since, until)
    SELECT customer_id, min(id), client_number, min(started_at), max(started_at)
      FROM integrations_call
     WHERE id > %(after)s AND id <= %(after)s + %(batch)s
       AND direction = 'incoming' AND outcome = 'missed' AND client_number LIKE '+%%'
     GROUP BY customer_id, client_number
"""


def record(apps, schema_editor):
    """Records where missed calls are; the worker folds them afterwards. Each batch is a transaction of its own; begun
    again, it does the same.
    """
    with schema_editor.connection.cursor() as cursor:
        cursor.execute("SELECT coalesce(min(id), 0), coalesce(max(id), -1) FROM integrations_call")
        first, last = cursor.fetchone()
        for after in range(first - 1, last, BATCH):
            cursor.execute(RECORD, {"after": after, "batch": BATCH})


class Migration(migrations.Migration):

    atomic = False

    dependencies = [
        ('integrations', '0038_missed_calls'),
    ]

    operations = [
        migrations.RunPython(record, migrations.RunPython.noop, elidable=True),
    ]
