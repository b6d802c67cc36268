"""Addresses of the call log."""

from __future__ import annotations

from django.urls import URLPattern, path

from integrations.calllog.audio import recording
from integrations.calllog.call_view import call_page
from integrations.calllog.login import Login, Logout
from integrations.calllog.views import call_list
from integrations.calllog.work import work_progress

app_name = "calllog"
urlpatterns: list[URLPattern] = [
    path("", call_list, name="list"),
    path("<int:call_id>/", call_page, name="call"),
    path("<int:call_id>/recording", recording, name="recording"),
    path("work/<int:work_id>/", work_progress, name="work"),
    path("login/", Login.as_view(), name="login"),
    path("logout/", Logout.as_view(), name="logout"),
]
