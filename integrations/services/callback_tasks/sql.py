"""The SQL of callback tasks. All of it is local: it notes what is to be written to Planfix.

Without a customer that wants tasks, every statement reads an empty table. Otherwise the costs grow with the missed
calls of the last days whose client was not reached, and with the open tasks.
"""

from __future__ import annotations

OPEN_TASKS = """
    INSERT INTO integrations_callbacktask (customer_id, kind, subject, call_id, contact_id, due_at)
    SELECT DISTINCT ON (missed.customer_id, missed.client_number)
           missed.customer_id, 'missed_call', missed.client_number, missed.call_id, delivery.contact_id,
           statement_timestamp()
      FROM integrations_callbacksettings AS wanted
      JOIN integrations_missedcall AS missed ON missed.customer_id = wanted.customer_id
      JOIN integrations_call AS call ON call.id = missed.call_id
      JOIN integrations_delivery AS delivery ON delivery.call_id = missed.call_id
     WHERE wanted.since IS NOT NULL
       AND missed.called_back_at IS NULL
       AND missed.started_at >= statement_timestamp() - %(oldest)s AND call.received_at >= wanted.since
       AND call.state = 'delivered' AND delivery.contact_id IS NOT NULL
       AND (wanted.clients = 'all' OR delivery.contact_created = (wanted.clients = 'new'))
       AND NOT EXISTS (SELECT FROM integrations_callbacktask AS task WHERE task.call_id = missed.call_id)
       AND NOT EXISTS (SELECT FROM integrations_callbackcomment AS comment WHERE comment.call_id = missed.call_id)
       AND NOT EXISTS (SELECT FROM integrations_callbacktask AS task
                        WHERE task.customer_id = missed.customer_id AND task.subject = missed.client_number
                          AND task.closed_at IS NULL)
     ORDER BY missed.customer_id, missed.client_number, missed.started_at, missed.call_id
        ON CONFLICT DO NOTHING
"""
"""The first missed call of each client who waits and has no open task."""

ADD_CALLS = """
    WITH added AS (
        INSERT INTO integrations_callbackcomment (task_id, call_id)
        SELECT task.id, missed.call_id
          FROM integrations_callbacktask AS task
          JOIN integrations_missedcall AS opening ON opening.call_id = task.call_id
          JOIN integrations_call AS call
            ON call.client_number = task.subject AND call.customer_id = task.customer_id
           AND call.started_at >= statement_timestamp() - %(oldest)s
          JOIN integrations_missedcall AS missed ON missed.call_id = call.id
         WHERE task.closed_at IS NULL AND task.kind = 'missed_call' AND missed.call_id <> task.call_id
           AND missed.called_back_in_id IS NOT DISTINCT FROM opening.called_back_in_id
           AND call.state = 'delivered' AND call.received_at >= (SELECT since FROM integrations_callbacksettings
                                                                  WHERE customer_id = task.customer_id)
            ON CONFLICT (call_id) DO NOTHING
        RETURNING task_id)
    UPDATE integrations_callbacktask SET due_at = LEAST(due_at, statement_timestamp())
     WHERE id IN (SELECT task_id FROM added)
"""
"""Missed calls of a client with an open task, which were called back by the same call as its first one."""

NOTE_REACHED = """
    UPDATE integrations_callbacktask AS task
       SET reached_in_id = opening.called_back_in_id, due_at = LEAST(task.due_at, statement_timestamp())
      FROM integrations_missedcall AS opening
      JOIN integrations_call AS reached ON reached.id = opening.called_back_in_id
     WHERE opening.call_id = task.call_id AND task.kind = 'missed_call' AND task.closed_at IS NULL
       AND task.reached_comment_id IS NULL AND task.in_flight_step <> 'reached'
       AND task.reached_in_id IS DISTINCT FROM opening.called_back_in_id
       AND reached.state NOT IN ('in_progress', 'pending')
"""
"""The employee of the call is known once it is delivered or skipped."""

CLOSE_OLD_TASKS = """
    UPDATE integrations_callbacktask SET closed_at = statement_timestamp(), due_at = NULL
     WHERE closed_at IS NULL AND opened_at < statement_timestamp() - %(open_for)s
"""

DUE_CUSTOMERS = """
    SELECT DISTINCT customer_id FROM integrations_callbacktask AS task
     WHERE due_at <= statement_timestamp()
       AND EXISTS (SELECT FROM integrations_customer AS customer
                    WHERE customer.id = task.customer_id AND customer.paused_reason = '')
"""

NOTE_UNKNOWN_EMPLOYEE = """
    WITH wanted AS (
        SELECT FROM integrations_callbacksettings
         WHERE customer_id = %(customer)s AND unknown_employee_for_id IS NOT NULL
           AND NOT EXISTS (SELECT FROM integrations_callbacktask WHERE call_id = %(call)s)
           AND NOT EXISTS (SELECT FROM integrations_callbackcomment WHERE call_id = %(call)s)),
    opened AS (
        INSERT INTO integrations_callbacktask (customer_id, kind, subject, call_id, contact_id, due_at)
        SELECT %(customer)s, 'unknown_employee', %(who)s, %(call)s, %(contact)s, statement_timestamp() FROM wanted
            ON CONFLICT (customer_id, kind, subject) WHERE closed_at IS NULL
            DO UPDATE SET due_at = LEAST(integrations_callbacktask.due_at, statement_timestamp())
        RETURNING id, call_id)
    INSERT INTO integrations_callbackcomment (task_id, call_id)
    SELECT id, %(call)s FROM opened WHERE call_id <> %(call)s
        ON CONFLICT (call_id) DO NOTHING
"""

BEGIN_WRITE = """
    WITH held AS (
        SELECT FROM integrations_turn WHERE customer_id = %(customer)s AND holder = %(holder)s FOR SHARE
    )
    UPDATE {table} SET {column} = %(sent)s FROM held WHERE id = %(id)s
"""
"""Changes nothing when the delivery lease is lost."""

FINISH = """
    UPDATE integrations_callbacktask AS task SET due_at = NULL, attempts = 0
     WHERE id = %(task)s AND reached_in_id IS NOT DISTINCT FROM %(reached)s
       AND NOT EXISTS (SELECT FROM integrations_callbackcomment AS comment
                        WHERE comment.task_id = task.id AND comment.comment_id IS NULL AND NOT comment.refused)
"""
"""Unless something was noted meanwhile."""

SHOW_PROBLEM = """
    UPDATE integrations_call SET reason = %(reason)s, detail = %(detail)s
     WHERE id = %(call)s AND state = 'delivered' AND reason IN ('', %(reason)s)
"""
HIDE_PROBLEM = """
    UPDATE integrations_call SET reason = '', detail = '' WHERE id = %(call)s AND reason = %(reason)s
"""
