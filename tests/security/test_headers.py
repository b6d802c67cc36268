"""The security headers of every page, and the security settings of production."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.test import Client

from integrations.models import SavedView
from tests.factories import make_call, make_customer, make_superuser

ROOT = Path(__file__).parent.parent.parent

PAGES = ["/calls/login/", "/admin/login/", "/calls/", "/admin/", "/admin/integrations/customer/", "/api/v1/docs/"]


@pytest.mark.django_db
@pytest.mark.parametrize("address", [*PAGES, "/nowhere/"])
def test_every_page_sends_a_content_security_policy(client: Client, address: str) -> None:
    if "login" not in address:
        client.force_login(make_superuser())

    headers = client.get(address).headers

    policy = dict(part.strip().partition(" ")[::2] for part in headers["Content-Security-Policy"].split(";"))
    assert policy["script-src"] == "'self' 'unsafe-eval'"
    assert "unsafe-inline" not in policy["default-src"] + policy["style-src-elem"]
    assert (policy["object-src"], policy["base-uri"], policy["frame-ancestors"]) == ("'none'",) * 3
    assert policy["form-action"] == "'self'"
    assert policy["media-src"] == "'self' blob:"
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "same-origin"
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert "microphone=()" in headers["Permissions-Policy"]


@pytest.mark.django_db
@pytest.mark.parametrize(
    "address", ["/nowhere/", "/calls/?q=%00", "/api/v1/docs/", "/api/v1/schema/", "/account/", "/calls/", "/calls/1/"]
)
def test_no_page_may_be_cached(client: Client, address: str) -> None:
    client.force_login(make_superuser())

    assert "no-store" in client.get(address).headers["Cache-Control"]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("method", "address", "status"),
    [
        ("POST", "/calls/", 405),
        ("DELETE", "/account/", 405),
        ("GET", "/account/sessions/end/", 405),
        ("GET", "/calls?number=%2B380671234567", 301),
        ("GET", "/calls/1", 301),
        ("GET", "/admin/password_change/", 302),
        ("GET", "/admin/auth/user/?password__gte=a", 400),
        ("GET", "/admin/jsi18n/", 200),
    ],
)
def test_no_redirect_or_error_may_be_cached(client: Client, method: str, address: str, status: int) -> None:
    client.force_login(make_superuser())
    answer = client.generic(method, address)

    assert (answer.status_code, "no-store" in answer.headers.get("Cache-Control", "")) == (status, True)


@pytest.mark.django_db
def test_call_page_may_not_be_cached(client: Client) -> None:
    client.force_login(make_superuser())
    call = make_call(make_customer())

    for address in (f"/calls/{call.pk}/", f"/calls/{call.pk}/news/"):
        answer = client.get(address)
        assert (answer.status_code, "no-store" in answer.headers["Cache-Control"]) == (200, True)


@pytest.mark.django_db
@pytest.mark.parametrize(
    "address", ["/calls/?customer=%00", "/calls/%00/", "/api/v1/calls/?number=%00", "/admin/?x=%00"]
)
def test_nul_character_in_any_address_is_answered_400(client: Client, address: str) -> None:
    client.force_login(make_superuser())

    assert client.get(address).status_code == 400


@pytest.mark.django_db
@pytest.mark.parametrize("version", ["%0D%0AX: y", "%0A", '"; filename="x.html', "1"])
def test_version_of_the_api_schema_adds_no_response_header(client: Client, version: str) -> None:
    client.force_login(make_superuser())
    client.raise_request_exception = False
    answer = client.get(f"/api/v1/schema/?version={version}")

    assert answer.status_code == 200
    assert answer.headers["Content-Disposition"] in (
        'inline; filename="Ringofix.json"',
        'inline; filename="Ringofix (1).json"',
    )


@pytest.mark.django_db
@pytest.mark.parametrize("nul", ["customer=%00", "%00=1", "customer%00=1", "customer=1%00"])
def test_saved_view_drops_parameters_with_a_nul_character(client: Client, nul: str) -> None:
    client.force_login(make_superuser())
    client.post("/calls/views/", {"name": "mine", "query": f"{nul}&state=failed", "is_default": "on"})

    assert SavedView.objects.get().query == "state=failed"
    assert client.get("/calls/", follow=True).status_code == 200


@pytest.mark.django_db
def test_request_for_a_foreign_host_name_is_refused(client: Client) -> None:
    assert client.get("/calls/login/", headers={"Host": "evil.example"}).status_code == 400


@pytest.mark.django_db
@pytest.mark.parametrize(
    "address",
    [
        *("/calls/login/", "/calls/views/", "/calls/export.xlsx", "/calls/bulk/begin/", "/calls/api/"),
        *("/account/password/", "/account/sessions/end/", "/admin/integrations/customer/add/", "/admin/auth/user/add/"),
    ],
)
def test_form_without_a_csrf_token_is_refused(address: str) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(make_superuser())

    assert client.post(address, {"username": "a", "password": "b"}).status_code == 403


@pytest.mark.django_db
def test_too_long_form_is_refused(client: Client) -> None:
    client.raise_request_exception = False

    assert client.post("/calls/login/", {"username": "a" * 2_000_000}).status_code == 400


@pytest.mark.parametrize("password", ["elevenchars", "q1w2e3r4t5y6"])
def test_weak_passwords_are_refused(password: str) -> None:
    with pytest.raises(ValidationError):
        validate_password(password)


STATEMENT_SHOWN = """
import ringofix.wsgi
from django.db import connection
with connection.cursor() as cursor:
    cursor.execute("SHOW statement_timeout")
    print(cursor.fetchone()[0])
"""


@pytest.mark.slow
@pytest.mark.django_db
def test_database_statement_of_a_page_is_limited_to_thirty_seconds() -> None:
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "ringofix.settings"}
    command = [sys.executable, "-c", STATEMENT_SHOWN]
    run = subprocess.run(command, env=environment, cwd=ROOT, capture_output=True, check=True)

    assert run.stdout.decode().split() == ["30s"]


SHOWN = """
import json
from django.conf import settings as s
from django.urls import reverse
names = ["SESSION_COOKIE_SECURE", "CSRF_COOKIE_SECURE", "SESSION_COOKIE_HTTPONLY", "SESSION_COOKIE_SAMESITE",
         "SESSION_COOKIE_NAME", "CSRF_COOKIE_NAME", "SECURE_SSL_REDIRECT", "SECURE_HSTS_SECONDS", "DEBUG"]
print(json.dumps({name: getattr(s, name) for name in names}))
"""


def test_production_uses_secure_cookies_and_hsts() -> None:
    environment = {
        **os.environ,
        "PUBLIC_URL": "https://ringofix.example",
        "DJANGO_SETTINGS_MODULE": "ringofix.settings",
    }
    run = subprocess.run([sys.executable, "-c", SHOWN], env=environment, cwd=ROOT, capture_output=True, check=True)

    assert json.loads(run.stdout) == {
        "SESSION_COOKIE_SECURE": True,
        "CSRF_COOKIE_SECURE": True,
        "SESSION_COOKIE_HTTPONLY": True,
        "SESSION_COOKIE_SAMESITE": "Lax",
        "SESSION_COOKIE_NAME": "__Host-session",
        "CSRF_COOKIE_NAME": "__Host-csrf",
        "SECURE_SSL_REDIRECT": True,
        "SECURE_HSTS_SECONDS": 365 * 24 * 3600,
        "DEBUG": False,
    }
