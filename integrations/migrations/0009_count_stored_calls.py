from django.db import migrations

# All calls but those that the triggers have counted since they were made: one statement, hence one moment.
COUNT = """
    INSERT INTO integrations_calltally (customer_id, day, hour, direction, outcome, state, calls)
    SELECT customer_id, day, hour, direction, outcome, state, sum(calls)
      FROM (SELECT call.customer_id, local::date AS day, extract(hour FROM local)::smallint AS hour,
                   direction, outcome, state, 1 AS calls
              FROM integrations_call AS call
              JOIN integrations_customer AS customer ON customer.id = call.customer_id,
                   integrations_local_time(started_at, timezone) AS local
             UNION ALL
            SELECT customer_id, day, hour, direction, outcome, state, -calls FROM integrations_calltallychange) AS cells
     GROUP BY GROUPING SETS ((customer_id, day, direction, outcome, state),
                             (day, direction, outcome, state),
                             (day, hour, direction, outcome, state))
    HAVING sum(calls) <> 0
"""


class Migration(migrations.Migration):

    dependencies = [
        ('integrations', '0008_call_counts'),
    ]

    operations = [
        migrations.RunSQL(COUNT, "TRUNCATE integrations_calltally"),
    ]
