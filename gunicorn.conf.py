"""The settings of the web server. gunicorn reads this file itself. BIND, PORT, WEB_CONCURRENCY and WEB_THREADS set
values.
"""

from __future__ import annotations

import multiprocessing
import os
import socket
import struct
from typing import Any

from gunicorn.http import wsgi

from ringofix.logs import log_config

bind = f"{os.environ.get('BIND', '0.0.0.0')}:{os.environ.get('PORT', '8000')}"  # noqa: S104 - a proxy is in front
workers = int(os.environ.get("WEB_CONCURRENCY", multiprocessing.cpu_count()))
threads = int(os.environ.get("WEB_THREADS", "4"))

timeout = 60
# A process that must stop first stores and answers the webhooks that it is handling.
graceful_timeout = 30
# No access log: a webhook's address is a secret, and the database stores the webhooks anyway.
accesslog = None
loglevel = "warning"
logconfig_dict = log_config(os.environ.get("LOG_FORMAT", "console"))
# Nothing uses the control socket, and two servers on one machine would claim the same path.
control_socket_disable = True
# Keeps heartbeats in memory: on a slow disk, a worker would seem dead.
worker_tmp_dir = "/dev/shm" if os.path.isdir("/dev/shm") else None  # noqa: S108 - a folder of the system
# No request header may set the script or the path. By default, gunicorn trusts SCRIPT_NAME and PATH_INFO from loopback.
forwarder_headers = ""

_default_headers = wsgi.Response.default_headers


def _headers_without_server(response: Any) -> list[str]:
    """Leaves out `Server: gunicorn`. gunicorn 27.0 has no setting for it."""
    return [header for header in _default_headers(response) if not header.startswith("Server:")]


wsgi.Response.default_headers = _headers_without_server


def post_worker_init(worker: Any) -> None:
    """Logs the warnings of the deployment checks once, when the first worker has loaded the product."""
    from ringofix.checks import deployment_warnings

    if worker.age == 1:
        for warning in deployment_warnings():
            worker.log.warning("%s", warning)


SEND_SECONDS = 30


def when_ready(server: Any) -> None:
    """Makes Linux end a connection whose client takes nothing of its response for SEND_SECONDS. Each connection
    inherits the option from the listening socket.
    """
    for listener in server.LISTENERS:
        listener.sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, struct.pack("ll", SEND_SECONDS, 0))
