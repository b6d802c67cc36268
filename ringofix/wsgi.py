"""The web process: gunicorn ringofix.wsgi"""

from __future__ import annotations

import os

from django.core.wsgi import get_wsgi_application

from ringofix.request import Request

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "ringofix.settings")
# No pool: each of the few threads keeps its own connection, so that no request begins by asking for one.
os.environ.setdefault("DATABASE_POOL_SIZE", "0")
application = get_wsgi_application()
application.request_class = Request
