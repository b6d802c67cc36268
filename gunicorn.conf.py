"""How the web runs: gunicorn reads this file by itself. The environment may change the first three."""

from __future__ import annotations

import multiprocessing
import os

from ringofix.logs import log_config

bind = f"{os.environ.get('BIND', '0.0.0.0')}:{os.environ.get('PORT', '8000')}"  # noqa: S104 - a proxy stands before it
workers = int(os.environ.get("WEB_CONCURRENCY", multiprocessing.cpu_count()))
threads = int(os.environ.get("WEB_THREADS", "4"))

timeout = 60
# A webhook in hand is stored and answered before the process ends.
graceful_timeout = 30
# No access log: a webhook's address is its secret, and the webhooks are in the database anyway.
accesslog = None
loglevel = "warning"
logconfig_dict = log_config(os.environ.get("LOG_FORMAT", "console"))
# Nobody steers it by a socket; two on one machine would quarrel about its place.
control_socket_disable = True
# Heartbeats in memory: on a slow disk a worker would seem dead.
worker_tmp_dir = "/dev/shm" if os.path.isdir("/dev/shm") else None  # noqa: S108 - a folder of the system
