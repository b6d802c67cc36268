"""The console's menu, which unfold asks for by UNFOLD["SIDEBAR"]["navigation"] in the settings."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest
from django.urls import reverse_lazy
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from integrations.models import Alert
from integrations.ui.labels import LazyText

ACCOUNT_PAGES = frozenset({"api_access", "withdraw_token", "second_factor", "second_factor_off", "second_factor_code"})


def navigation(request: HttpRequest) -> list[dict[str, Any]]:
    """The groups of links, in unfold's terms. A link shows only to those who may open its page."""
    return [
        {
            "items": [
                _link(_("Customers"), "apartment", "admin:index", "integrations.view_customer"),
                _link(_("Problems"), "report", "console:problems", "integrations.view_customer"),
                {"title": _("Calls"), "icon": "call", "link": reverse_lazy("calllog:list"), "active": _shows_calls},
            ],
        },
        {
            "title": _("Activity"),
            "items": [
                _list(_("Alerts"), "notifications", "integrations.alert") | {"badge": _open_alerts(request)},
                _list(_("Webhook events"), "webhook", "integrations.webhookevent"),
                _list(_("Planfix requests"), "sync_alt", "integrations.planfixrequest"),
                _list(_("Background jobs"), "pending_actions", "integrations.backgroundjob"),
                _link(_("Audit log"), "history_edu", "admin:admin_logentry_changelist", "integrations.change_customer"),
            ],
        },
        {
            "title": _("Administration"),
            "items": [
                _list(_("Users"), "group", "auth.user"),
                _link(pgettext_lazy("page", "System"), "monitor_heart", "console:system", "integrations.view_customer"),
                _list(_("Queue"), "list_alt", "procrastinate.procrastinatejob"),
            ],
        },
    ]


def _open_alerts(request: HttpRequest) -> str:
    """The number beside “Alerts”; "" without open ones, which shows no badge."""
    if not request.user.has_perm("integrations.view_alert"):
        return ""
    return str(Alert.objects.filter(resolved_at=None).count() or "")


def _list(title: LazyText, icon: str, model: str) -> dict[str, Any]:
    """A link to the list of a model, which is named as in "integrations.customer"."""
    app, name = model.split(".")
    return _link(title, icon, f"admin:{app}_{name}_changelist", f"{app}.view_{name}")


def _link(title: LazyText, icon: str, address: str, permission: str) -> dict[str, Any]:
    return {"title": title, "icon": icon, "link": reverse_lazy(address), "permission": _may(permission)}


def _may(permission: str) -> Callable[[HttpRequest], bool]:
    return lambda request: request.user.has_perm(permission)


def _shows_calls(request: HttpRequest) -> bool:
    """True for the pages of the call log, except those of a user's own account, which have addresses below it."""
    match = request.resolver_match
    return match is not None and match.app_name == "calllog" and match.url_name not in ACCOUNT_PAGES
