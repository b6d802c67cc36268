"""Creates contact fields in Planfix for parameters. Only a person can create data tag fields."""

from __future__ import annotations

from functools import partial
from typing import Any

from integrations.models import BackgroundJob
from integrations.planfix.records.contact_fields import create_text_field, field_set
from integrations.planfix.records.contacts import contact_text_fields
from integrations.services.clients.planfix import logged_client, with_this_access
from integrations.services.queue.progress import Progress


def create_fields(job: BackgroundJob, progress: Progress) -> dict[str, Any]:
    """A background job: creates the missing contact fields of `names` and reads all contact fields again."""
    customer = job.customer
    assert customer
    names: list[str] = job.arguments["names"]
    progress.expect(len(names) + 3)
    client = logged_client(customer, acquire_slot=partial(progress.acquire_slot, customer), asked=progress.add)
    known = {name.casefold() for name in contact_text_fields(client)}
    missing = [name for name in names if name.casefold() not in known]
    if missing:
        set_id = field_set(client)
        for name in missing:
            create_text_field(client, name, set_id=set_id)
    fields = contact_text_fields(client)
    with_this_access(customer).update(planfix_contact_fields=fields)
    return {"made": missing}
