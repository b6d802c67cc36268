"""The SQL of remembered contacts and of the creation lock."""

from __future__ import annotations

REMEMBERED_CONTACT = """
    SELECT remembered.contact_id,
           COALESCE(remembered.proved_at >= %(since)s, false) OR EXISTS (
               SELECT FROM integrations_directoryaccount AS account
                 JOIN integrations_directorynumber AS known
                   ON known.account_id = account.id AND known.number = remembered.number
                 JOIN integrations_directorycontact AS contact ON contact.id = known.contact_id
                WHERE %(directory)s AND account.account = %(account)s
                  AND account.first_read_at IS NOT NULL AND account.changes_read_at >= %(since)s
                  AND contact.contact_id = remembered.contact_id AND NOT contact.deleted)
      FROM integrations_rememberedcontact AS remembered
     WHERE remembered.customer_id = %(customer)s AND remembered.number = %(number)s
"""
"""With whether Planfix has shown the contact with this number since that time, to a call or to the directory."""

ACQUIRE_CREATION_LOCK = """
    INSERT INTO integrations_contactclaim AS claim (account, number, customer_id, held_until)
    VALUES (%(account)s, %(number)s, %(customer)s, clock_timestamp() + %(held_for)s)
    ON CONFLICT (account, number) DO UPDATE
       SET customer_id = EXCLUDED.customer_id, held_until = EXCLUDED.held_until
     WHERE claim.customer_id = EXCLUDED.customer_id OR claim.held_until < clock_timestamp() - %(searched_for)s
    RETURNING id
"""
"""Returns no row when another customer has held the lock at any time since the search began."""
