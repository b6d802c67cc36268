"""The addresses of a customer's Planfix account and Ringostat API, as they are typed. Sends nothing."""

from __future__ import annotations

import re
from urllib.parse import urlsplit, urlunsplit

from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from integrations.outbound.allowed_hosts import is_allowed

_ADDRESS = re.compile(r"https?://[\w.-]+(?::\d{1,5})?(?:/[\w./~-]*)?", re.IGNORECASE)
"""Nothing that two parsers read as two hosts: no user name, backslash, blank or control character."""
_PLANFIX_HOST = re.compile(r"[\w-]+\.planfix\.[a-z]+")
_PAGE = re.compile(r"/(contact|desktop|login|planner|project|rest|task|user)(/.*)?$")
"""A page of Planfix. On a company's own domain the account may have a path before it."""


def account_address(typed: str) -> str:
    """The Planfix account's address in what was copied from the browser. Raises ValidationError."""
    address = typed.strip()
    if "://" not in address:
        address = f"https://{address}"
    address = re.split(r"[?#]", address, maxsplit=1)[0]
    parts = urlsplit(public_address(address))
    path = "" if _PLANFIX_HOST.fullmatch(parts.netloc) else _PAGE.sub("", parts.path).rstrip("/")
    return urlunsplit((parts.scheme, parts.netloc, path, "", ""))


def public_address(typed: str) -> str:
    """The https address with its host in lower case. Raises ValidationError for one that is not public."""
    address = typed.strip()
    message = _("“%(url)s” is not a public https:// address. Copy the account's address from the browser.")
    refused = ValidationError(message % {"url": typed})
    if not _ADDRESS.fullmatch(address):
        raise refused
    parts = urlsplit(address)
    scheme = parts.scheme if settings.ALLOW_PRIVATE_HOSTS else "https"
    address = urlunsplit((scheme, parts.netloc.lower(), parts.path, "", ""))
    if not is_allowed(address) or not _has_valid_port(address):
        raise refused
    return address


def _has_valid_port(address: str) -> bool:
    try:
        return urlsplit(address).port != 0
    except ValueError:  # above 65535
        return False
