"""Makes links for a call: to its records in Planfix, to its card in Ringostat, and to the console's pages about it."""

from __future__ import annotations

from dataclasses import dataclass

from django.urls import reverse
from django.utils.translation import gettext as _

from integrations.models import Call, Delivery
from integrations.outbound.allowed_hosts import ringostat_link
from integrations.planfix.links import account_url, contact_url, task_url


@dataclass(frozen=True, kw_only=True)
class Link:
    text: str
    url: str


def call_links(call: Call, receipts: Delivery, callback_task_id: int | None = None) -> list[Link]:
    """Links to the call's contact, task, comment and callback task in Planfix, and to its card in Ringostat, as far as
    they exist.
    """
    account, contact_id, task_id = call.customer.planfix_url, receipts.contact_id, receipts.task_id
    links = []
    if contact_id:
        text = _("Contact %(id)s in Planfix") % {"id": contact_id}
        links.append(Link(text=text, url=contact_url(account, contact_id)))
    if task_id:
        text = _("Task %(id)s in Planfix") % {"id": task_id}
        links.append(Link(text=text, url=task_url(account, task_id)))
    if comment := comment_url(account, receipts):
        text = _("Comment %(id)s in Planfix") % {"id": receipts.comment_id}
        links.append(Link(text=text, url=comment))
    if callback_task_id:
        text = _("Callback task %(id)s in Planfix") % {"id": callback_task_id}
        links.append(Link(text=text, url=task_url(account, callback_task_id)))
    if card := ringostat_link(call.folded.card_url):
        links.append(Link(text=_("Call card in Ringostat"), url=card))
    return links


def comment_url(planfix_url: str, receipts: Delivery) -> str:
    """The URL of the comment, in its task or else on the contact's page; "" before the comment is written."""
    if receipts.comment_id is None:
        return ""
    if receipts.task_id:
        return task_url(planfix_url, receipts.task_id, receipts.comment_id)
    return contact_url(planfix_url, receipts.contact_id, receipts.comment_id) if receipts.contact_id else ""


def trial_url(
    planfix_url: str, *, contact_id: int | None, task_id: int | None = None, comment_id: int | None = None
) -> str:
    """The URL of the Planfix page that shows a trial's record: of its task or contact, else of the account."""
    if task_id is not None:
        return task_url(planfix_url, task_id, comment_id)
    if contact_id is None:
        return account_url(planfix_url)
    return contact_url(planfix_url, contact_id, comment_id)


def dry_run_url(customer_id: int, call_id: int) -> str:
    """The URL of the console's page that shows what delivery would do with this call today."""
    return _customer_page_url("integrations_customer_dry_run", customer_id, call_id)


def employees_url(customer_id: int, call_id: int) -> str:
    """The URL of the console's page for matching the employee of this call."""
    return _customer_page_url("integrations_customer_employees", customer_id, call_id)


def _customer_page_url(name: str, customer_id: int, call_id: int) -> str:
    return f"{reverse(f'admin:{name}', args=[customer_id])}?call={call_id}"
