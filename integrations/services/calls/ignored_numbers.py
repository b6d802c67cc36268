"""A customer's ignored numbers, whose calls do not go to Planfix: a courier, an alarm, the company itself."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from django.db import transaction
from django.db.models import QuerySet

from integrations.domain.phones import normalize
from integrations.domain.reasons import Reason
from integrations.models import Call, Customer
from integrations.services.calls.dismiss import skip_failed

Spelled = tuple[int, str]
"""A customer's key, and a client's number as a call of that customer has it."""


@dataclass(frozen=True, kw_only=True)
class NumbersOfCalls:
    """The numbers of some calls that can be ignored, and how many calls have no such number.

    Numbers are in full format, each with its spellings among the calls.
    """

    new: Mapping[Spelled, list[str]]
    known: Mapping[Spelled, list[str]]
    """Numbers that are ignored already."""
    ignored_calls: int
    unusable_calls: int

    @property
    def by_customer(self) -> Counter[int]:
        return Counter(customer_id for customer_id, _number in self.new)


def numbers_among(calls: Iterable[Spelled]) -> NumbersOfCalls:
    """Groups calls by customer and number; a number that calls two customers counts twice. Skips deleted customers."""
    counts = Counter(calls)
    customers = Customer.objects.in_bulk({customer_id for customer_id, _spelling in counts})
    new: defaultdict[Spelled, list[str]] = defaultdict(list)
    known: defaultdict[Spelled, list[str]] = defaultdict(list)
    ignored_calls = unusable_calls = 0
    for (customer_id, spelling), count in counts.items():
        customer = customers.get(customer_id)
        full = normalize(spelling, customer.region) if customer else None
        if customer is None or full is None:
            unusable_calls += count
        elif full in customer.full_ignored_numbers:
            ignored_calls += count
            known[customer_id, full].append(spelling)
        else:
            new[customer_id, full].append(spelling)
    return NumbersOfCalls(new=new, known=known, ignored_calls=ignored_calls, unusable_calls=unusable_calls)


def spelled_numbers(calls: QuerySet[Call]) -> QuerySet[Call, Spelled]:
    return calls.order_by().values_list("customer_id", "client_number")


def ignore_number(customer_id: int, number: str) -> bool:
    """Adds the number to the customer's ignored numbers. Waiting calls are skipped when they are delivered.

    Returns False when the number is ignored already, in any spelling, or when the customer was deleted. Raises
    ValueError for text that is no phone number.
    """
    with transaction.atomic():
        customer = Customer.objects.select_for_update(no_key=True).filter(pk=customer_id).first()
        if customer is None:
            return False
        full = normalize(number, customer.region)
        if full is None:
            raise ValueError(number)
        if full in customer.full_ignored_numbers:
            return False
        customer.ignored_numbers.append(full)
        customer.save(update_fields=["ignored_numbers"])
    return True


def skip_ignored(calls: QuerySet[Call]) -> None:
    """Skips the failed ones among calls of an ignored number. They are not made due for a new decision: a delivery that
    runs with the old settings would deliver them.
    """
    skip_failed(calls, reason=Reason.IGNORED_NUMBER)
