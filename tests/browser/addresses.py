"""The pages of a site with one customer and its calls, for tests that open every one."""

from __future__ import annotations

from integrations.models import Call, Customer
from tests.end_to_end.bodies import CALL_ID

CUSTOMER_PAGES = (
    *("overview", "change", "employees", "parameters", "webhook-setup"),
    *("dry-run", "trial", "copy", "directory", "routing", "callback-tasks"),
)


def addresses() -> list[str]:
    """Returns the path of every page that people open."""
    customer, call = Customer.objects.get(), Call.objects.get(ringostat_id=CALL_ID)
    return [
        "/calls/",
        "/calls/?state=skipped&direction=incoming",
        f"/calls/{call.pk}/",
        "/calls/waiting/",
        "/calls/exports/",
        "/calls/api/",
        "/calls/second-factor/",
        "/account/",
        "/admin/",
        "/admin/problems/",
        "/admin/system/",
        *(f"/admin/integrations/customer/{customer.pk}/{page}/" for page in CUSTOMER_PAGES),
        "/admin/integrations/customer/add/",
        "/admin/integrations/webhookevent/",
        "/admin/integrations/planfixrequest/",
        "/admin/integrations/alert/",
        "/admin/integrations/work/",
        "/admin/admin/logentry/",
        "/admin/procrastinate/procrastinatejob/",
        "/admin/auth/user/",
        "/admin/auth/user/add/",
    ]
