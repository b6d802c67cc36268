"""Entry point of Planfix's REST API: checks token, limits and scope, then runs the operation of the route."""

from __future__ import annotations

import hmac
import re
from collections.abc import Callable, Mapping
from dataclasses import replace

from sandbox.http.server import Reply, Request
from sandbox.planfix import comments, data_tags, files, users
from sandbox.planfix.account import Account
from sandbox.planfix.contacts import requests as contacts
from sandbox.planfix.quota import Limits
from sandbox.planfix.rest import Body, Refusal, RestCall, Route
from sandbox.planfix.tasks import processes
from sandbox.planfix.tasks import requests as tasks
from sandbox.planfix.world import Emoji, TooFast

NUMBER = re.compile(r"(?<=/)(?:(?:contact|user|task):)?(\d+)(?=/|$)")
"""A number in a path, with or without its prefix."""

ROUTES: Mapping[tuple[str, str], Route] = {
    (route.method, route.path): route
    for room in (users, contacts, tasks, processes, comments, data_tags, files)
    for route in room.ROUTES
}
EMOJI = re.compile("[\U00010000-\U0010ffff]")

KNOWN_PATHS = frozenset(path for _, path in ROUTES)


def daily_limit(status: int) -> Refusal:
    return Refusal(status, 22, "Daily limit of requests is exceeded", requests_left=0)


def rest_answer(account: Account, path: str, request: Request) -> Reply:
    """Answers a request. `path`: the part after /rest. Each response says how many requests are left today."""
    account.quota.count()
    left: int | None = None
    try:
        _check_token(account, request)
        _check_limits(account)
        reply = _run_operation(account, path, request)
    except Refusal as refusal:
        left, reply = refusal.requests_left, refusal.reply()
    headers = {**reply.headers, "X-RateLimit-Remaining": str(account.quota.left if left is None else left)}
    if reply.status == 429 and account.quota.limits.retry_after is not None:
        headers["Retry-After"] = str(account.quota.limits.retry_after)
    return replace(reply, headers=headers)


def _check_token(account: Account, request: Request) -> None:
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer":
        token = request.query.get("access_token", "") if request.method == "GET" else ""
    if not hmac.compare_digest(token.strip().encode(), account.token.encode()):
        raise Refusal(401, 1, "Access denied, unknown token")


def _check_limits(account: Account) -> None:
    if account.quota.is_used_up:
        raise daily_limit(account.quota.limits.daily_status)
    if account.quota.is_too_fast():
        raise TOO_FAST[account.world.too_fast](account.quota.limits)


TOO_FAST: Mapping[TooFast, Callable[[Limits], Refusal]] = {
    TooFast.STATUS_429: lambda _: Refusal(429, 0, "Too many requests"),
    TooFast.CODE_22: lambda limits: Refusal(
        403, 22, "Request limit is exceeded", timeToReset=limits.time_to_reset * 1000
    ),
    TooFast.DAILY_LIMIT: lambda _: daily_limit(403),
}


def _run_operation(account: Account, path: str, request: Request) -> Reply:
    path = path.rstrip("/")
    shape = NUMBER.sub("{}", path)
    route = ROUTES.get((request.method, shape))
    if route is None and shape in KNOWN_PATHS:
        raise Refusal(405, 5, "Scope denied, method not allowed")
    if route is None:
        raise Refusal(404, 0, "Rest API error")
    if route.scope and account.scopes is not None and route.scope not in account.scopes:
        raise Refusal(405, 5, "Scope denied, method not allowed")
    call = RestCall(
        account=account,
        ids=tuple(int(number) for number in NUMBER.findall(path)),
        body=_body(account, request),
        query=request.query,
        headers=request.headers,
        raw=request.body,
    )
    if not route.locks:
        return route.operation(call)
    with account.lock:
        return route.operation(call)


def _body(account: Account, request: Request) -> Body:
    is_multipart = request.headers.get("content-type", "").startswith("multipart/")
    if is_multipart or request.method == "GET":
        return Body({})
    body = Body.parsed(request.body)
    if account.world.emoji is Emoji.KEPT or not EMOJI.search(body.as_text()):
        return body
    if account.world.emoji is Emoji.REFUSED:
        raise Refusal(400, 30, "Cannot deserialize, invalid JSON")
    return Body.parsed(EMOJI.sub("", body.as_text()).encode())
