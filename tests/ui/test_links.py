"""Addresses that pages link to, and addresses that they must not link to."""

from __future__ import annotations

import pytest

from integrations.outbound.allowed_hosts import ringostat_link
from integrations.planfix.links import contact_url, task_url


@pytest.mark.parametrize(
    "url", ["https://acme.planfix.com", "https://acme.planfix.com/", "https://acme.planfix.com/rest/"]
)
def test_planfix_links_are_built_from_any_spelling_of_the_account_address(url: str) -> None:
    assert contact_url(url, 812) == "https://acme.planfix.com/contact/812"
    assert contact_url(url, 812, 9) == "https://acme.planfix.com/contact/812?comment=9"
    assert task_url(url, 55, 9) == "https://acme.planfix.com/task/55?comment=9"


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("https://app.ringostat.com/x?token=1", "https://app.ringostat.com/x?token=1"),
        (" https://ringostat.net ", "https://ringostat.net"),
        ("https://phish.example/login", ""),
        ("https://app.ringostat.com.phish.example/", ""),
        ("https://phish.example\\.ringostat.com/", ""),
        ("https://app.ringostat.com@phish.example/", ""),
        ("http://app.ringostat.com/x", ""),
        ("http://127.0.0.1/x.mp3", ""),
        ("javascript:alert(1)", ""),
        ("JaVaScRiPt://x/%0aalert(1)", ""),
        ("data:text/html,x", ""),
        ("//evil.example", ""),
        ("https://[", ""),
        ("", ""),
    ],
)
def test_only_addresses_of_ringostat_become_links(text: str, address: str) -> None:
    assert ringostat_link(text) == address
