"""One attempt to deliver one call: what every step of it needs."""

from __future__ import annotations

from dataclasses import dataclass

from integrations.domain.calls import CallFacts
from integrations.models import Call, Customer
from integrations.planfix.call_tags.schema import CallTags
from integrations.planfix.http.client import Planfix
from integrations.services.delivery.receipts import ReceiptBook


@dataclass(frozen=True, kw_only=True)
class Attempt:
    """`facts`: of the call, folded. `book`: the receipts of earlier attempts, from which this one continues."""

    call: Call
    facts: CallFacts
    customer: Customer
    planfix: Planfix
    tags: CallTags
    book: ReceiptBook
