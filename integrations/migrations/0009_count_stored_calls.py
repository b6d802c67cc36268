from django.db import migrations

# All calls but those that the triggers have counted since they were made: one statement, hence one moment.
COUNT = """
    WITH cell AS MATERIALIZED (
         SELECT customer_id, day, hour, direction, outcome, state, sum(calls) AS calls
           FROM (SELECT call.customer_id, local::date AS day, extract(hour FROM local)::smallint AS hour,
                        direction, outcome, state, 1 AS calls
                   FROM integrations_call AS call
                   JOIN integrations_customer AS customer ON customer.id = call.customer_id,
                        integrations_local_time(started_at, timezone) AS local
                  UNION ALL
                 SELECT customer_id, day, hour, direction, outcome, state, -calls
                   FROM integrations_calltallychange) AS each
          GROUP BY 1, 2, 3, 4, 5, 6),
    customers AS (
         INSERT INTO integrations_customertally (customer_id, day, direction, outcome, state, calls)
         SELECT customer_id, day, direction, outcome, state, sum(calls) FROM cell GROUP BY 1, 2, 3, 4, 5)
    INSERT INTO integrations_everybodytally (day, hour, direction, outcome, state, calls)
    SELECT day, hour, direction, outcome, state, sum(calls) FROM cell
     GROUP BY GROUPING SETS ((day, direction, outcome, state), (day, hour, direction, outcome, state))
"""


class Migration(migrations.Migration):

    dependencies = [
        ('integrations', '0008_call_counts'),
    ]

    operations = [
        migrations.RunSQL(COUNT, "TRUNCATE integrations_customertally, integrations_everybodytally"),
        # An employee is one customer's: without this the planner takes the two for independent.
        migrations.RunSQL(
            "CREATE STATISTICS integrations_call_employee (dependencies) ON customer_id, employee_id"
            " FROM integrations_call",
            "DROP STATISTICS integrations_call_employee",
        ),
    ]
