"""The SQL of remembered contacts and of the creation lock."""

from __future__ import annotations

REMEMBERED_CONTACT = """
    SELECT contact_id FROM integrations_rememberedcontact WHERE customer_id = %(customer)s AND number = %(number)s
"""

ACQUIRE_CREATION_LOCK = """
    INSERT INTO integrations_contactclaim AS claim (account, number, customer_id, held_until)
    VALUES (%(account)s, %(number)s, %(customer)s, clock_timestamp() + %(held_for)s)
    ON CONFLICT (account, number) DO UPDATE
       SET customer_id = EXCLUDED.customer_id, held_until = EXCLUDED.held_until
     WHERE claim.customer_id = EXCLUDED.customer_id OR claim.held_until < clock_timestamp() - %(searched_for)s
    RETURNING id
"""
"""Returns no row when another customer has held the lock at any time since the search began."""
