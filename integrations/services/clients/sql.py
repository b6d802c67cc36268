"""The SQL of the delivery lease and the account's rate limit. Times are by the database's clock."""

from __future__ import annotations

NEXT_SLOT = """
    INSERT INTO integrations_accountpace AS account_limit (account, next_request_at)
    VALUES (%(account)s, clock_timestamp() + %(interval)s)
    ON CONFLICT (account) DO UPDATE
       SET next_request_at = GREATEST(account_limit.next_request_at, clock_timestamp()) + %(interval)s
    RETURNING next_request_at - %(interval)s AS starts_at
"""
"""Takes the account's next free slot."""

READ_SLOT = f"""
    WITH slot AS ({NEXT_SLOT})
    SELECT EXTRACT(EPOCH FROM starts_at - clock_timestamp()) FROM slot
"""  # noqa: S608 - our own query

SPARE_SLOT = """
    WITH slot AS (
        INSERT INTO integrations_accountpace AS account_limit (account, next_request_at)
        SELECT %(account)s, clock_timestamp() + %(interval)s
         WHERE NOT EXISTS (SELECT FROM integrations_call
                            WHERE customer_id = ANY(%(customers)s) AND due_at <= statement_timestamp())
        ON CONFLICT (account) DO UPDATE
           SET next_request_at = GREATEST(account_limit.next_request_at, clock_timestamp()) + %(interval)s
         WHERE account_limit.next_request_at <= clock_timestamp() + %(interval)s
        RETURNING next_request_at - %(interval)s AS starts_at
    )
    SELECT EXTRACT(EPOCH FROM starts_at - clock_timestamp()) FROM slot
"""
"""Takes the account's next slot if it starts within one interval and no call of these customers is due."""

LEASED_SLOT = f"""
    WITH {{piggyback}} slot AS ({NEXT_SLOT})
    UPDATE integrations_turn
       SET held_until = GREATEST(slot.starts_at, clock_timestamp()) + %(lease)s
      FROM slot
     WHERE customer_id = %(customer)s AND holder = %(holder)s
    RETURNING EXTRACT(EPOCH FROM slot.starts_at - clock_timestamp())
"""  # noqa: S608 - our own query
"""Takes a slot and extends the lease beyond it; returns no row when the lease is lost."""

ACQUIRE_LEASE = """
    INSERT INTO integrations_turn AS lease (customer_id, holder, held_until)
    VALUES (%(customer)s, %(holder)s, clock_timestamp() + %(lease)s)
    ON CONFLICT (customer_id) DO UPDATE
       SET holder = EXCLUDED.holder, held_until = EXCLUDED.held_until
     WHERE lease.held_until < clock_timestamp()
       AND (lease.retry_at IS NULL OR lease.retry_at <= clock_timestamp())
    RETURNING failures
"""

END_LEASE = """
    UPDATE integrations_turn SET held_until = statement_timestamp()
     WHERE customer_id = %(customer)s AND holder = %(holder)s
"""

RELEASE_LEASE = f"""
    WITH limited AS (
        UPDATE integrations_accountpace
           SET next_request_at = clock_timestamp() + %(remaining)s
         WHERE account = %(account)s AND %(remaining)s > interval '0'
           AND next_request_at < clock_timestamp() + %(remaining)s
    )
    {END_LEASE}
"""  # noqa: S608 - our own query
"""Ends the lease, and keeps the account free until its interval after our last request has passed."""
