"""The list of alerts speaks the reader's language, and folds raw lines away. The menu counts open alerts."""

from __future__ import annotations

import re

import pytest
from django.test import Client
from django.utils import timezone

from integrations.models import Alert, AlertKind, Customer
from integrations.services.monitoring.alerts import check_alerts
from tests.factories import make_customer, make_specialist

pytestmark = pytest.mark.django_db

LINE = "POST /datatag/list: Planfix answered HTTP 401, code 1 (no token). Planfix does not know the token."


@pytest.fixture
def console(client: Client) -> Client:
    client.force_login(make_specialist())
    return client


@pytest.fixture
def alert() -> Alert:
    Customer.objects.filter(pk=make_customer().pk).update(paused_reason=LINE, paused_at=timezone.now())
    check_alerts()
    return Alert.objects.get()


def text_of(html: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", html))


def test_alert_list_shows_a_sentence_instead_of_the_raw_line(console: Client, alert: Alert) -> None:
    html = console.get("/admin/integrations/alert/").content.decode()

    assert "Calls wait, because Planfix denies access. Planfix does not know the token." in html
    assert "POST /datatag/list" not in html


def test_alert_page_shows_the_next_step_and_folds_the_raw_line(console: Client, alert: Alert) -> None:
    html = console.get(f"/admin/integrations/alert/{alert.pk}/change/").content.decode()

    assert f'href="/admin/integrations/customer/{alert.customer_id}/change/#connection"' in html
    assert re.search(r"<details>.*POST /datatag/list: Planfix answered HTTP 401.*</details>", html)
    assert "Paused" in html
    assert "(&#x27;" not in html


def test_resolved_alert_shows_no_next_step(console: Client, alert: Alert) -> None:
    Alert.objects.update(resolved_at=timezone.now())

    html = console.get(f"/admin/integrations/alert/{alert.pk}/change/").content.decode()

    assert "Check access" not in html


def test_alert_of_an_earlier_release_keeps_its_sentence(console: Client) -> None:
    Alert.objects.create(customer=make_customer(), kind=AlertKind.FAILED, detail="3 calls failed.")

    assert "3 calls failed." in console.get("/admin/integrations/alert/").content.decode()


def test_menu_counts_open_alerts(console: Client, alert: Alert) -> None:
    def badge() -> str:
        menu = text_of(console.get("/admin/").content.decode())
        found = re.search(r"Alerts (\d* ?)webhook Webhook events", menu)
        assert found
        return found[1].strip()

    assert badge() == "1"

    Alert.objects.update(resolved_at=timezone.now())

    assert badge() == ""
