"""Chooses calls to read back: a customer's first calls, the first calls after a change, and a sample of the rest."""

from __future__ import annotations

import zlib
from typing import Any

from integrations.models import Call, Customer

FIRST_CALLS = 5
CALLS_AFTER_CHANGE = 3
"""After a change of the customer's settings or of what is known of its Planfix account."""
ONE_IN = 200

CHOOSE_CALL = f"""
    INSERT INTO integrations_readback (call_id, customer_id, settings)
    SELECT %(call_id)s, %(chosen_customer_id)s, known.settings
      FROM (SELECT md5(%(settings_hash)s || COALESCE(string_agg(name || '=' || value, ',' ORDER BY name), ''))
              FROM integrations_accounttrait WHERE account = %(account)s) AS known (settings),
           LATERAL (SELECT max(chosen_at) FROM integrations_readback
                     WHERE customer_id = %(chosen_customer_id)s AND settings <> known.settings) AS former (chosen_at)
     WHERE EXISTS (SELECT FROM integrations_delivery WHERE call_id = %(call_id)s AND attempts = %(attempts)s)
       AND (%(is_sampled)s
            OR (SELECT count(*) FROM integrations_readback WHERE customer_id = %(chosen_customer_id)s) < {FIRST_CALLS}
            OR (SELECT count(*) FROM integrations_readback
                 WHERE customer_id = %(chosen_customer_id)s
                   AND (former.chosen_at IS NULL OR chosen_at > former.chosen_at)) < {CALLS_AFTER_CHANGE})
    ON CONFLICT (call_id) DO UPDATE
       SET settings = EXCLUDED.settings, chosen_at = EXCLUDED.chosen_at, due_at = EXCLUDED.due_at,
           attempts = 0, read_at = NULL, verified = NULL, differences = EXCLUDED.differences
"""  # noqa: S608 - our own numbers
"""A part of the statement that stores a delivery. Reads a few rows of one index, and no row of any call."""


def choice_parameters(call: Call, customer: Customer) -> dict[str, Any]:
    """The parameters of CHOOSE_CALL, besides the call, its attempts and its account."""
    return {
        "chosen_customer_id": customer.pk,
        "settings_hash": customer.settings_hash,
        "is_sampled": zlib.crc32(call.ringostat_id.encode()) % ONE_IN == 0,
    }
