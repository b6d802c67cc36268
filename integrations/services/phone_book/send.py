"""Sends new and changed contacts to Ringostat's contact book, in bounded batches.

Reads the directory in the order of its changes, from a stored place on. Once a day it starts from the beginning. That
finds callers whose contact did not change, and entries that a change of employees or settings makes different.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from datetime import timedelta

import structlog
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.db.models.functions import Now

from integrations.models import (
    Call,
    Customer,
    DirectoryAccount,
    DirectoryContact,
    DirectoryNumber,
    PhoneBook,
    PhoneBookContacts,
    PhoneBookEntry,
)
from integrations.ringostat.api import RingostatClient, RingostatError
from integrations.ringostat.telephone.contact import PhoneBookContact
from integrations.services.clients.ringostat import ringostat_client
from integrations.services.database import database_time, release_connection
from integrations.services.directory.accounts import directory_of
from integrations.services.phone_book.content import content_hash, phone_book_contacts

log = structlog.get_logger(__name__)

SECONDS = 30.0
"""The time limit of one request."""
PAGE, MOST_PAGES = 500, 10
"""How many contacts of the directory make a page, and how many pages one run reads."""
BATCH = 100
"""Contacts in one request."""
ROUND = timedelta(days=1)
SETTLED = timedelta(minutes=1)
"""The lowest age of changes that a run reads. It leaves younger ones to the next run, to miss no change that commits
late.
"""
RECENT, MOST_RECENT = timedelta(hours=2), 5000
"""Age and number of the calls whose contacts are sent at once, not only in the next round."""
FIRST_DELAY, LONGEST_DELAY = timedelta(minutes=1), timedelta(hours=1)


def customers_to_send() -> list[int]:
    """The ids of customers whose contacts are due to be sent."""
    books = PhoneBook.objects.exclude(contacts=PhoneBookContacts.NONE).filter(next_at__lte=Now())
    able = books.exclude(customer__ringostat_auth_key="").exclude(customer__ringostat_project_id="")
    return list(able.order_by("pk").values_list("pk", flat=True))


def send_contacts(customer_id: int, *, should_stop: Callable[[], bool] = lambda: False) -> None:
    """Sends new and changed contacts, as many as one run may. May be killed and repeated: a contact that is sent twice
    stays one contact.
    """
    book = PhoneBook.objects.select_related("customer").filter(pk=customer_id).first()
    account = directory_of(book.customer).first() if book else None
    if book is None or account is None or book.contacts == PhoneBookContacts.NONE:
        return
    try:
        client = ringostat_client(book.customer, seconds=SECONDS)
        if client:
            _Sending(book, account, client).run(should_stop)
    except RingostatError as error:
        log.warning("contacts not sent", customer_id=customer_id, error=str(error))
        _postpone(book, error)
        return
    PhoneBook.objects.filter(pk=customer_id).exclude(failures=0, trouble="").update(failures=0, trouble="")


def _postpone(book: PhoneBook, error: RingostatError) -> None:
    growing = min(FIRST_DELAY * 2 ** min(book.failures, 10), LONGEST_DELAY)
    delay = growing if error.retryable else LONGEST_DELAY
    PhoneBook.objects.filter(pk=book.pk).update(
        failures=book.failures + 1, trouble=str(error)[:300], next_at=Now() + delay
    )


class _Sending:
    """One run for one customer."""

    def __init__(self, book: PhoneBook, account: DirectoryAccount, client: RingostatClient) -> None:
        self._book, self._account, self._client = book, account, client
        self._customer: Customer = book.customer
        self._only_callers = book.contacts == PhoneBookContacts.CALLERS
        self._now = database_time()

    def run(self, should_stop: Callable[[], bool]) -> None:
        """Sends new and changed contacts of at most MOST_PAGES pages, and stores the progress after each page.

        Raises RingostatError.
        """
        if self._only_callers:
            self._send(list(self._recent_callers()))
        if self._book.round_at is None:
            self._save(round_at=self._now)
        for _ in range(MOST_PAGES):
            page = list(self._next_page())
            self._send(self._wanted(page))
            if page:
                self._save(cursor_at=page[-1].changed_at, cursor_id=page[-1].pk)
            if len(page) < PAGE:
                return self._end_round()
            if should_stop():
                return None
        return None

    def _end_round(self) -> None:
        if self._book.round_at and self._book.round_at < self._now - ROUND:
            self._save(cursor_at=None, cursor_id=0, round_at=self._now)

    def _save(self, **columns: object) -> None:
        for name, value in columns.items():
            setattr(self._book, name, value)
        PhoneBook.objects.filter(pk=self._book.pk).update(**columns)

    def _next_page(self) -> QuerySet[DirectoryContact]:
        """The next contacts after the stored place, in the order of their changes. Uses the index
        `directory_contact_changed`.
        """
        book = self._book
        rows = self._account.contacts.filter(changed_at__lte=self._now - SETTLED)
        if book.cursor_at:
            is_later = Q(changed_at__gt=book.cursor_at) | Q(pk__gt=book.cursor_id)
            rows = rows.filter(is_later, changed_at__gte=book.cursor_at)
        return rows.order_by("changed_at", "pk")[:PAGE]

    def _wanted(self, page: Collection[DirectoryContact]) -> list[DirectoryContact]:
        """Selects the contacts to send. If the customer sends only callers, leaves out contacts who never called, but
        keeps those that were sent before up to date.
        """
        if not self._only_callers:
            return list(page)
        calls = Call.objects.filter(client_number=OuterRef("number"), customer=self._customer)
        numbers = DirectoryNumber.objects.filter(Exists(calls), contact=OuterRef("pk")).exclude(number="")
        sent = PhoneBookEntry.objects.filter(customer=self._customer, contact_id=OuterRef("contact_id"))
        wanted = DirectoryContact.objects.filter(Exists(numbers) | Exists(sent), pk__in=[row.pk for row in page])
        return list(wanted)

    def _recent_callers(self) -> QuerySet[DirectoryContact]:
        calls = Call.objects.filter(customer=self._customer, started_at__gte=self._now - RECENT)
        numbers = set(calls.order_by("-started_at").values_list("client_number", flat=True)[:MOST_RECENT])
        found = DirectoryNumber.objects.filter(account=self._account, number__in=numbers - {""})
        return DirectoryContact.objects.filter(pk__in=found.values("contact"))

    def _send(self, rows: Sequence[DirectoryContact]) -> None:
        """Sends the contacts that differ from what was sent before."""
        hashed = [(contact, content_hash(self._customer, contact)) for contact in self._contacts(rows)]
        entries = PhoneBookEntry.objects.filter(
            customer=self._customer, contact_id__in=[contact.external_id for contact, _ in hashed]
        )
        sent = {str(contact_id): known for contact_id, known in entries.values_list("contact_id", "content_hash")}
        changed = [(contact, new) for contact, new in hashed if sent.get(contact.external_id) != new]
        for start in range(0, len(changed), BATCH):
            batch = changed[start : start + BATCH]
            release_connection()
            self._client.sync_contacts([contact for contact, _ in batch])
            self._note(batch)

    def _contacts(self, rows: Sequence[DirectoryContact]) -> Iterator[PhoneBookContact]:
        yield from phone_book_contacts(self._customer, rows) if rows else ()

    def _note(self, batch: Sequence[tuple[PhoneBookContact, str]]) -> None:
        PhoneBookEntry.objects.bulk_create(
            [
                PhoneBookEntry(
                    customer=self._customer, contact_id=int(contact.external_id), content_hash=new, sent_at=Now()
                )
                for contact, new in batch
            ],
            update_conflicts=True,
            unique_fields=["customer", "contact_id"],
            update_fields=["content_hash", "sent_at"],
        )
        self._save(sent_at=self._now)
