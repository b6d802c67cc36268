"""Web pages of an account: its records as Planfix users see them, and the request log. They refresh themselves."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from django.template.loader import render_to_string

from sandbox.http.server import Reply, Request, html_reply
from sandbox.planfix.account import Account, Subject
from sandbox.planfix.records import Comment
from sandbox.state import DEFAULT, Sandbox
from sandbox.web.rows import (
    TAG_KINDS,
    ListedSubject,
    listed_contact,
    listed_contacts,
    listed_phone_book,
    listed_switches,
    listed_task,
    listed_tasks,
    shown_comment,
    shown_request,
)

SHOWN_COMMENTS, SHOWN_REQUESTS = 60, 200


def answer(sandbox: Sandbox, account: Account, path: str, request: Request) -> Reply:
    if path == "/" and request.path == "/" and len(sandbox.accounts) > 1:
        return html_reply(_accounts_page(sandbox))
    if request.method in ("GET", "HEAD") and path.rstrip("/") in PHONE_BOOK:
        return html_reply(_phone_book_page(sandbox, account))
    if request.method not in ("GET", "HEAD") or path.rstrip("/") not in PAGES:
        return html_reply(render_to_string("sandbox/not_found.html"), 404)
    return html_reply(PAGES[path.rstrip("/")](account, request))


PHONE_BOOK = ("/phone-book", "/account/phone-book")


def _phone_book_page(sandbox: Sandbox, account: Account) -> str:
    rows = listed_phone_book(sandbox.ringostat)
    return render_to_string("sandbox/phone_book.html", {**_frame(account), "rows": rows})


def _accounts_page(sandbox: Sandbox) -> str:
    accounts = [
        {"name": account.name, "base": _base(account), "language": account.language, **_totals(account)}
        for account in sandbox.accounts.values()
    ]
    return render_to_string("sandbox/accounts.html", {"accounts": accounts})


def _base(account: Account) -> str:
    return "/account/" if account.name == DEFAULT else f"/a/{account.name}/"


def _totals(account: Account) -> dict[str, int]:
    kinds = Counter(TAG_KINDS.get(entry.tag.id) for entry in account.tag_entries)
    return {
        "contacts": len(account.contacts_by_id),
        "tasks": len(account.tasks_by_id),
        "calls": kinds["call"],
        "missed": kinds["missed"],
        "requests": account.quota.used_today,
    }


def _account_page(account: Account, request: Request) -> str:
    query = request.query
    with account.lock:
        chosen = _chosen(account, query)
        comments = _comments(account, chosen)
        context = {
            **_frame(account),
            "contacts": listed_contacts(account, query.get("q", "")),
            "tasks": listed_tasks(account, query.get("q", "")),
            "search": query.get("q", ""),
            "chosen": chosen,
            "chosen_row": _chosen_row(account, chosen),
            "comments": [shown_comment(account, comment) for comment in comments[:SHOWN_COMMENTS]],
            "more": max(0, len(comments) - SHOWN_COMMENTS),
        }
    return render_to_string("sandbox/account.html", context)


def _log_page(account: Account, _: Request) -> str:
    rows = [shown_request(account, request) for request in reversed(account.requests[-SHOWN_REQUESTS:])]
    return render_to_string("sandbox/requests.html", {**_frame(account), "rows": rows})


PAGES = {"": _account_page, "/account": _account_page, "/requests": _log_page, "/account/requests": _log_page}


def _frame(account: Account) -> dict[str, object]:
    return {
        "name": account.name,
        "url": account.url,
        "base": _base(account),
        "zone": account.zone.key,
        "totals": _totals(account),
        "changed": account.world.changed(),
        "switches": listed_switches(account.world),
    }


def _chosen(account: Account, query: dict[str, str]) -> Subject | None:
    known: tuple[tuple[str, Iterable[int]], ...] = (("contact", account.contacts_by_id), ("task", account.tasks_by_id))
    for kind, ids in known:
        number = query.get(kind, "")
        if number.isdigit() and int(number) in set(ids):
            return kind, int(number)
    return None


def _chosen_row(account: Account, chosen: Subject | None) -> ListedSubject | None:
    if chosen is None:
        return None
    kind, number = chosen
    if kind == "contact":
        return listed_contact(account, account.contacts_by_id[number])
    return listed_task(account, account.tasks_by_id[number])


def _comments(account: Account, chosen: Subject | None) -> list[Comment]:
    """Newest first, by the time that the sender gave them."""
    rows = account.feed(chosen) if chosen else account.comments_by_id.values()
    return sorted((c for c in rows if not c.is_deleted), key=lambda c: (c.at, c.id), reverse=True)
