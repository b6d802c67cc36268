"""Contacts and companies in Planfix's REST API: get, list, create, update."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from uuid import UUID

from sandbox.http.server import Reply
from sandbox.planfix.account import Account
from sandbox.planfix.contacts.search import found_contacts
from sandbox.planfix.phone_numbers import masked
from sandbox.planfix.records import Contact, CustomField, Phone, StoredFile
from sandbox.planfix.rest import Body, Fields, Refusal, RestCall, Route, bad_value, shown, success, time_point
from sandbox.planfix.world import OwnFields, SourceObjectId

TEXTS = (
    "description",
    "address",
    "site",
    "skype",
    "telegramId",
    "telegram",
    "facebook",
    "instagram",
    "viberId",
    "position",
)


def _people(account: Account, prefixed: Iterable[str]) -> dict[str, object]:
    return {"users": [{"id": person, "name": account.person_name(person) or ""} for person in prefixed], "groups": []}


def _text(name: str) -> Callable[[Account, Contact], object]:
    return lambda _, contact: contact.texts.get(name, "")


FIELDS: Fields[Contact] = {
    "id": lambda _, contact: contact.id,
    "name": lambda _, contact: contact.name,
    "midname": lambda _, contact: contact.midname,
    "lastname": lambda _, contact: contact.lastname,
    "email": lambda _, contact: contact.email,
    "template": lambda _, contact: {"id": contact.template_id},
    "group": lambda _, contact: {"id": contact.group_id} if contact.group_id else None,
    "isCompany": lambda _, contact: contact.is_company,
    "isDeleted": lambda _, contact: contact.is_deleted,
    "createdDate": lambda account, contact: time_point(account, contact.created),
    "dateOfLastUpdate": lambda account, contact: time_point(account, contact.updated),
    "supervisors": lambda account, contact: _people(account, contact.supervisors),
    "phones": lambda _, contact: [
        {"number": phone.number, "maskedNumber": masked(phone.number), "type": phone.type} for phone in contact.phones
    ],
    "files": lambda _, contact: [{"id": f.id, "size": f.size, "name": f.name} for f in contact.files],
    "sourceObjectId": lambda _, contact: contact.source_object_id,
    "sourceDataVersion": lambda _, contact: contact.source_data_version,
    **{name: _text(name) for name in TEXTS},
}


def _presented(call: RestCall, contact: Contact) -> dict[str, object]:
    row = shown(call.account, contact, FIELDS, call.fields)
    if call.body.flag("prefixedId"):
        row["id"] = f"contact:{contact.id}"
    numbers = [int(name) for name in call.fields if name.isdigit()]
    known = [call.account.contact_fields[number] for number in numbers if number in call.account.contact_fields]
    if known:
        row["customFieldData"] = [{"field": _described(f), "value": contact.custom.get(f.id)} for f in known]
    return row


def _described(field: CustomField) -> dict[str, object]:
    return {"id": field.id, "name": field.name, "type": field.type, "objectType": field.object_type}


def _list(call: RestCall) -> Reply:
    found = found_contacts(call.account, call.body.objects("filters"), are_companies=call.body.flag("isCompany"))
    return success(contacts=[_presented(call, contact) for contact in call.page(found)])


# Reading and writing one


def contact_of(account: Account, number: int, error: str = "Contact not found by id") -> Contact:
    contact = account.contacts_by_id.get(number)
    if contact is None:
        raise Refusal(404, 2000, f"{error} {number}")
    return contact


def _get(call: RestCall) -> Reply:
    return success(contact=_presented(call, contact_of(call.account, call.ids[0])))


def _create(call: RestCall) -> Reply:
    account, body = call.account, call.body
    template = body.object("template").number("id") or body.number("templateId")
    if template not in account.contact_templates:
        raise Refusal(400, 2001, "Rest API error")
    _check_required_fields(account, body)
    if not body.text("name").strip():
        raise Refusal(400, 2006, "Contact name is empty")
    _check_email(account, body.text("email"), besides=None)
    source_object_id(account, body)  # refuses before the contact exists
    contact = account.add_contact(
        name=body.text("name"), template_id=template, is_company=body.flag("isCompany"), is_made_by_api=True
    )
    _apply(account, contact, body)
    return success(201, id=contact.id)


def _check_required_fields(account: Account, body: Body) -> None:
    given = {item.object("field").number("id") for item in body.objects("customFieldData")}
    for number in account.required_contact_fields:
        if number not in given:
            raise Refusal(400, 30, f"custom_field_is_required, id {number}")


def _update(call: RestCall) -> Reply:
    contact = contact_of(call.account, call.ids[0], "Contact for update not found by id")
    if "name" in call.body and not call.body.text("name").strip():
        raise Refusal(400, 2006, "Contact name is empty")
    _check_email(call.account, call.body.text("email"), besides=contact)
    _apply(call.account, contact, call.body)
    contact.updated = datetime.now(UTC)
    return success()


def _check_email(account: Account, email: str, besides: Contact | None) -> None:
    if email and any(c.email.lower() == email.lower() for c in account.contacts_by_id.values() if c is not besides):
        raise Refusal(400, 2005, "Contact e-mail is not unique")


def _apply(account: Account, contact: Contact, body: Body) -> None:
    """Applies the body's properties to the contact. Lists replace the old list; unknown properties are ignored."""
    for name, attribute in ATTRIBUTES.items():
        if name in body:
            setattr(contact, attribute, body.text(name))
    contact.texts.update({name: body.text(name) for name in TEXTS if name in body})
    for name, apply in CHANGES.items():
        if name in body:
            apply(account, contact, body)


def _apply_phones(account: Account, contact: Contact, body: Body) -> None:
    account.set_phones(contact, [_phone(phone) for phone in body.objects("phones") if phone.text("number")])


def _apply_supervisors(account: Account, contact: Contact, body: Body) -> None:
    contact.supervisors = [known_person(account, user) for user in body.object("supervisors").objects("users")]


def _apply_files(account: Account, contact: Contact, body: Body) -> None:
    contact.files = known_files(account, body)


def _apply_source(account: Account, contact: Contact, body: Body) -> None:
    contact.source_object_id = source_object_id(account, body)


def _apply_deletion(_: Account, contact: Contact, body: Body) -> None:
    contact.is_deleted = body.flag("isDeleted")


def _apply_custom(account: Account, contact: Contact, body: Body) -> None:
    if account.world.own_fields is OwnFields.DROPPED:
        return
    for item in body.objects("customFieldData"):
        if (number := item.object("field").number("id")) in account.contact_fields:
            contact.custom[number] = item.value("value")


CHANGES: Mapping[str, Callable[[Account, Contact, Body], None]] = {
    "phones": _apply_phones,
    "supervisors": _apply_supervisors,
    "files": _apply_files,
    "isDeleted": _apply_deletion,
    "customFieldData": _apply_custom,
    "sourceObjectId": _apply_source,
}

ATTRIBUTES = {
    "name": "name",
    "midname": "midname",
    "lastname": "lastname",
    "email": "email",
    "sourceDataVersion": "source_data_version",
}


def _phone(phone: Body) -> Phone:
    return Phone(number=phone.text("number"), type=phone.number("type", 1))


def known_person(account: Account, reference: Body) -> str:
    """Returns the prefixed id of a person. Without a prefix, Planfix silently takes the token's employee."""
    person = reference.text("id")
    if ":" not in person:
        return f"user:{account.token_user_id}"
    if account.person_name(person) is None:
        raise bad_value(f"Person not found by id {person}")
    return person


def known_files(account: Account, body: Body) -> list[StoredFile]:
    """Returns the stored files that the body names by id. Raises Refusal 7000."""
    numbers = [reference.number("id") for reference in body.objects("files")]
    for number in numbers:
        if number not in account.files_by_id:
            raise Refusal(400, 7000, f"File not found by id {number}")
    return [account.files_by_id[number] for number in numbers]


def source_object_id(account: Account, body: Body) -> str:
    """Returns the id that the account stores. Raises Refusal 41 when it is no UUID."""
    text = body.text("sourceObjectId")
    try:
        given = str(UUID(text)) if text else ""
    except ValueError as error:
        raise bad_value("Invalid UUID") from error
    return "" if account.world.source_object_id is SourceObjectId.NOT_STORED else given


# Templates, groups and files


def _templates(call: RestCall) -> Reply:
    is_company = call.query.get("isCompany", "false") == "true"
    templates = {} if is_company else call.account.contact_templates
    return success(templates=_named(call, templates))


def _groups(call: RestCall) -> Reply:
    return success(groups=_named(call, call.account.contact_groups))


def _named(call: RestCall, rows: Mapping[int, str]) -> list[dict[str, object]]:
    return [{"id": number, "name": name} if "name" in call.fields else {"id": number} for number, name in rows.items()]


def _files(call: RestCall) -> Reply:
    contact = contact_of(call.account, call.ids[0])
    comments = [comment for comment in call.account.feed(("contact", contact.id)) if not comment.is_deleted]
    files = {f.id: f for f in [*contact.files, *(f for comment in comments for f in comment.files)]}
    return success(files=[{"id": f.id, "size": f.size, "name": f.name} for f in files.values()])


ROUTES = (
    Route(method="POST", path="/contact/list", scope="contact_readonly", operation=_list),
    Route(method="POST", path="/contact", scope="contact_add", operation=_create),
    Route(method="GET", path="/contact/{}", scope="contact_readonly", operation=_get),
    Route(method="POST", path="/contact/{}", scope="contact_update", operation=_update),
    Route(method="GET", path="/contact/{}/files", scope="contact_readonly", operation=_files),
    Route(method="GET", path="/contact/templates", scope="contact_readonly", operation=_templates),
    Route(method="GET", path="/contact/groups", scope="contact_readonly", operation=_groups),
)
