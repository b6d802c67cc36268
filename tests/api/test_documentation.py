"""The schema is valid, describes everything that it names, and requires a login."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client

from integrations.calllog.list.filters import CallFilter
from tests.api.test_calls import reader
from tests.factories import make_customer, make_viewer

pytestmark = pytest.mark.django_db


@pytest.fixture
def schema() -> dict[str, Any]:
    answer = reader(make_viewer(make_customer())).get("/api/v1/schema/")
    assert answer.status_code == 200
    return answer.json()


def test_api_schema_is_valid_without_warnings() -> None:
    call_command("spectacular", validate=True, fail_on_warn=True, file="/dev/null")


def test_api_schema_describes_calls_and_customers(schema: dict[str, Any]) -> None:
    assert list(schema["paths"]) == ["/api/v1/calls/", "/api/v1/calls/{call_id}/", "/api/v1/customers/"]


def test_api_schema_names_every_filter_of_the_call_list(schema: dict[str, Any]) -> None:
    named = {parameter["name"] for parameter in schema["paths"]["/api/v1/calls/"]["get"]["parameters"]}

    assert named == {*CallFilter.base_filters, "cursor", "limit"}


def test_api_schema_describes_every_parameter_and_field(schema: dict[str, Any]) -> None:
    described = [*schema["paths"]["/api/v1/calls/"]["get"]["parameters"]]
    for name in ("Call", "Customer", "Issue", "PlanfixNumbers"):
        described += schema["components"]["schemas"][name]["properties"].values()

    assert len(described) > 40
    assert [each for each in described if not each.get("description")] == []


def test_api_documentation_opens_for_logged_in_users(client: Client) -> None:
    client.force_login(make_viewer(make_customer()))

    html = client.get("/api/v1/docs/").content.decode()

    assert "/static/drf_spectacular_sidecar/swagger-ui-dist/swagger-ui-bundle.js" in html
    assert "https://" not in html
    assert client.get("/api/v1/docs/?script=").status_code == 200
    assert client.get("/api/v1/schema/").status_code == 200


@pytest.mark.parametrize("address", ["/api/v1/docs/", "/api/v1/schema/"])
def test_api_documentation_requires_a_login(client: Client, address: str) -> None:
    assert client.get(address).status_code == 401
