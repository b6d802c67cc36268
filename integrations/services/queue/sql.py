"""The SQL of the queue: the only place outside migrations that names Procrastinate's tables."""

from __future__ import annotations

LOCK_SPACE = 0x52464958
"""Keeps our advisory locks apart from others in the same database (the letters RFIX)."""

DELIVER_SOON = """
INSERT INTO procrastinate_jobs (queue_name, task_name, lock, queueing_lock, args)
SELECT '{queue}', '{task}', '{lock}:' || customer.id, '{lock}:' || customer.id,
       jsonb_build_object('customer_id', customer.id)
  FROM (SELECT %(customer_id)s::bigint AS id,
               pg_advisory_xact_lock_shared({lock_space}, mod(%(customer_id)s, 2147483648)::integer)) AS customer
 {condition}
    ON CONFLICT (queueing_lock) WHERE status = 'todo' DO NOTHING"""

WAIT_FOR_INTAKE = f"pg_advisory_xact_lock({LOCK_SPACE}, mod(%(customer)s, 2147483648)::integer)"
"""A statement with this column waits for every transaction that relies on the customer's running job."""

WAKE_CUSTOMERS = """
INSERT INTO procrastinate_jobs (queue_name, task_name, lock, queueing_lock, args)
SELECT %(queue)s, %(task)s, lock, lock, jsonb_build_object('customer_id', id)
  FROM unnest(%(ids)s::bigint[], %(locks)s::text[]) AS customer (id, lock)
 WHERE pg_try_advisory_xact_lock(%(lock_space)s, mod(id, 2147483648)::integer)
    ON CONFLICT (queueing_lock) WHERE status = 'todo' DO NOTHING"""

ONE_JOB_EACH = """
INSERT INTO procrastinate_jobs AS job (queue_name, task_name, priority, lock, queueing_lock, args)
SELECT %(queue)s, %(task)s, %(priority)s, %(lock)s || ':' || id, %(task)s || ':' || id,
       jsonb_build_object(%(argument)s::text, id)
  FROM unnest(%(ids)s::bigint[]) AS id
 ORDER BY id
    ON CONFLICT (queueing_lock) WHERE status = 'todo'
    DO UPDATE SET priority = job.priority + 1 WHERE job.priority < %(in_line)s"""

FREE_JOBS_OF_DEAD_WORKERS = """
DELETE FROM procrastinate_jobs AS job
 WHERE status = 'doing'
   AND NOT EXISTS (SELECT FROM procrastinate_workers AS worker
                    WHERE worker.id = job.worker_id
                      AND worker.last_heartbeat > now() - make_interval(secs => %s))"""

HEAR_OF_JOBS = "LISTEN procrastinate_any_queue_v1"

TAKE_JOB = "SELECT id, task_name, args::text FROM procrastinate_fetch_job_v2(NULL, %(worker)s::bigint)"
"""Takes the first waiting job and marks it as running. Returns a row of NULLs if none waits."""

END_JOB = "DELETE FROM procrastinate_jobs WHERE id = %(job)s AND worker_id = %(worker)s RETURNING 1"
"""Deletes nothing if the sweep counted this worker as dead and has already deleted the job."""

NEXT_JOB = f"""
  WITH ended AS ({END_JOB})
SELECT job_count, id, task_name, args::text
  FROM (SELECT count(*) AS job_count FROM ended) AS before,
       procrastinate_fetch_job_v2(NULL, CASE WHEN job_count >= 0 THEN %(worker)s::bigint END)"""  # noqa: S608 - our own query
"""Ends a job, then takes the next one, as TAKE_JOB does. The count makes PostgreSQL end the job first. Otherwise the
next job of the same customer would still wait for it.
"""

WAITING_JOBS = """
SELECT count(DISTINCT job.id), coalesce(extract(epoch FROM now() - min(event.at)), 0)
  FROM procrastinate_jobs AS job JOIN procrastinate_events AS event ON event.job_id = job.id
 WHERE job.status = 'todo' AND event.type = 'deferred'
   AND (job.scheduled_at IS NULL OR job.scheduled_at <= now())"""

LIVE_WORKERS = "SELECT count(*) FROM procrastinate_workers WHERE last_heartbeat > now() - interval '30 s'"

LAST_PERIODIC_RUNS = """
SELECT task_name, to_timestamp(max(defer_timestamp)) FROM procrastinate_periodic_defers GROUP BY task_name"""
"""When each periodic job was last put into the queue: about when it last ran."""

WORKERS_LAST_SEEN = "SELECT max(last_heartbeat) FROM procrastinate_workers"
