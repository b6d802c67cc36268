"""The web process: gunicorn ringofix.wsgi"""

from __future__ import annotations

import os
from typing import Any

import django
from django.core.handlers.wsgi import WSGIHandler
from django.http import HttpRequest, HttpResponseBase
from django.urls import get_resolver

from ringofix.machines import MACHINE_URLS
from ringofix.processes import freeze_gc
from ringofix.request import Request

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "ringofix.settings")
# No pool: each of the few threads keeps its own connection, so that no request must first get one.
os.environ.setdefault("DATABASE_POOL_SIZE", "0")
os.environ["RINGOFIX_ROLE"] = "web"  # settings.py limits the time of statements by the role.


class Application(WSGIHandler):
    """Closes a response that the server refuses to send, for example because of a header. Nothing else would close it,
    and its stream slot and its connection to Ringostat would be lost until the next restart.
    """

    request_class = Request

    def __call__(self, environ: dict[str, Any], start_response: Any) -> HttpResponseBase:
        opened: list[HttpResponseBase] = []
        environ["ringofix.opened"] = opened
        try:
            return super().__call__(environ, start_response)
        except BaseException:
            for response in opened:
                response.close()
            raise

    def get_response(self, request: HttpRequest) -> HttpResponseBase:
        response = super().get_response(request)
        request.META["ringofix.opened"].append(response)
        return response


django.setup(set_prefix=False)
application = Application()
# Loads the addresses now, so that the first request does not wait for them.
for urlconf in (None, MACHINE_URLS):
    get_resolver(urlconf).url_patterns  # noqa: B018
freeze_gc()
