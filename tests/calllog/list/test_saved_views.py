"""Saved views: filters that a user keeps under a name."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from django.test import Client

from integrations.models import SavedView
from tests.factories import make_specialist

pytestmark = pytest.mark.django_db


@pytest.fixture
def user() -> User:
    return make_specialist()


@pytest.fixture
def log(client: Client, user: User) -> Client:
    client.force_login(user)
    return client


def save(log: Client, name: str = "Failed", query: str = "state=failed", **more: str) -> None:
    log.post("/calls/views/", {"name": name, "query": query, **more})


def test_saved_view_keeps_filters_but_no_page_position(log: Client, user: User) -> None:
    save(log, query="state=failed&before=1-1&direction=incoming")

    view = SavedView.objects.get()
    assert (view.user, view.name, view.query) == (user, "Failed", "state=failed&direction=incoming")


def test_saving_an_existing_name_replaces_its_filters(log: Client) -> None:
    save(log)
    save(log, query="state=pending")

    assert [view.query for view in SavedView.objects.all()] == ["state=pending"]


@pytest.mark.parametrize("name", ["", " ", "x" * 61])
def test_saved_view_needs_a_name(log: Client, name: str) -> None:
    response = log.post("/calls/views/", {"name": name, "query": "state=failed"}, follow=True)

    assert not SavedView.objects.exists()
    assert "enter a name" in response.content.decode()


def test_default_view_opens_only_at_the_bare_address(log: Client) -> None:
    save(log, is_default="on")

    assert log.get("/calls/")["Location"] == "?state=failed"
    assert log.get("/calls/?all=1").status_code == 200
    assert str(log.get("/calls/?state=failed").context["chosen_view"]) == "Failed"


def test_only_one_view_is_the_default(log: Client) -> None:
    save(log, is_default="on")
    save(log, name="Waiting", query="state=pending", is_default="on")

    assert [view.name for view in SavedView.objects.filter(is_default=True)] == ["Waiting"]

    log.post(f"/calls/views/{SavedView.objects.get(name='Failed').pk}/first/")
    assert [view.name for view in SavedView.objects.filter(is_default=True)] == ["Failed"]

    log.post(f"/calls/views/{SavedView.objects.get(name='Failed').pk}/first/")
    assert not SavedView.objects.filter(is_default=True).exists()


def test_user_sees_only_own_saved_views(log: Client) -> None:
    foreign = SavedView.objects.create(user=make_specialist(), name="Theirs", query="state=failed", is_default=True)

    response = log.get("/calls/")

    assert response.status_code == 200
    assert "Theirs" not in response.content.decode()
    assert log.post(f"/calls/views/{foreign.pk}/delete/").status_code == 404
    assert log.post(f"/calls/views/{foreign.pk}/first/").status_code == 404
    assert SavedView.objects.filter(pk=foreign.pk, is_default=True).exists()


def test_saved_view_is_deleted_by_its_owner(log: Client) -> None:
    save(log)

    log.post(f"/calls/views/{SavedView.objects.get().pk}/delete/")

    assert not SavedView.objects.exists()


def test_saved_view_cannot_lead_to_another_site(log: Client) -> None:
    response = log.post("/calls/views/", {"name": "x", "query": "//evil.example/?a=1"})

    assert response["Location"].startswith("/calls/?")
