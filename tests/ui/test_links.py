"""Addresses that a page links to, and those that it had better not."""

from __future__ import annotations

import pytest

from integrations.ui.links import contact_url, task_url, web_url


@pytest.mark.parametrize(
    "url", ["https://acme.planfix.com", "https://acme.planfix.com/", "https://acme.planfix.com/rest/"]
)
def test_pages_of_planfix_are_addressed_from_any_spelling_of_the_account(url: str) -> None:
    assert contact_url(url, 812) == "https://acme.planfix.com/contact/812"
    assert contact_url(url, 812, 9) == "https://acme.planfix.com/contact/812?comment=9"
    assert task_url(url, 55, 9) == "https://acme.planfix.com/task/55?comment=9"


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("https://app.ringostat.com/x?token=1", "https://app.ringostat.com/x?token=1"),
        (" http://127.0.0.1/x.mp3 ", "http://127.0.0.1/x.mp3"),
        ("javascript:alert(1)", ""),
        ("JaVaScRiPt://x/%0aalert(1)", ""),
        ("data:text/html,x", ""),
        ("//evil.example", ""),
        ("https://[", ""),
        ("", ""),
    ],
)
def test_only_web_addresses_become_links(text: str, address: str) -> None:
    assert web_url(text) == address
