"""Numbers of a customer whose calls are nobody's business in Planfix: a courier, an alarm, the company itself."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from django.db import transaction
from django.db.models import QuerySet

from integrations.domain.phones import normalize
from integrations.models import Call, CallState, Customer, Work
from integrations.services.progress import Progress
from integrations.services.replay import replay_calls
from integrations.services.selection import known_calls_meant_by

Spelled = tuple[int, str]
"""A customer's key, and a client's number as a call of that customer has it."""


@dataclass(frozen=True, kw_only=True)
class NumbersOfCalls:
    """What can be ignored of some calls, and how many calls there are of which nothing can."""

    new: Mapping[Spelled, list[str]]
    """The numbers in full that are not ignored yet, each with its spellings among the calls."""
    ignored_calls: int
    unusable_calls: int

    @property
    def by_customer(self) -> Counter[int]:
        return Counter(customer_id for customer_id, _number in self.new)


def numbers_among(calls: Iterable[Spelled]) -> NumbersOfCalls:
    """Of each call its customer and number; a client of two customers is two numbers."""
    counts = Counter(calls)
    customers = Customer.objects.in_bulk({customer_id for customer_id, _spelling in counts})
    new: defaultdict[Spelled, list[str]] = defaultdict(list)
    left: Counter[bool] = Counter()
    for (customer_id, spelling), count in counts.items():
        full = normalize(spelling, customers[customer_id].region)
        if full is None or full in customers[customer_id].full_ignored_numbers:
            left[full is None] += count
        else:
            new[customer_id, full].append(spelling)
    return NumbersOfCalls(new=new, ignored_calls=left[False], unusable_calls=left[True])


def spelled_numbers(calls: QuerySet[Call]) -> QuerySet[Call, Spelled]:
    return calls.order_by().values_list("customer_id", "client_number")


def ignore_number(customer_id: int, number: str) -> bool:
    """Adds the number to the customer's ignored ones. Calls that wait are skipped when their turn comes.

    False when it stands there already, in whatever spelling. Raises ValueError for what is no phone number.
    """
    with transaction.atomic():
        customer = Customer.objects.select_for_update(no_key=True).get(pk=customer_id)
        full = normalize(number, customer.region)
        if full is None:
            raise ValueError(number)
        if full in customer.full_ignored_numbers:
            return False
        customer.ignored_numbers.append(full)
        customer.save(update_fields=["ignored_numbers"])
    return True


def ignore_as_asked(work: Work, progress: Progress) -> dict[str, int]:
    """Long work: the numbers of the calls that its arguments mean. Those of the calls that failed are decided anew, so
    that they are skipped like those that come from now on.
    """
    calls, count = known_calls_meant_by(work), 0
    numbers = numbers_among(spelled_numbers(calls).iterator()).new
    progress.expect(len(numbers))
    for (customer_id, number), spellings in sorted(numbers.items()):
        theirs = calls.filter(customer=customer_id, client_number__in=spellings, state=CallState.FAILED)
        with transaction.atomic():
            if ignore_number(customer_id, number):
                replay_calls(theirs)
                count += 1
        progress.add()
    return {"numbers": count}
