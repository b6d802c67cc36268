"""The addresses of the console's pages that belong to no model."""

from __future__ import annotations

from django.contrib import admin
from django.urls import path

from integrations.admin.monitoring.dashboard import dashboard_news
from integrations.admin.monitoring.problems import problems
from integrations.admin.monitoring.system import system

app_name = "console"
urlpatterns = [
    path("news/", dashboard_news, name="news"),
    path("problems/", admin.site.admin_view(problems), name="problems"),
    path("system/", admin.site.admin_view(system), name="system"),
]
