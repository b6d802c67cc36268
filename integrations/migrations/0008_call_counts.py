from django.db import migrations

VIEW = """
CREATE VIEW integrations_callcount AS
    SELECT customer_id, day, NULL::smallint AS hour, direction, outcome, state, calls FROM integrations_customertally
     UNION ALL
    SELECT NULL::bigint, day, hour, direction, outcome, state, calls FROM integrations_everybodytally
     UNION ALL
    SELECT customer_id, day, NULL, direction, outcome, state, calls FROM integrations_calltallychange
     UNION ALL
    SELECT NULL, day, NULL, direction, outcome, state, calls FROM integrations_calltallychange
     UNION ALL
    SELECT NULL, day, hour, direction, outcome, state, calls FROM integrations_calltallychange
"""

LOCAL = """
CREATE FUNCTION integrations_local_time(moment timestamptz, zone text) RETURNS timestamp LANGUAGE plpgsql STABLE AS $$
BEGIN
    RETURN moment AT TIME ZONE zone;
EXCEPTION WHEN OTHERS THEN
    -- A zone that this server does not know must not cost a call.
    RETURN moment AT TIME ZONE 'UTC';
END
$$
"""

COUNT = """
CREATE FUNCTION integrations_count_call() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    local timestamp;
BEGIN
    IF TG_OP <> 'INSERT' THEN
        SELECT integrations_local_time(OLD.started_at, timezone) INTO local
          FROM integrations_customer WHERE id = OLD.customer_id;
        INSERT INTO integrations_calltallychange (customer_id, day, hour, direction, outcome, state, calls)
        VALUES (OLD.customer_id, local, extract(hour FROM local), OLD.direction, OLD.outcome, OLD.state, -1);
    END IF;
    IF TG_OP <> 'DELETE' THEN
        SELECT integrations_local_time(NEW.started_at, timezone) INTO local
          FROM integrations_customer WHERE id = NEW.customer_id;
        INSERT INTO integrations_calltallychange (customer_id, day, hour, direction, outcome, state, calls)
        VALUES (NEW.customer_id, local, extract(hour FROM local), NEW.direction, NEW.outcome, NEW.state, 1);
    END IF;
    RETURN NULL;
END
$$;
CREATE TRIGGER call_counted AFTER INSERT OR DELETE ON integrations_call
    FOR EACH ROW EXECUTE FUNCTION integrations_count_call();
CREATE TRIGGER call_counted_anew AFTER UPDATE ON integrations_call
    FOR EACH ROW
    WHEN ((OLD.started_at, OLD.direction, OLD.outcome, OLD.state)
          IS DISTINCT FROM (NEW.started_at, NEW.direction, NEW.outcome, NEW.state))
    EXECUTE FUNCTION integrations_count_call();
"""

MOVE = """
CREATE FUNCTION integrations_move_counts() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    -- The days and hours of all its calls are others now.
    INSERT INTO integrations_calltallychange (customer_id, day, hour, direction, outcome, state, calls)
    SELECT NEW.id, local::date, extract(hour FROM local), direction, outcome, state, sum(sign)
      FROM integrations_call,
           (VALUES (OLD.timezone, -1), (NEW.timezone, 1)) AS zones (zone, sign),
           integrations_local_time(started_at, zone) AS local
     WHERE customer_id = NEW.id
     GROUP BY 2, 3, 4, 5, 6
    HAVING sum(sign) <> 0;
    RETURN NULL;
END
$$;
CREATE TRIGGER customer_moved AFTER UPDATE OF timezone ON integrations_customer
    FOR EACH ROW WHEN (OLD.timezone <> NEW.timezone) EXECUTE FUNCTION integrations_move_counts();
"""

UNDO = """
DROP TRIGGER customer_moved ON integrations_customer;
DROP TRIGGER call_counted_anew ON integrations_call;
DROP TRIGGER call_counted ON integrations_call;
DROP FUNCTION integrations_move_counts;
DROP FUNCTION integrations_count_call;
DROP FUNCTION integrations_local_time;
DROP VIEW integrations_callcount;
"""


class Migration(migrations.Migration):
    """From here on each change of a call is counted; what was there before is counted next."""

    dependencies = [
        ('integrations', '0007_call_list_indexes'),
    ]

    operations = [
        # Behind a long reader, a backup for one, it would wait, and all webhooks behind it: better that it fails here.
        migrations.RunSQL("SET LOCAL lock_timeout = '3s'", migrations.RunSQL.noop),
        migrations.RunSQL([VIEW, LOCAL, COUNT, MOVE], UNDO),
    ]
