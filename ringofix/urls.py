"""All addresses that people and their programs use. ringofix/machine_urls.py has the addresses for machines."""

from __future__ import annotations

from django.contrib import admin
from django.urls import URLPattern, URLResolver, include, path
from django.views.generic import RedirectView

from integrations.users.login import home

handler403, handler404 = "ringofix.errors.forbidden", "ringofix.errors.not_found"

JOBS = "admin:integrations_backgroundjob"

urlpatterns: list[URLPattern | URLResolver] = [
    path("", home, name="home"),
    path("calls/", include("integrations.calllog.urls")),
    path("account/", include("integrations.users.urls")),
    path("api/v1/", include("integrations.api.urls")),
    # Redirects from the old address of background jobs.
    path("admin/integrations/work/", RedirectView.as_view(pattern_name=f"{JOBS}_changelist"), name="jobs_before"),
    path(
        "admin/integrations/work/<path:object_id>/change/",
        RedirectView.as_view(pattern_name=f"{JOBS}_change"),
        name="job_before",
    ),
    # Only our own page may change passwords, because it limits wrong attempts. Django's own pages do not.
    path("admin/password_change/", RedirectView.as_view(pattern_name="account:password"), name="password_before"),
    path("admin/password_change/done/", RedirectView.as_view(pattern_name="account:account"), name="password_done"),
    path("admin/", include("integrations.admin.monitoring.urls")),
    path("admin/", admin.site.urls),
    path("i18n/", include("django.conf.urls.i18n")),
]
