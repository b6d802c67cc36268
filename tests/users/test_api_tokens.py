"""Everybody makes tokens of the read API for itself, sees each once, and withdraws them."""

from __future__ import annotations

import re

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client

from integrations.models import ApiToken
from integrations.users import api_tokens
from tests.api.test_calls import CALLS, reader
from tests.factories import make_customer, make_specialist, make_viewer

pytestmark = pytest.mark.django_db

PAGE = "/calls/api/"


@pytest.fixture
def viewer(client: Client) -> Client:
    client.force_login(make_viewer(make_customer()))
    return client


def made(client: Client, name: str = "reports") -> str:
    html = client.post(PAGE, {"name": name}).content.decode()
    found = re.search(r'id="new-token"[^>]*>([^<]+)<', html)
    assert found
    return found[1]


def test_a_new_token_reads_calls(viewer: Client) -> None:
    plain = made(viewer)

    assert Client(headers={"Authorization": f"Bearer {plain}"}).get(CALLS).status_code == 200


def test_a_token_is_shown_once_and_then_by_its_ending(viewer: Client) -> None:
    plain = made(viewer)

    html = viewer.get(PAGE).content.decode()
    assert plain not in html
    assert f"…{plain[-4:]}" in html
    assert "never used" in html


def test_a_withdrawn_token_is_worth_nothing(viewer: Client) -> None:
    plain = made(viewer)
    viewer.post(f"{PAGE}{ApiToken.objects.get().pk}/withdraw/")

    assert Client(headers={"Authorization": f"Bearer {plain}"}).get(CALLS).status_code == 401


def test_nobody_sees_or_withdraws_anothers_token(viewer: Client) -> None:
    api = reader(make_specialist())
    foreign = ApiToken.objects.get()

    assert viewer.post(f"{PAGE}{foreign.pk}/withdraw/").status_code == 404
    assert f"…{foreign.ending}" not in viewer.get(PAGE).content.decode()
    assert api.get(CALLS).status_code == 200


def test_making_and_withdrawing_is_written_down_without_the_token(viewer: Client) -> None:
    plain = made(viewer)
    viewer.post(f"{PAGE}{ApiToken.objects.get().pk}/withdraw/")

    said = list(LogEntry.objects.order_by("pk").values_list("change_message", flat=True))
    assert said == ["Made the API token “reports”", "Withdrew the API token “reports”"]
    assert plain[-8:] not in "".join(said)


def test_there_is_a_most(viewer: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(api_tokens, "MOST", 1)
    made(viewer)

    html = viewer.post(PAGE, {"name": "another"}).content.decode()
    assert "Withdraw one before you make another" in html
    assert ApiToken.objects.count() == 1


def test_a_name_is_wanted(viewer: Client) -> None:
    assert "This field is required" in viewer.post(PAGE, {"name": ""}).content.decode()
    assert not ApiToken.objects.exists()
