"""The deployment checks warn about a proxy that the product does not trust."""

from __future__ import annotations

from ipaddress import ip_network
from typing import Any

import pytest
from django.core.checks import run_checks

from ringofix.checks import UNTRUSTED_PROXY, check_trusted_proxies

LOOPBACK = ["127.0.0.0/8", "::1/128"]


@pytest.mark.parametrize(
    ("https", "bind", "proxies", "warns"),
    [
        (True, None, LOOPBACK, True),
        (True, "0.0.0.0", LOOPBACK, True),
        (True, None, [], True),
        (True, None, ["172.31.250.0/28"], False),
        (True, None, [*LOOPBACK, "10.0.0.7/32"], False),
        (True, "127.0.0.1", LOOPBACK, False),
        (True, "[::1]", LOOPBACK, False),
        (False, None, LOOPBACK, False),
    ],
)
def test_check_warns_about_an_untrusted_proxy(
    https: bool, bind: str | None, proxies: list[str], warns: bool, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.HTTPS, settings.TRUSTED_PROXIES = https, [ip_network(proxy) for proxy in proxies]
    monkeypatch.delenv("BIND", raising=False)
    if bind:
        monkeypatch.setenv("BIND", bind)

    assert [message.id for message in check_trusted_proxies()] == [UNTRUSTED_PROXY] * warns


def test_deploy_check_reports_an_untrusted_proxy(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.HTTPS, settings.TRUSTED_PROXIES = True, []
    monkeypatch.delenv("BIND", raising=False)

    found = {message.id for message in run_checks(tags=["security"], include_deployment_checks=True)}

    assert UNTRUSTED_PROXY in found
