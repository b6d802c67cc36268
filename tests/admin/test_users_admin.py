"""A user is made by choosing a role and, for a viewer, customers."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Group, User
from django.test import Client
from django.urls import reverse
from django_otp import DEVICE_ID_SESSION_KEY

from integrations.models import ApiToken, Customer, SecondFactor
from integrations.users.roles import Role, give_role, role_of
from integrations.users.visibility import customers_visible_to
from tests.factories import make_customer, make_second_factor, make_specialist, make_superuser, make_user, make_viewer

pytestmark = pytest.mark.django_db

ADD = "/admin/auth/user/add/"
PASSWORD = "a password of many words"
NEW = {"username": "new", "usable_password": "true", "password1": PASSWORD, "password2": PASSWORD}


@pytest.fixture
def administrator() -> User:
    return make_superuser()


@pytest.fixture
def console(client: Client, administrator: User) -> Client:
    client.force_login(administrator)
    return client


def errors_of(response: Any) -> str:
    return str(response.context["errors"])


def save(console: Client, user: User, **changes: Any) -> Any:
    kept = {"username": user.username, "role": role_of(user), "is_active": "on"}
    return console.post(reverse("admin:auth_user_change", args=[user.pk]), kept | changes)


def test_a_new_viewer_sees_the_chosen_customers_and_nothing_else(console: Client) -> None:
    customer, _other = make_customer(), make_customer()

    response = console.post(ADD, {**NEW, "role": "viewer", "customers": [customer.pk]})

    assert response.status_code == 302, errors_of(response)
    user = User.objects.get(username="new")
    assert (user.is_staff, user.is_superuser) == (False, False)
    assert list(customers_visible_to(user)) == [customer]
    assert user.check_password(PASSWORD)


def test_viewer_without_a_customer_is_not_created(console: Client) -> None:
    response = console.post(ADD, {**NEW, "role": "viewer"})

    assert "A viewer without customers sees nothing" in errors_of(response)
    assert not User.objects.filter(username="new").exists()


@pytest.mark.parametrize("role", [Role.SPECIALIST, Role.ADMINISTRATOR])
def test_specialists_and_administrators_see_all_customers(console: Client, role: Role) -> None:
    make_customer()

    console.post(ADD, {**NEW, "role": role.value})

    user = User.objects.get(username="new")
    assert role_of(user) is role
    assert user.is_staff
    assert set(customers_visible_to(user)) == set(Customer.objects.all())


@pytest.mark.parametrize("before", Role)
@pytest.mark.parametrize("after", Role)
def test_changed_role_removes_the_former_role(console: Client, before: Role, after: Role) -> None:
    user, customer = make_user(), make_customer()
    give_role(user, before, [customer])

    response = save(console, user, role=after.value, customers=[customer.pk])

    assert response.status_code == 302, errors_of(response)
    user = User.objects.get(pk=user.pk)
    assert role_of(user) is after
    assert user.is_superuser is (after is Role.ADMINISTRATOR)
    assert user.is_staff is (after is not Role.VIEWER)
    assert user.customer_set.exists() is (after is Role.VIEWER)
    assert not user.user_permissions.exists()


def test_user_page_shows_the_role_of_the_user(console: Client) -> None:
    customer = make_customer()
    viewer = make_viewer(customer)

    form = console.get(reverse("admin:auth_user_change", args=[viewer.pk])).context["adminform"].form

    assert form["role"].value() == Role.VIEWER
    assert list(form["customers"].value()) == [customer.pk]


def test_administrators_cannot_remove_their_own_role(console: Client, administrator: User) -> None:
    response = save(console, administrator, role="viewer", customers=[make_customer().pk])

    assert "You cannot change your own role" in errors_of(response)
    assert role_of(User.objects.get(pk=administrator.pk)) is Role.ADMINISTRATOR


def test_role_given_by_a_group_alone_is_shown() -> None:
    user = make_user()
    user.groups.add(Group.objects.get(name="Specialists"))

    assert role_of(user) is Role.VIEWER  # no staff: the console does not let it in


@pytest.mark.parametrize("path", ["/admin/auth/user/", ADD])
def test_specialists_cannot_create_users(client: Client, path: str) -> None:
    client.force_login(make_specialist())

    assert client.get(path).status_code == 403


def test_user_list_shows_who_has_two_factor_login(console: Client) -> None:
    make_second_factor(user := make_specialist())

    rows = console.get("/admin/auth/user/").context["cl"].result_list

    assert {row for row in rows if hasattr(row, "second_factor")} == {user}


WAS_ON = {"initial-second_factor": "True"}


def test_administrator_removes_two_factor_login_of_a_user(console: Client) -> None:
    make_second_factor(user := make_specialist())
    html = console.get(reverse("admin:auth_user_change", args=[user.pk])).content.decode()
    assert '<input type="hidden" name="initial-second_factor" value="True"' in html

    save(console, user, **WAS_ON)

    assert not SecondFactor.objects.exists()
    assert LogEntry.objects.latest("pk").get_change_message() == "Changed Two-factor login."


def test_saving_a_user_keeps_two_factor_login(console: Client) -> None:
    make_second_factor(user := make_specialist())

    save(console, user, second_factor="on", first_name="Ann", **WAS_ON)

    assert SecondFactor.objects.get().user == user


def test_saving_a_user_keeps_two_factor_login_enabled_after_the_page_opened(console: Client) -> None:
    make_second_factor(user := make_specialist())

    save(console, user)

    assert SecondFactor.objects.get().user == user


def test_administrators_cannot_remove_their_own_two_factor_login_on_the_user_page(
    console: Client, administrator: User
) -> None:
    factor, _codes = make_second_factor(administrator)
    session = console.session
    session[DEVICE_ID_SESSION_KEY] = factor.persistent_id
    session.save()

    assert save(console, administrator, **WAS_ON).status_code == 302
    assert SecondFactor.objects.exists()


def test_administrator_cannot_enable_two_factor_login_for_a_user(console: Client) -> None:
    save(console, make_specialist(), second_factor="on")

    assert not SecondFactor.objects.exists()


def test_the_audit_log_names_added_and_removed_customers(console: Client) -> None:
    first, second = make_customer(name="Acme"), make_customer(name="Zorya")
    user = make_viewer(first)

    save(console, user, customers=[second.pk])

    entry = LogEntry.objects.get(object_id=str(user.pk))
    assert "Customers (+Zorya, −Acme)" in entry.get_change_message()


def test_the_audit_log_names_the_role_of_a_new_user(console: Client) -> None:
    console.post(ADD, {**NEW, "role": "administrator"})

    entry = LogEntry.objects.get()
    assert "Role (administrator)" in entry.get_change_message()


def test_the_audit_log_names_the_role_before_and_after(console: Client) -> None:
    user = make_viewer(make_customer())

    save(console, user, role="administrator")

    entry = LogEntry.objects.get(object_id=str(user.pk))
    assert "Role (viewer → administrator)" in entry.get_change_message()


DISABLED = {"usable_password": "false", "unset-password": "on"}
RESET = {"usable_password": "true", "password1": PASSWORD, "password2": PASSWORD, "set-password": "on"}


@pytest.mark.parametrize(
    ("form", "works", "recorded"), [(RESET, True, "Password."), (DISABLED, False, "Password (disabled).")]
)
def test_an_administrator_changes_a_users_password(
    console: Client, form: dict[str, str], works: bool, recorded: str
) -> None:
    user = make_viewer(make_customer())
    user.set_password("a former password of the user")
    user.save()
    _token, plain = ApiToken.issue(user, "reports")
    own = Client()
    own.force_login(user)

    response = console.post(reverse("admin:auth_user_password_change", args=[user.pk]), form)

    assert response.status_code == 302
    user.refresh_from_db()
    assert user.check_password(PASSWORD) is works
    assert user.has_usable_password() is works
    assert LogEntry.objects.get(object_id=str(user.pk)).get_change_message() == f"Changed {recorded}"
    assert own.get("/calls/").status_code == 302
    assert Client(headers={"Authorization": f"Bearer {plain}"}).get("/api/v1/calls/").status_code == 401


def test_the_audit_log_names_the_account_before_and_after(console: Client) -> None:
    user, customer = make_viewer(make_customer()), make_customer()
    former = user.username

    save(
        console,
        user,
        role="viewer",
        customers=[customer.pk],
        username="renamed",
        email="new@acme.example",
        is_active="",
    )

    message = LogEntry.objects.get(object_id=str(user.pk)).get_change_message()
    assert f"Username ({former} → renamed)" in message
    assert "→ new@acme.example)" in message
    assert "Active (True → False)" in message
