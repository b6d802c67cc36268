"""The list of customers and the settings of one customer."""

from __future__ import annotations

import re
import time
from dataclasses import asdict
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from integrations.admin.customer import secret_widget
from integrations.admin.customer.connection import check_row
from integrations.admin.customer.pages import MENU, address_of, menu
from integrations.background_jobs import run_job
from integrations.models import (
    BackgroundJob,
    BackgroundJobKind,
    Call,
    CallState,
    Customer,
    DeliveryLease,
    ParameterMapping,
    PlanfixRequest,
    RememberedContact,
    Secret,
    WebhookEvent,
    WebhookToken,
)
from integrations.services.customers.connection_report import Check, Connection, Finding
from integrations.services.customers.connection_texts import SENTENCES
from tests.factories import (
    AUTH_KEY,
    NOON,
    OUTGOING,
    PLANFIX_TOKEN,
    call_facts,
    make_call,
    make_customer,
    make_employee,
    make_event,
    make_request,
    make_specialist,
    make_superuser,
    make_user,
    make_viewer,
)

pytestmark = pytest.mark.django_db

LIST = "/admin/integrations/customer/"
FILLED_IN: dict[str, Any] = {
    "name": "Acme",
    "language": "uk",
    "timezone": "Europe/Kyiv",
    "region": "UA",
    "planfix_url": "https://acme.planfix.com",
    "planfix_token": "",
    "call_target": "contact",
    "create_contacts": "on",
    "phone_matching": "full",
    "recording": "copy",
    "ringostat_api_url": "https://api.ringostat.net",
    "requests_per_second": "1",
    "retention_days": "90",
}


@pytest.fixture
def console(client: Client) -> Client:
    client.force_login(make_superuser())
    return client


def page_of(customer: Customer) -> str:
    return reverse("admin:integrations_customer_change", args=[customer.pk])


def html_of(console: Client, customer: Customer) -> str:
    return console.get(page_of(customer)).content.decode()


def save(console: Client, customer: Customer, **changes: Any) -> None:
    """Saves the page with these changes. The tables below the form stay unchanged."""
    kept = {**FILLED_IN, "name": customer.name, "planfix_url": customer.planfix_url}
    response = console.post(page_of(customer), kept | changes)
    assert response.status_code == 302, errors_of(response)
    customer.refresh_from_db()


def errors_of(response: Any) -> str:
    return str(response.context["errors"])


def customer_with(**columns: Any) -> Customer:
    customer = make_customer(**columns)
    customer.utm_fields.all().delete()
    return customer


def test_a_new_customer_gets_its_webhook_address(console: Client) -> None:
    console.post(LIST + "add/", FILLED_IN | {"planfix_token": PLANFIX_TOKEN})

    customer = Customer.objects.get(name="Acme")
    assert customer.webhook_tokens.get().address.startswith("http")
    assert reverse("admin:integrations_customer_webhook_setup", args=[customer.pk]) in html_of(console, customer)


@pytest.mark.parametrize(
    ("url", "project", "sentence"),
    [
        ("https://acme.planfix.com", "110070", "Same Planfix account and Ringostat project as First."),
        ("https://other.planfix.com", "110070", "Same Ringostat project as First."),
        ("https://acme.planfix.com", "110071", "Same Planfix account as First. They share its request limit."),
        ("https://other.planfix.com", "110071", ""),
        ("https://other.planfix.com", "", ""),
    ],
)
def test_list_warns_of_customers_with_the_same_account_or_project(
    console: Client, url: str, project: str, sentence: str
) -> None:
    make_customer(name="First")
    typed = FILLED_IN | {"planfix_token": PLANFIX_TOKEN, "planfix_url": url, "ringostat_project_id": project}

    response = console.post(LIST + "add/", typed, follow=True)

    told = [str(message) for message in response.context["messages"] if "First" in str(message)]
    assert len(told) == bool(sentence)
    assert all(text.startswith(sentence) for text in told)


def test_save_and_continue_opens_the_next_set_up_step(console: Client) -> None:
    customer = customer_with()
    kept = {**FILLED_IN, "name": customer.name, "planfix_url": customer.planfix_url}

    settings = console.post(page_of(customer), kept | {"save_and_continue": "1"})
    parameters = console.post(address_of("parameters", customer), {"_next": "1"})
    staying = console.post(address_of("parameters", customer), {})

    assert settings["Location"] == address_of("employees", customer)
    assert parameters["Location"] == address_of("trial", customer)
    assert staying["Location"] == address_of("parameters", customer)


def test_tabs_show_which_set_up_steps_are_done(console: Client) -> None:
    customer = make_customer()
    before = menu(customer, "change")
    make_employee(customer)
    for kind in ("after_call", "after_outgoing_call"):
        make_event(make_call(customer), kind=kind)
    after = menu(customer, "change")

    assert [tab["label"] for tab in before if tab["is_step"]] == ["Settings", "Employees", "Webhooks"]
    assert [tab["label"] for tab in before if tab["is_done"]] == ["UTM"]
    assert [tab["label"] for tab in after if tab["is_done"]] == ["Employees", "UTM", "Webhooks"]


def test_saving_again_keeps_the_webhook_address(console: Client) -> None:
    customer = customer_with()
    before = customer.webhook_tokens.get().address

    save(console, customer)

    assert customer.webhook_tokens.get().address == before


def test_a_typed_secret_is_saved(console: Client) -> None:
    customer = customer_with()

    save(console, customer, planfix_token="another-token")

    assert customer.planfix_token.reveal() == "another-token"


@pytest.mark.parametrize("is_new", [True, False])
def test_token_is_marked_as_required_until_there_is_one(console: Client, is_new: bool) -> None:
    html = console.get(LIST + "add/").content.decode() if is_new else html_of(console, customer_with())

    [label] = re.findall(r'<label[^>]*for="id_planfix_token".*?</label>', html, re.DOTALL)

    assert ("*</span>" in label) is is_new


def test_an_empty_secret_field_keeps_the_stored_secret(console: Client) -> None:
    customer = customer_with()

    save(console, customer, planfix_token="", ringostat_auth_key="")

    assert customer.planfix_token.reveal() == PLANFIX_TOKEN
    assert customer.ringostat_auth_key.reveal() == AUTH_KEY


@pytest.mark.parametrize(("token", "hint"), [("some-token", "saved – type to replace"), ("", "not set")])
def test_an_empty_secret_field_says_whether_a_secret_is_stored(console: Client, token: str, hint: str) -> None:
    customer = make_customer(planfix_token=token)

    html = console.get(page_of(customer)).content.decode()

    field = re.search(r'<input type="password" name="planfix_token"[^>]*>', html)
    assert field
    assert f'placeholder="{hint}"' in field[0]
    assert "value=" not in field[0]


def test_a_secret_typed_into_a_form_with_an_error_is_not_sent_back(console: Client) -> None:
    customer = customer_with()

    response = console.post(page_of(customer), FILLED_IN | {"name": "", "planfix_token": "typed-token"})

    assert "This field is required" in errors_of(response)
    assert "typed-token" not in response.content.decode()


def test_a_secret_typed_into_a_form_with_an_error_is_used_by_the_corrected_form(console: Client) -> None:
    typed = FILLED_IN | {"planfix_token": PLANFIX_TOKEN, "ringostat_auth_key": AUTH_KEY}
    refused = console.post(LIST + "add/", typed | {"planfix_url": "acme planfix com"})

    console.post(LIST + "add/", FILLED_IN)

    assert "typed – kept while you correct the form" in refused.content.decode()
    assert PLANFIX_TOKEN not in refused.content.decode()
    customer = Customer.objects.get()
    assert (customer.planfix_token.reveal(), customer.ringostat_auth_key.reveal()) == (PLANFIX_TOKEN, AUTH_KEY)


def test_a_kept_secret_is_not_used_for_another_host(console: Client) -> None:
    console.post(LIST + "add/", FILLED_IN | {"name": "", "planfix_token": PLANFIX_TOKEN})

    response = console.post(LIST + "add/", FILLED_IN | {"planfix_url": "https://evil.planfix.com"})

    assert "Enter the token" in errors_of(response)
    assert not Customer.objects.exists()


def test_a_kept_secret_is_forgotten_when_the_form_is_opened_again(console: Client) -> None:
    console.post(LIST + "add/", FILLED_IN | {"name": "", "planfix_token": PLANFIX_TOKEN})
    console.get(LIST + "add/")

    assert "Enter the token" in errors_of(console.post(LIST + "add/", FILLED_IN))


def test_a_kept_secret_is_forgotten_after_fifteen_minutes(console: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    console.post(LIST + "add/", FILLED_IN | {"name": "", "planfix_token": PLANFIX_TOKEN})
    later = time.time() + 15 * 60 + 1
    monkeypatch.setattr(secret_widget, "time", lambda: later)

    assert "Enter the token" in errors_of(console.post(LIST + "add/", FILLED_IN))


def test_a_kept_secret_is_encrypted_in_the_session(console: Client) -> None:
    console.post(LIST + "add/", FILLED_IN | {"name": "", "planfix_token": PLANFIX_TOKEN})

    kept = console.session["typed_secrets"]["new"]
    assert list(kept) == ["planfix_token"]
    assert PLANFIX_TOKEN not in str(kept)
    assert Secret(kept["planfix_token"]["ciphertext"]).reveal() == PLANFIX_TOKEN


@pytest.mark.parametrize(("typed", "code"), [("ukraine", "UA"), ("Польща", "PL"), (" Niemcy ", "DE"), ("kz", "KZ")])
def test_a_country_may_be_typed_by_its_name(console: Client, typed: str, code: str) -> None:
    customer = customer_with()

    save(console, customer, region=typed)

    assert customer.region == code


def test_countries_and_time_zones_are_suggested(console: Client) -> None:
    html = html_of(console, customer_with())

    assert '<option value="PL">Poland</option>' in html
    assert '<option value="Europe/Kyiv">' in html
    assert 'list="suggestions_timezone"' in html


@pytest.mark.parametrize("column", ["planfix_url", "ringostat_api_url"])
@pytest.mark.parametrize(
    "url",
    [
        *("https://127.0.0.1", "https://planfix.local", "not an address", "https://ac me.planfix.com"),
        *("https://acme.planfix.com@evil.com", "https://evil.com\\\\.planfix.com", "https://acme\x01.planfix.com"),
        *("ftp://acme.planfix.com", "https://acme.planfix.com:99999"),
    ],
)
def test_private_account_address_is_refused_with_a_message(console: Client, column: str, url: str) -> None:
    customer = customer_with()

    response = console.post(page_of(customer), FILLED_IN | {column: url})

    assert "is not a public https:// address" in errors_of(response)


@pytest.mark.parametrize(
    ("typed", "address"),
    [
        ("http://acme.planfix.com", "https://acme.planfix.com"),
        ("  acme.planfix.com/login ", "https://acme.planfix.com"),
        ("HTTPS://ACME.Planfix.com/contact/5?x=1#top", "https://acme.planfix.com"),
        ("https://acme.planfix.com/", "https://acme.planfix.com"),
        ("https://crm.acme.example/pf/task/7", "https://crm.acme.example/pf"),
    ],
)
def test_account_address_may_be_copied_from_the_browser(console: Client, typed: str, address: str) -> None:
    console.post(LIST + "add/", FILLED_IN | {"planfix_url": typed, "planfix_token": PLANFIX_TOKEN})

    assert Customer.objects.get().planfix_url == address


MOVED = [
    ("planfix_url", "https://evil.example", "planfix_token"),
    ("planfix_url", "https://acme.planfix.com:8443", "planfix_token"),
    ("ringostat_api_url", "https://evil.example", "ringostat_auth_key"),
]


@pytest.mark.parametrize("typed", ["", "   ", "\t"])
@pytest.mark.parametrize(("column", "address", "secret"), MOVED)
def test_new_host_of_the_account_requires_the_secret_again(
    console: Client, column: str, address: str, secret: str, typed: str
) -> None:
    customer = customer_with()

    response = console.post(page_of(customer), FILLED_IN | {column: address, secret: typed})

    assert "a stored one is never sent to a new host" in errors_of(response)
    assert list(response.context["adminform"].form.errors) == [secret]
    assert getattr(Customer.objects.get(), column) == getattr(customer, column)
    assert not BackgroundJob.objects.exists()


@pytest.mark.parametrize(("column", "address", "secret"), MOVED)
def test_new_host_of_the_account_with_its_secret_is_saved(
    console: Client, column: str, address: str, secret: str
) -> None:
    customer = customer_with()

    save(console, customer, **{column: address, secret: "another-secret"})

    assert (getattr(customer, column), getattr(customer, secret).reveal()) == (address, "another-secret")


def test_another_page_of_the_same_account_host_keeps_the_secret(console: Client) -> None:
    customer = customer_with()

    save(console, customer, planfix_url="https://ACME.planfix.com:443/task/5")

    assert customer.planfix_token.reveal() == PLANFIX_TOKEN


@pytest.mark.parametrize("lookup", ["startswith", "regex", "contains", "gt", "iexact"])
def test_list_filter_cannot_guess_the_ciphertext_of_a_secret(console: Client, lookup: str) -> None:
    customer = customer_with()
    value = customer.planfix_token.ciphertext[:5]

    response = console.get(LIST, {f"planfix_token__{lookup}": value})

    assert (response.status_code, response["Location"]) == (302, "/admin/")


def test_customer_name_in_another_case_counts_as_taken(console: Client) -> None:
    customer_with(name="Demo company")

    response = console.post(LIST + "add/", FILLED_IN | {"name": "demo COMPANY", "planfix_token": "t"})

    assert "There is a customer named “Demo company” already." in errors_of(response)


def test_a_customer_may_change_the_case_of_its_own_name(console: Client) -> None:
    customer = customer_with(name="Demo company")

    save(console, customer, name="Demo Company")

    assert customer.name == "Demo Company"


def test_duplicate_account_and_project_gives_a_warning(console: Client) -> None:
    first = customer_with(ringostat_project_id="7")

    response = console.post(LIST + "add/", FILLED_IN | {"planfix_token": "t", "ringostat_project_id": "7"}, follow=True)

    [warning] = [str(message) for message in response.context["messages"] if message.level_tag == "warning"]
    assert first.name in warning


@pytest.mark.parametrize(
    ("typed", "meant"), [("Europe/Kiew", "Europe/Kyiv"), ("europe/warsaw", "Europe/Warsaw"), ("x", "Europe/Kyiv")]
)
def test_a_mistyped_zone_is_an_error_that_names_the_right_one(console: Client, typed: str, meant: str) -> None:
    customer = customer_with()

    response = console.post(page_of(customer), FILLED_IN | {"timezone": typed})

    assert f"Did you mean {meant}?" in errors_of(response)


def test_local_account_address_is_accepted_if_private_hosts_are_allowed(console: Client, settings: Any) -> None:
    settings.ALLOW_PRIVATE_HOSTS = True
    customer = customer_with()

    save(console, customer, planfix_url="http://127.0.0.1:8010", planfix_token="another")

    assert customer.planfix_url == "http://127.0.0.1:8010"


@pytest.mark.parametrize(
    ("column", "value", "sentence"),
    [
        ("region", "Atlantis", "is not a country"),
        ("region", "XX", "is not a country"),
        ("timezone", "Kyiv", "is not a time zone"),
        ("requests_per_second", "0", "greater than or equal to"),
    ],
)
def test_form_names_an_invalid_country_time_zone_or_rate(
    console: Client, column: str, value: str, sentence: str
) -> None:
    customer = customer_with()

    response = console.post(page_of(customer), FILLED_IN | {column: value})

    assert sentence in errors_of(response)


def test_new_account_address_deletes_data_of_the_former_account(console: Client) -> None:
    customer = customer_with(
        planfix_tags={"call": {"id": 1}}, planfix_contact_fields=[{"id": 2}], contact_template_id=1
    )
    RememberedContact.objects.create(customer=customer, number="+380671234567", contact_id=812)
    employee = make_employee(customer)

    save(console, customer, planfix_url="https://other.planfix.com", planfix_token="another", contact_template_id="1")

    employee.refresh_from_db()
    assert (customer.planfix_tags, customer.planfix_contact_fields) == (None, None)
    assert (customer.contact_template_id, employee.planfix_user_id) == (None, None)
    assert not customer.remembered_contacts.exists()


@pytest.mark.parametrize("changes", [{"call_tag_id": "17"}, {"missed_call_tag_id": "18"}], ids=str)
def test_changed_tag_id_forgets_tags_and_keeps_contacts(console: Client, changes: dict[str, str]) -> None:
    customer = customer_with(planfix_tags={"call": {"id": 1}})
    RememberedContact.objects.create(customer=customer, number="+380671234567", contact_id=812)

    save(console, customer, **changes)

    assert customer.planfix_tags is None
    assert customer.remembered_contacts.exists()


def test_changed_settings_of_the_same_account_keep_its_data(console: Client) -> None:
    customer = customer_with(planfix_tags={"call": {"id": 1}})
    RememberedContact.objects.create(customer=customer, number="+380671234567", contact_id=812)

    save(console, customer, recording="link")

    assert customer.recording == "link"
    assert customer.planfix_tags == {"call": {"id": 1}}
    assert customer.remembered_contacts.exists()


@pytest.mark.parametrize(("changes", "is_paused"), [({"planfix_token": "new"}, False), ({"recording": "link"}, True)])
def test_new_token_ends_an_automatic_pause(console: Client, changes: dict[str, str], is_paused: bool) -> None:
    customer = customer_with(paused_reason="The token is switched off.")

    save(console, customer, **changes)

    assert bool(customer.paused_reason) is is_paused


def test_new_token_resumes_deliveries_at_once(console: Client) -> None:
    from procrastinate.contrib.django.models import ProcrastinateJob

    now = timezone.now()
    customer = customer_with(paused_reason="The token is switched off.", paused_at=now, access_check_at=now)
    DeliveryLease.objects.create(
        customer=customer, holder="00000000-0000-0000-0000-000000000000", held_until=NOON, retry_at=now, failures=3
    )

    save(console, customer, planfix_token="new")

    assert (customer.paused_at, customer.access_check_at) == (None, None)
    assert DeliveryLease.objects.values_list("retry_at", "failures").get() == (None, 0)
    assert ProcrastinateJob.objects.filter(args={"customer_id": customer.pk}).exists()


def test_page_of_a_paused_customer_shows_start_reason_and_next_check(console: Client) -> None:
    customer = make_customer(
        paused_reason="The account is frozen.", paused_at=NOON, access_check_at=NOON + timedelta(minutes=5)
    )

    assert "Planfix denies access. Since 2 Mar, 12:00." in console.get("/admin/").content.decode()
    sentence = "Since 2 Mar, 12:00: The account is frozen."  # the customer's own time
    assert f"Paused. {sentence} Next check: 2 Mar, 12:05." in console.get(page_of(customer)).content.decode()


def test_only_the_customers_own_employees_can_be_its_fallback(console: Client) -> None:
    customer, other = make_customer(), make_customer()
    make_employee(customer, name="Ours Entirely")
    make_employee(other, name="Somebody Else")

    html = console.get(page_of(customer)).content.decode()

    options = re.search(r'<select name="fallback_employee".*?</select>', html, re.DOTALL)
    assert options
    assert "Ours Entirely" in options[0]
    assert "Somebody Else" not in options[0]


def test_settings_are_in_the_order_of_onboarding(console: Client) -> None:
    html = console.get(page_of(make_customer())).content.decode()

    headings = [
        "1. Access",
        "2. Included employees",
        "3. Where calls go",
        "4. New contacts",
        "5. UTM",
        "Webhooks in Ringostat",
    ]
    places = [html.find(heading) for heading in headings]
    assert -1 not in places
    assert places == sorted(places)


def test_phone_matching_help_explains_the_second_contact(console: Client) -> None:
    html = console.get(page_of(make_customer())).content.decode()

    assert "+380671234567" in html
    assert "second contact is created" in html


@pytest.mark.parametrize(
    ("columns", "has_webhook", "waits", "status"),
    [
        ({}, False, False, "No webhook yet"),
        ({}, True, False, "Connected"),
        ({}, True, True, "Waiting for Planfix"),
        ({"paused_reason": "The account is frozen."}, True, True, "Paused"),
        ({"paused_reason": "They move.", "paused_by_hand": True}, True, False, "Paused by hand"),
    ],
)
def test_list_shows_the_status_of_each_customer(
    console: Client, columns: dict[str, str], has_webhook: bool, waits: bool, status: str
) -> None:
    customer = make_customer(**columns)
    make_employee(customer)
    if has_webhook:
        for direction in ({}, OUTGOING):
            make_event(make_call(customer, call_facts(exact_start=timezone.now(), **direction)))
    if waits:
        soon = timezone.now() + timedelta(minutes=5)
        DeliveryLease.objects.create(
            customer=customer, holder="00000000-0000-0000-0000-000000000000", held_until=NOON, retry_at=soon
        )

    html = console.get("/admin/").content.decode()

    cell = re.search(r'<td class="console-status.*?</td>', html, re.DOTALL)
    assert cell
    assert status in cell[0]


def test_the_list_counts_waiting_and_failed_calls_of_each_customer(console: Client) -> None:
    customer, other = make_customer(name="A"), make_customer(name="B")
    for state in (CallState.PENDING, CallState.PENDING, CallState.FAILED, CallState.DELIVERED):
        make_call(customer, state=state)
    make_call(other, state=CallState.FAILED)

    rows = console.get("/admin/?sort=name").context["rows"]

    assert [(row.waiting, row.failed) for row in rows] == [(2, 1), (0, 1)]


def test_resume_action_clears_the_pause_and_wakes_the_worker(console: Client) -> None:
    from procrastinate.contrib.django.models import ProcrastinateJob

    customer = make_customer(paused_reason="The account is frozen.")

    console.post(LIST, {"action": "resume", "_selected_action": [customer.pk]})

    customer.refresh_from_db()
    assert customer.paused_reason == ""
    assert ProcrastinateJob.objects.filter(args={"customer_id": customer.pk}).exists()


def test_check_access_action_enqueues_a_check_of_each_chosen_customer(console: Client) -> None:
    customers = [make_customer(), make_customer()]

    console.post(LIST, {"action": "check_access", "_selected_action": [customer.pk for customer in customers]})

    asked = BackgroundJob.objects.filter(kind=BackgroundJobKind.CONNECT)
    assert {job.customer for job in asked} == set(customers)


@pytest.mark.parametrize(("action", "sentence"), [("resume", "Resumed."), ("check_access", "Checked the access.")])
def test_bulk_action_is_recorded_in_each_customers_history(console: Client, action: str, sentence: str) -> None:
    customers = [make_customer(paused_reason="The account is frozen.") for _ in range(2)]

    console.post(LIST, {"action": action, "_selected_action": [customer.pk for customer in customers]})

    written = LogEntry.objects.values_list("object_id", "change_message")
    assert sorted(written) == sorted((str(customer.pk), sentence) for customer in customers)


def test_viewers_of_a_customer_are_chosen_on_its_page(console: Client) -> None:
    customer, viewer = customer_with(), make_viewer()

    save(console, customer, viewers=[viewer.pk])

    assert list(customer.viewers.all()) == [viewer]


def test_the_history_names_a_changed_secret_and_no_unchanged_one(console: Client) -> None:
    customer = customer_with()

    save(console, customer, planfix_token="another-token")

    html = console.get(f"{page_of(customer)}").content.decode()
    address = reverse("admin:integrations_customer_history", args=[customer.pk])
    history = console.get(address, follow=True).content.decode()
    assert "Planfix API token" in history
    assert "Auth-key" not in history
    assert "another-token" not in html + history


@pytest.mark.parametrize(("make", "status"), [(make_superuser, 200), (make_specialist, 403)])
def test_only_an_administrator_deletes_a_customer_with_all_its_calls(client: Client, make: Any, status: int) -> None:
    client.force_login(make())
    customer = make_customer()

    page = client.get(reverse("admin:integrations_customer_delete", args=[customer.pk]))

    assert page.status_code == status


def test_worker_deletes_a_customer_with_all_its_data(
    client: Client,
) -> None:
    client.force_login(make_superuser())
    customer, other = make_customer(), make_customer(name="Other")
    for each in (customer, other):
        make_event(make_call(each))
        make_request(make_call(each, state=CallState.DELIVERED))
        WebhookToken.issue(each)
    address = reverse("admin:integrations_customer_delete", args=[customer.pk])
    assert "with all its calls" in client.get(address).content.decode()

    answer = client.post(address, {"confirmed": customer.name}, follow=True)
    shown = re.sub(r"\s+", " ", answer.content.decode())
    assert "no longer receives calls. It disappears from the list once all its calls are deleted." in shown
    assert "deleted successfully" not in shown
    customer.refresh_from_db()
    assert (customer.paused_by_hand, customer.webhook_tokens.count()) == (True, 0)

    [job] = BackgroundJob.objects.filter(kind=BackgroundJobKind.REMOVE_CUSTOMER)
    run_job(job.pk)

    job.refresh_from_db()
    assert (job.trouble, job.done) == ("", 4)
    assert list(Customer.objects.all()) == [other]
    kept = (WebhookEvent, PlanfixRequest, Call)
    assert [set(model.objects.values_list("customer", flat=True)) for model in kept] == [{other.pk}] * 3


def test_settings_name_a_parameter_without_a_field_in_planfix(console: Client) -> None:
    tags = {name: {"id": number, "name": name, "fields": []} for number, name in enumerate(("call", "missed_call"))}
    customer = customer_with(planfix_tags=tags)
    ParameterMapping.objects.create(customer=customer, parameter="utm_source", field="Source")

    html = console.get(page_of(customer)).content.decode()

    assert "The data tag “call” has no field “Source”. utm_source is not sent." in html


# Connect


def checked(customer: Customer, *checks: Check, **found: Any) -> BackgroundJob:
    """A finished access check of the customer with these findings."""
    accounts = {"account": customer.planfix_account, "project": customer.ringostat_project_id}
    result = asdict(Connection(**accounts, checks=list(checks), **found))
    return BackgroundJob.objects.create(
        kind=BackgroundJobKind.CONNECT, customer=customer, result=result, finished_at=timezone.now()
    )


def test_a_new_customer_is_checked_at_once_by_the_worker(console: Client) -> None:
    response = console.post(LIST + "add/", FILLED_IN | {"planfix_token": PLANFIX_TOKEN})

    customer = Customer.objects.get(name="Acme")
    job = BackgroundJob.objects.get(kind=BackgroundJobKind.CONNECT, customer=customer)
    assert response["Location"] == page_of(customer)
    assert reverse("calllog:job_progress", args=[job.pk]) in console.get(page_of(customer)).content.decode()


def test_a_new_customer_needs_only_what_connects_it(console: Client) -> None:
    typed = {"name": "Acme", "planfix_url": "acme.planfix.com/task/12?x=1", "planfix_token": PLANFIX_TOKEN}
    defaults = {name: FILLED_IN[name] for name in ("language", "timezone", "region", "ringostat_api_url")}

    console.post(LIST + "add/", typed | defaults)

    customer = Customer.objects.get()
    assert customer.planfix_url == "https://acme.planfix.com"
    assert (customer.create_contacts, customer.phone_matching, customer.recording) == (True, "full", "copy")


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"planfix_token": ""}, "Enter the token."),
        ({"planfix_token": "two words"}, "It contains spaces or letters"),
        ({"planfix_token": "t", "ringostat_auth_key": "ключ"}, "It contains spaces or letters"),
        ({"planfix_token": "t", "ringostat_project_id": "acme"}, "has digits only"),
    ],
)
def test_invalid_access_is_refused_without_a_request(console: Client, changes: dict[str, str], sentence: str) -> None:
    response = console.post(LIST + "add/", FILLED_IN | changes)

    assert sentence in errors_of(response)
    assert not Customer.objects.exists()


@pytest.mark.parametrize(
    ("changes", "is_checked"),
    [
        ({"planfix_token": "another"}, True),
        ({"planfix_url": "https://other.planfix.com", "planfix_token": "another"}, True),
        ({"ringostat_auth_key": "another"}, True),
        ({"ringostat_project_id": "7"}, True),
        ({"contact_template_id": "3"}, True),
        ({"name": "Acme again"}, False),
    ],
)
def test_changed_access_is_checked_again(console: Client, changes: dict[str, str], is_checked: bool) -> None:
    customer = customer_with()

    save(console, customer, **{"ringostat_project_id": "110070", **changes})

    assert BackgroundJob.objects.filter(kind=BackgroundJobKind.CONNECT, customer=customer).exists() is is_checked


def test_access_check_button_enqueues_a_job_and_leads_back(console: Client) -> None:
    customer = make_customer()

    response = console.post(reverse("admin:integrations_customer_connect", args=[customer.pk]))

    assert response["Location"] == page_of(customer)
    assert BackgroundJob.objects.get().kind == BackgroundJobKind.CONNECT


def test_user_without_change_permission_cannot_start_an_access_check(client: Client) -> None:
    client.force_login(make_user(is_staff=True))
    customer = make_customer()

    response = client.post(reverse("admin:integrations_customer_connect", args=[customer.pk]))

    assert response.status_code == 403
    assert not BackgroundJob.objects.exists()


def test_finding_of_the_access_check_is_shown_with_its_steps(console: Client) -> None:
    customer = make_customer()
    checked(
        customer,
        Check(finding=Finding.REACHED, names={"host": "acme.planfix.com"}),
        Check(
            finding=Finding.RIGHT_MISSING,
            names={"rights": "WRITE_TAGS READ_EMPLOYEES", "scopes": "datatag_add, user_readonly"},
        ),
    )

    html = console.get(page_of(customer)).content.decode()

    assert "The token is missing permissions: fill data tags, read employees." in html
    assert "Open the token, select datatag_add, user_readonly, and save." in html
    assert "Connected. Calls can be delivered." not in html


def test_running_access_check_hides_earlier_findings(console: Client) -> None:
    customer = make_customer()
    checked(customer, Check(finding=Finding.KNOWN))
    BackgroundJob.objects.create(kind=BackgroundJobKind.CONNECT, customer=customer)

    html = html_of(console, customer)

    assert "Checking the access" in html
    assert "Planfix accepts the token." not in html


def test_failed_access_check_says_why(console: Client) -> None:
    customer = make_customer()
    checked(customer, Check(finding=Finding.KNOWN))
    BackgroundJob.objects.create(
        kind=BackgroundJobKind.CONNECT,
        customer=customer,
        trouble="The daily limit is used up.",
        finished_at=timezone.now(),
    )

    html = html_of(console, customer)

    assert "The daily limit is used up." in html
    assert "Connected. Calls can be delivered." not in html


def test_page_confirms_a_working_connection(console: Client) -> None:
    customer = make_customer()
    checked(customer, Check(finding=Finding.KNOWN))

    html = console.get(page_of(customer)).content.decode()

    assert "Connected. Calls can be delivered." in html


@pytest.mark.parametrize("finding", Finding)
def test_every_finding_of_the_access_check_has_a_sentence_without_placeholders(finding: Finding) -> None:
    names = dict.fromkeys(("host", "error", "name", "id", "scopes", "call", "missed_call", "count", "fields"), "it")
    names |= {"status": "it"}

    row = check_row(Check(finding=finding, names={**names, "rights": "FIND_TASKS"}))

    assert "%" not in " ".join([row.text, *row.steps])
    assert row.mark == "fine" or row.steps, "what is not right says what to do"


def test_every_finding_of_the_access_check_has_its_own_sentence() -> None:
    assert SENTENCES.keys() == set(Finding)
    assert len({str(sentence.text) for sentence in SENTENCES.values()}) == len(SENTENCES)


def test_contact_templates_are_chosen_by_name(console: Client) -> None:
    customer = customer_with(contact_template_id=9)
    checked(customer, Check(finding=Finding.KNOWN), templates=[(1, "Client"), (3, "Partner")])

    html = console.get(page_of(customer)).content.decode()
    options = re.search(r'<select name="contact_template_id".*?</select>', html, re.DOTALL)
    assert options
    assert re.findall(r'value="(\d*)"', options[0]) == ["", "1", "3", "9"]

    save(console, customer, contact_template_id="3")
    assert customer.contact_template_id == 3


def test_settings_say_when_no_employee_is_included(console: Client) -> None:
    customer = make_customer()
    sentence = "No employees included yet: answered calls will not reach Planfix."

    assert html_of(console, customer).count(sentence) == 2
    make_employee(customer)
    assert sentence not in html_of(console, customer)


def test_only_viewers_are_offered_as_viewers(console: Client) -> None:
    make_viewer(make_customer())
    make_specialist()

    form = console.get(page_of(make_customer())).context["adminform"].form

    assert [user.is_staff for user in form.fields["viewers"].queryset] == [False]


def test_customer_is_deleted_only_after_its_name_is_typed(console: Client) -> None:
    customer = make_customer(name="Acme")
    address = reverse("admin:integrations_customer_delete", args=[customer.pk])

    response = console.post(address, {"confirmed": "acme?", "post": "yes"}, follow=True)

    assert "The name does not match" in response.content.decode()
    assert not BackgroundJob.objects.exists()


def test_delete_link_is_on_the_overview_and_not_in_the_settings(console: Client) -> None:
    customer = make_customer()
    address = reverse("admin:integrations_customer_delete", args=[customer.pk])

    assert address not in html_of(console, customer)
    assert address in console.get(address_of("overview", customer)).content.decode()


def test_the_page_that_deletes_a_customer_counts_its_calls(console: Client) -> None:
    customer = make_customer()
    make_call(customer)

    page = console.get(reverse("admin:integrations_customer_delete", args=[customer.pk]))

    assert dict(page.context["model_count"]) == {"calls": 1}


@pytest.mark.parametrize("name", ["overview", "change", "employees", "parameters", "webhook_setup", "dry_run"])
def test_each_tab_has_its_own_browser_title(console: Client, name: str) -> None:
    customer = make_customer(name="Acme")

    html = console.get(reverse(f"admin:integrations_customer_{name}", args=[customer.pk])).content.decode()

    assert f"{MENU[name].label} · Acme | Ringofix" in html


def test_the_audit_log_names_changed_addresses_and_viewers_but_no_secrets(client: Client) -> None:
    client.force_login(make_superuser())
    viewer = make_viewer()
    customer = make_customer(name="Acme")
    page = reverse("admin:integrations_customer_change", args=[customer.pk])
    form = client.get(page).context["adminform"].form
    kept = {name: form[name].value() for name in form.fields if form[name].value() not in (None, "")}
    del kept["ringostat_auth_key"]
    kept |= {"planfix_url": "https://other.planfix.com", "planfix_token": "new-secret", "viewers": [viewer.pk]}

    answer = client.post(page, kept)

    assert answer.status_code == 302, answer.context["errors"]
    told = LogEntry.objects.filter(object_id=str(customer.pk)).latest("pk").get_change_message()
    assert "(https://acme.planfix.com → https://other.planfix.com)" in told
    assert f"(+{viewer})" in told
    assert "new-secret" not in told
