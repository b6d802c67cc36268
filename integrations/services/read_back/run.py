"""Reads chosen calls back, only while no call of the account waits and the account's rate limit has a spare slot."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import timedelta

import structlog
from django.db.models import F, QuerySet
from django.db.models.functions import Now

from integrations.models import Customer, Delivery, ReadBack
from integrations.planfix.call_tags.read_back import read_entry
from integrations.planfix.http.client import Planfix
from integrations.planfix.http.errors import PlanfixAccessDenied, PlanfixError, PlanfixRefused
from integrations.planfix.records.read_back import read_comment, read_contact
from integrations.services.account_traits import learn_number_storage, traits_of
from integrations.services.clients.planfix import logged_client
from integrations.services.clients.rate_limit import NoSpareSlot, SpareSlots
from integrations.services.read_back.compare import Difference, Held, Part, Sent, differences
from integrations.services.read_back.sent import sent_for

log = structlog.get_logger(__name__)

RUN_SECONDS = 20
MOST_ATTEMPTS = 5
LATER = timedelta(hours=1)
"""The delay after a failed request. It doubles after each further failure."""
NO_SUCH_ENTRY = 6000


def customers_to_read_back() -> list[int]:
    """The ids of customers that are not paused and have calls to read back. Reads the index `read_back_due`."""
    return list(_due().order_by("customer_id").values_list("customer_id", flat=True).distinct())


def _due() -> QuerySet[ReadBack]:
    return ReadBack.objects.filter(due_at__lte=Now(), customer__paused_reason="", call__customer=F("customer"))


def read_back(customer_id: int, *, should_stop: Callable[[], bool] = lambda: False) -> None:
    """Reads the customer's chosen calls back, the oldest first, and stores what differs. Safe to call at any time.

    Stops as soon as a call of the account is due. A later job reads the rest.
    """
    customer = Customer.objects.prefetch_related("employees", "utm_fields").filter(pk=customer_id).first()
    if customer is None:
        return
    client = logged_client(customer, acquire_slot=SpareSlots(customer).acquire)
    ends_at = time.monotonic() + RUN_SECONDS
    while not should_stop() and time.monotonic() < ends_at:
        row = _due().filter(customer=customer).select_related("call").order_by("due_at").first()
        if row is None:
            return
        try:
            _read(row, customer, client)
        except NoSpareSlot:
            return
        except PlanfixError as error:
            _postpone(row, error)
            return


def _read(row: ReadBack, customer: Customer, client: Planfix) -> None:
    """Reads one call. Raises PlanfixError, NoSpareSlot."""
    call, receipts = row.call, Delivery.objects.filter(call=row.call_id).first()
    sent = sent_for(call, receipts, customer) if receipts else None
    if receipts is None or receipts.comment_id is None or sent is None:
        ReadBack.objects.filter(pk=row.pk).delete()  # Nothing to compare. The next call is chosen in its place.
        return
    found = _differences(sent, receipts.comment_id, customer, client)
    if not Delivery.objects.filter(call=call, attempts=receipts.attempts).exists():
        return  # An attempt may have changed the comment meanwhile: the call is read again.
    _learn_from_contact(receipts, customer, client)
    _save(row, found)
    if found:
        log.warning(
            "call differs in Planfix",
            customer_id=customer.pk,
            call_id=call.pk,
            parts=sorted({difference.part.value for difference in found}),
        )


def _learn_from_contact(receipts: Delivery, customer: Customer, client: Planfix) -> None:
    """Learns how the account stores phone numbers, from the first contact created in it. One request."""
    if not receipts.contact_created or receipts.contact_id is None or traits_of(customer).number_storage:
        return
    try:
        contact = read_contact(client, receipts.contact_id)
    except PlanfixRefused:
        return  # It was deleted or merged meanwhile.
    learn_number_storage(customer, written=receipts.call.client_number, stored=contact.phones)


def _differences(sent: Sent, comment_id: int, customer: Customer, client: Planfix) -> list[Difference]:
    """Reads the comment and its data tag entry, and returns what differs. Two requests."""
    try:
        comment = read_comment(client, comment_id)
    except PlanfixRefused as error:
        if not error.is_missing_comment:
            raise
        return [Difference(part=Part.COMMENT, sent=str(comment_id), read="")]
    values = {}
    if sent.tag_key is not None:
        try:
            values = read_entry(client, sent.tag_key, sent.values)
        except PlanfixRefused as error:
            if error.code != NO_SUCH_ENTRY:
                raise
            return [Difference(part=Part.TAG, sent=str(sent.tag_key), read="")]
    held = Held(comment=comment, values=values)
    return differences(sent, held, zone=customer.zone, traits=traits_of(customer))


def _save(row: ReadBack, found: list[Difference]) -> None:
    ReadBack.objects.filter(pk=row.pk).update(
        due_at=None,
        read_at=Now(),
        verified=not found,
        differences=[difference.to_json() for difference in found],
    )


def _postpone(row: ReadBack, error: PlanfixError) -> None:
    """Makes the call due again later. Gives up when the token lacks the right to read, and after MOST_ATTEMPTS."""
    log.info("call not read back", customer_id=row.customer_id, call_id=row.call_id, error=error.message)
    is_last = isinstance(error, PlanfixAccessDenied) or row.attempts + 1 >= MOST_ATTEMPTS
    due_at = None if is_last else Now() + LATER * 2**row.attempts
    ReadBack.objects.filter(pk=row.pk).update(attempts=F("attempts") + 1, due_at=due_at)
