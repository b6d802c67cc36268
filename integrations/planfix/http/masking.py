"""What of requests and answers may be kept and shown: all but the tokens. Knows no endpoint."""

from __future__ import annotations

import re

from integrations.planfix.http.json_fields import JSON

_SECRET_PARAMETER = re.compile(r"(?i)([?&](?:amp;)?[a-z_-]*(?:token|key|secret)=)[^&\s\"'<>]+")


def without(value: JSON, secret: str) -> JSON:
    """The same value without the secret in its texts. Keys stay: they are Planfix's own words."""
    if isinstance(value, str):
        return value.replace(secret, "***")
    if isinstance(value, list):
        return [without(item, secret) for item in value]
    if isinstance(value, dict):
        return {key: without(item, secret) for key, item in value.items()}
    return value


def masked_text(text: str) -> str:
    """Without the tokens in addresses: a recording's link, say, which anyone could play.

    NULs and lone surrogates go too: JSON may carry them, but no log can keep them.
    """
    clean = text.replace("\x00", "").encode("utf-8", "replace").decode()
    return _SECRET_PARAMETER.sub(r"\1***", clean)


def masked(value: JSON) -> JSON:
    """The same value with all its texts as masked_text() makes them."""
    if isinstance(value, str):
        return masked_text(value)
    if isinstance(value, list):
        return [masked(item) for item in value]
    if isinstance(value, dict):
        return {masked_text(key): masked(item) for key, item in value.items()}
    return value
