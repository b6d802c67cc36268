"""The web process: gunicorn ringofix.wsgi"""

from __future__ import annotations

import os

from django.core.wsgi import get_wsgi_application
from django.urls import get_resolver

from ringofix.garbage import freeze_gc
from ringofix.machines import MACHINE_URLS
from ringofix.request import Request

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "ringofix.settings")
# No pool: each of the few threads keeps its own connection, so that no request begins by asking for one.
os.environ.setdefault("DATABASE_POOL_SIZE", "0")
application = get_wsgi_application()
application.request_class = Request
# Now, so that the first request does not wait for it.
for urlconf in (None, MACHINE_URLS):
    get_resolver(urlconf).url_patterns  # noqa: B018
freeze_gc()
