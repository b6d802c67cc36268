"""Proves that the account's contact search finds contacts that exist, before a contact is created."""

from __future__ import annotations

from integrations.models import Customer
from integrations.planfix.http.client import Planfix
from integrations.planfix.http.errors import PlanfixSearchBlind
from integrations.planfix.records.contacts import search_finds_what_exists
from integrations.services.clients.planfix import with_this_access


def prove_search(planfix: Planfix, customer: Customer) -> None:
    """Two requests. Raises PlanfixSearchBlind while the search fails; forgets that it failed once it finds again."""
    if search_finds_what_exists(planfix) is False:
        raise PlanfixSearchBlind(
            "The contact search of this Planfix account does not find a contact that exists. The call waits, and no "
            "contact is created until it does: run the connection check, and ask Planfix's support if it fails again."
        )
    with_this_access(customer).update(search_is_blind=False)
    customer.search_is_blind = False
