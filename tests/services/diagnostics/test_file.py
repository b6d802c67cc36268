"""The diagnostics file of a customer whose calls fail: it contains no personal data and reproduces the failure
elsewhere.
"""

from __future__ import annotations

import gzip
import html
import json
import threading
from pathlib import Path
from typing import Any
from urllib.parse import quote, quote_plus, urlencode

import pytest
from django.contrib.admin.models import LogEntry
from django.core.management import call_command
from django.core.management.base import CommandError
from django.test import Client
from django.urls import reverse

from integrations.models import AccountTrait, Call, CallState, Customer, RememberedContact
from integrations.services.account_traits import learn
from integrations.services.diagnostics.file import diagnostics_of
from sandbox.harness.playback import NotDiagnostics, Webhook, customer_of, play_back, read_file, send, webhooks_of
from sandbox.http.faults import Fault
from sandbox.state import Sandbox
from tests.conftest import Scenario
from tests.end_to_end.bodies import answered
from tests.factories import make_specialist, make_viewer
from tests.imported_customers import imported

pytestmark = pytest.mark.django_db

CLIENT = "+380671234567"
PERSON = "Solomiia Halytska"
CYRILLIC = "Соломія Галицька"
NUMBER_SPELLINGS = ("380671234567", "0671234567", "067 123-45-67", "671234567", "1234567", "123-45-67", "(067)")
CALL_IDS = ("ua9_-1630330463.13", "ua9_-1630330464.14", "1630330463", "1630330464")
SECRETS = ("sandbox-token", "ringostat-key", "s3cret-link")
EMPLOYEE = {
    "name": "Dzvinka Zaporozhets",
    "planfix_user_id": 5,
    "staff_id": "331851",
    "sip_logins": ["acmecom_dzvinka"],
    "extension": "7416",
    "email": "dzvinka@zaporozhets.example",
}
UTM = {"utm_source": "solomiias-newsletter", "utm_campaign": "Знижка для Соломії", "utm_term": "halytska@mail.example"}
WORDS = (
    *("solomiia", "halytska", "соломія", "галицька", "соломії", "dzvinka", "zaporozhets", "acmecom", "newsletter"),
    *("знижка", "kovalchuk", "mail.example", "331851", "7416", "110070", "sevenoaks"),
)


def fail(scenario: Scenario, sandbox: Sandbox) -> None:
    """Two calls fail: Planfix refuses a comment and names the client, then it is unavailable."""
    contact = scenario.account.add_contact(name=f"{PERSON} {CYRILLIC}", phones=["067 123-45-67"])
    error = f"Comment of contact {contact.id} {PERSON} (+380 67 123 45 67) is not allowed for Kovalchuk"
    sandbox.add_fault(
        Fault(
            path="/contact/*/comments", method="POST", status=400, json={"result": "fail", "code": 41, "error": error}
        )
    )
    facts = {"employee_fio": EMPLOYEE["name"], "connected_with": "acmecom_dzvinka", **UTM}
    first = answered(
        CLIENT,
        uniqueid=CALL_IDS[0],
        recording_wav="https://app.ringostat.com/recordings/ua9_-1630330463.13.wav?token=s3cret-link",
        comment=f"<b>{CYRILLIC}</b> 0671234567",
        **facts,
    )
    scenario.post(first)
    second = answered("067 123-45-67", uniqueid=CALL_IDS[1], pool_name="Sevenoaks", **facts)
    scenario.post(
        gzip.compress(urlencode(second).encode()),
        content_type="application/x-www-form-urlencoded",
        HTTP_CONTENT_ENCODING="gzip",
    )
    scenario.post(f"call of {PERSON}, +380671234567", content_type="text/plain")
    scenario.deliver()


@pytest.fixture
def failing(make_scenario: Any, sandbox: Sandbox, db: None) -> Scenario:
    scenario: Scenario = make_scenario(
        name=f"{PERSON} Ltd", phone_matching="any_format", employees=[EMPLOYEE], ignored_numbers=["0509876543"]
    )
    fail(scenario, sandbox)
    RememberedContact.objects.update(name=PERSON)
    learn(scenario.customer, evidence="+000000000000 is stored as 000 000-00-00", number_storage="formatted")
    return scenario


def spellings_in(text: str) -> list[str]:
    """The seeded texts that are left in the file, in any escaping."""
    variants = {
        variant
        for seed in (*WORDS, *CALL_IDS, *SECRETS, *NUMBER_SPELLINGS, "509876543")
        for variant in (seed, quote(seed), quote_plus(seed), html.escape(seed), json.dumps(seed)[1:-1])
    }
    return [variant for variant in sorted(variants) if variant.lower() in text.lower()]


def test_diagnostics_file_contains_no_personal_data(failing: Scenario) -> None:
    calls = Call.objects.filter(customer=failing.customer)
    assert {call.state for call in calls} == {CallState.FAILED}
    text = json.dumps(diagnostics_of(failing.customer), ensure_ascii=False)

    assert spellings_in(text) == []
    assert spellings_in(json.dumps(json.loads(text))) == []
    assert failing.account.url.split("//")[1] not in text
    planfix_ids = {str(call.delivery.contact_id) for call in calls if (call.delivery.contact_id or 0) > 99}
    assert not any(number in text for number in planfix_ids)


def test_diagnostics_file_contains_settings_traits_findings_versions_and_failing_calls(failing: Scenario) -> None:
    file = diagnostics_of(failing.customer)

    assert file["settings"]["phone_matching"] == "any_format"
    assert file["settings"]["planfix"]["token"] == file["settings"]["ringostat"]["auth_key"] == ""
    assert file["settings"]["utm_fields"][0] == {"parameter": "utm_source", "field": "utm_source", "contact_field": ""}
    assert [(trait["name"], trait["value"]) for trait in file["traits"]] == [
        *AccountTrait.objects.order_by("name").values_list("name", "value")
    ]
    assert set(file["versions"]) == {"ringofix", "migration", "python", "django", "postgresql", "phonenumbers"}
    assert set(file["findings"]) == {"connection", "trial", "read_back"}
    first, second = file["calls"]
    assert (first["state"], first["reason"]) == ("failed", "refused")
    assert "Planfix answered HTTP 400, code 41" in first["detail"]
    assert [event["content_type"] for call in file["calls"] for event in call["events"]] == [
        "application/json",
        "application/x-www-form-urlencoded",
    ]
    assert first["requests"][-1]["code"] == 41
    assert first["client_number"] == second["client_number"] != CLIENT
    assert len(file["not_understood"]) == 1


def test_person_has_one_pseudonym_in_the_whole_diagnostics_file(failing: Scenario) -> None:
    file = diagnostics_of(failing.customer)
    [employee] = file["settings"]["employees"]
    first, second = file["calls"]

    assert first["facts"]["employee_name"] == second["facts"]["employee_name"] == employee["name"]
    assert first["facts"]["connected_with"] == employee["sip_logins"][0]
    assert json.loads(first["events"][0]["body"])["uniqueid"] == first["id"]
    search = next(request for request in first["requests"] if request["path"] == "/contact/list")
    parts = [row["value"] for row in search["body"]["filters"] if isinstance(row["value"], str)]
    assert parts
    assert all(part in first["client_number"] for part in parts)


def test_played_back_diagnostics_file_reproduces_the_failure(
    failing: Scenario, sandbox: Sandbox, tmp_path: Path
) -> None:
    path = tmp_path / "diagnostics.json"
    call_command("diagnostics", failing.customer.name, output=path)
    expected = [(call.outcome, call.state, call.reason) for call in Call.objects.order_by("started_at", "pk")]
    requests_before = [(row["method"], row["http_status"]) for row in read_file(path)["calls"][0]["requests"]]
    Customer.objects.all().delete()
    sandbox.clear_faults()
    sandbox.add_account("default", token="sandbox-token")

    file = read_file(path)
    play_back(sandbox, file)
    elsewhere = Scenario(imported(customer_of(sandbox, file)), sandbox.account())
    for webhook in webhooks_of(file):
        place = webhook.path.partition("/")[0]
        elsewhere.post(webhook.body, event=place, content_type=webhook.content_type)
    elsewhere.deliver()

    calls = list(Call.objects.order_by("started_at", "pk"))
    assert [(call.outcome, call.state, call.reason) for call in calls] == expected
    assert all("HTTP 400, code 41" in call.detail for call in calls)
    sent = calls[0].planfix_requests.order_by("sent_at", "pk").values_list("method", "http_status")
    assert list(sent) == requests_before
    assert elsewhere.account.comments == []


def test_played_back_request_without_an_answer_breaks_off_again(make_scenario: Any, sandbox: Sandbox) -> None:
    scenario = make_scenario(employees=[EMPLOYEE])
    sandbox.add_fault(Fault(path="/contact/list", kind="reset"))
    scenario.post(answered(CLIENT, connected_with="acmecom_dzvinka"))
    scenario.deliver()
    file = diagnostics_of(scenario.customer)
    assert [call["reason"] for call in file["calls"]] == ["unavailable"]
    Customer.objects.all().delete()
    sandbox.clear_faults()

    play_back(sandbox, file)
    elsewhere = Scenario(imported(customer_of(sandbox, file)), sandbox.account())
    [webhook] = webhooks_of(file)
    elsewhere.post(webhook.body, content_type=webhook.content_type)
    elsewhere.deliver()

    call = Call.objects.get()
    assert (call.state, call.reason) == (CallState.PENDING, "unavailable")


def test_play_back_refuses_a_file_that_is_no_diagnostics_file(tmp_path: Path) -> None:
    path = tmp_path / "other.json"
    path.write_text('{"format": "something"}')
    with pytest.raises(NotDiagnostics, match="not a diagnostics file"):
        read_file(path)
    with pytest.raises(CommandError, match="not a diagnostics file"):
        call_command("sandbox", answers=path)


def test_played_back_webhooks_wait_for_the_web_server(live_server: Any) -> None:
    webhook = Webhook(method="POST", path="after_call/", content_type="", body=b"call_id=1")
    address = f"{live_server.url}/webhooks/ringostat/unknown/"
    assert list(send([webhook], address, threading.Event())) == [404]
    stopped = threading.Event()
    stopped.set()
    assert list(send([webhook], "http://127.0.0.1:9/", stopped)) == []


def test_diagnostics_download_is_recorded_in_the_audit_log(failing: Scenario, client: Client) -> None:
    overview = reverse("admin:integrations_customer_overview", args=[failing.customer.pk])
    address = reverse("admin:integrations_customer_diagnostics", args=[failing.customer.pk])
    client.force_login(make_specialist())

    assert address in client.get(overview).content.decode()
    assert client.get(address).status_code == 302
    response = client.post(address)
    assert spellings_in(response.content.decode()) == []
    assert response["Content-Disposition"].startswith('attachment; filename="ringofix-diagnostics-')
    assert LogEntry.objects.get().get_change_message() == "Downloaded a diagnostics file."


def test_diagnostics_download_requires_permission_to_change_the_customer(failing: Scenario, client: Client) -> None:
    address = reverse("admin:integrations_customer_diagnostics", args=[failing.customer.pk])
    client.force_login(make_viewer(failing.customer))
    assert client.post(address).status_code == 302  # to the login
    assert not LogEntry.objects.exists()
