"""One attempt to deliver one call: what every step of it needs."""

from __future__ import annotations

import uuid
from dataclasses import dataclass

from integrations.domain.calls import CallFacts
from integrations.models import Call, Customer, Delivery
from integrations.planfix.call_tags.schema import CallTags
from integrations.planfix.http.client import Planfix
from integrations.services.delivery.receipts import ReceiptBook

OBJECTS = uuid.UUID("0f3c7a52-6f0e-5b0e-9a36-52494e474f46")
"""Namespace of the ids under which Planfix stores our comments and contacts (sourceObjectId)."""


@dataclass(frozen=True, kw_only=True)
class Attempt:
    """`facts`: of the call, folded. `book`: the receipts of earlier attempts, from which this one continues."""

    call: Call
    facts: CallFacts
    customer: Customer
    planfix: Planfix
    tags: CallTags
    book: ReceiptBook

    @property
    def receipts(self) -> Delivery:
        return self.book.row

    def source_object_id(self, kind: str) -> uuid.UUID:
        return uuid.uuid5(OBJECTS, f"{kind}:{self.customer.pk}:{self.call.ringostat_id}")
