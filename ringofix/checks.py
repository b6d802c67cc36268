"""Checks of the deployment: `manage.py check --deploy` reports them, and the web server logs them when it starts."""

from __future__ import annotations

import os
from collections.abc import Sequence
from ipaddress import ip_network
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Tags, Warning, register

UNTRUSTED_PROXY = "ringofix.W001"


@register(Tags.security, deploy=True)
def check_trusted_proxies(app_configs: Any = None, **kwargs: Any) -> list[CheckMessage]:
    """Warns when the proxy in front must have another address than loopback, but TRUSTED_PROXIES names only loopback.

    With https in PUBLIC_URL there must be a proxy for TLS. It runs on this machine only if the web server listens on
    loopback.
    """
    if not settings.HTTPS or _listens_on_loopback() or any(not _is_loopback(each) for each in settings.TRUSTED_PROXIES):
        return []
    return [
        Warning(
            "PUBLIC_URL is https and the web server listens beyond loopback, but TRUSTED_PROXIES names only loopback. "
            "Behind a proxy, every request seems to come from the proxy's address: a few wrong logins lock all users "
            "out, and WEBHOOK_ALLOWED_NETWORKS refuses every webhook.",
            hint="Set TRUSTED_PROXIES to the network of the proxy, or BIND=127.0.0.1 for a proxy on this machine.",
            id=UNTRUSTED_PROXY,
        )
    ]


def deployment_warnings() -> Sequence[CheckMessage]:
    return check_trusted_proxies()


def _listens_on_loopback() -> bool:
    return os.environ.get("BIND", "") in ("localhost", "127.0.0.1", "[::1]")


def _is_loopback(network: Any) -> bool:
    return bool(ip_network(network).is_loopback)
