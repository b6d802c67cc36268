"""URLs of the account pages."""

from __future__ import annotations

from django.urls import URLPattern, path

from integrations.users.account import account, change_password, end_other_sessions

app_name = "account"
urlpatterns: list[URLPattern] = [
    path("", account, name="account"),
    path("password/", change_password, name="password"),
    path("sessions/end/", end_other_sessions, name="end_sessions"),
]
