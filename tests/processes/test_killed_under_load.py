"""Web, workers and database killed at random moments under load: each accepted call ends once in Planfix."""

from __future__ import annotations

import random
from concurrent.futures import Future, ThreadPoolExecutor, wait
from pathlib import Path
from typing import Any

import pytest

from integrations.models import Call, CallState, Customer
from integrations.services.customers.import_export import webhook_address
from sandbox.harness.load import CLEAN, calls, post_until_accepted, tally
from sandbox.harness.processes import LocalStack, wait_until
from tests.processes.steps import Body, customers_with_accounts, kill_server, server_answers, take_in

pytestmark = pytest.mark.slow

SECONDS = 50


@pytest.fixture(autouse=True)
def private_hosts(settings: Any) -> None:
    settings.ALLOW_PRIVATE_HOSTS = True


def posted(
    pool: ThreadPoolExecutor, stack: LocalStack, customers: list[Customer], each: int, chance: random.Random
) -> tuple[list[Body], list[Future[None]]]:
    """The bodies. Threads post each to the web server until it is accepted."""
    addresses = [stack.local(webhook_address(customer)) for customer in customers]
    load = list(calls(len(addresses), each, stack.sandbox_url, chance))
    posts = [pool.submit(post_until_accepted, addresses[number], body, seconds=SECONDS) for number, body in load]
    return [body for _, body in load], posts


def done(posts: list[Future[None]]) -> int:
    return sum(post.done() for post in posts)


def delivered() -> int:
    return Call.objects.filter(state=CallState.DELIVERED, due_at=None).count()


def test_web_server_killed_during_posts_loses_no_call_and_doubles_none(stack: LocalStack) -> None:
    chance = random.Random(20)
    customers = customers_with_accounts(stack, 10, requests_per_second=1000)
    stack.start_worker()
    stack.start_web(workers=1)
    with ThreadPoolExecutor(4) as pool:
        bodies, posts = posted(pool, stack, customers, 20, chance)
        for taken in sorted(chance.sample(range(150), 3)):
            wait_until(lambda at=taken: done(posts) > at, "some posts to be taken")
            stack.kill("web")
            stack.start_web(workers=1)
        assert not wait(posts, SECONDS).not_done
    assert [post.exception() for post in posts if post.exception()] == []
    wait_until(lambda: delivered() == len(bodies), "all calls to be delivered")

    assert tally(stack, bodies) == CLEAN


def test_repeatedly_killed_workers_lose_no_call_and_double_none(stack: LocalStack) -> None:
    chance = random.Random(4)
    customers = customers_with_accounts(stack, 10, requests_per_second=5)
    bodies = take_in(customers, list(calls(10, 10, stack.sandbox_url, chance)))
    stack.control("POST", "/latency", {"seconds": 0.1})
    names = ["one", "other"]
    for name in names:
        stack.start_worker(name)
    for number, count in enumerate(sorted(chance.sample(range(60), 3))):
        wait_until(lambda at=count: delivered() > at, "some calls to be delivered")
        name = names[number % 2]
        stack.kill(name)
        stack.start_worker(name)
    wait_until(lambda: delivered() == len(bodies), "all calls to be delivered")

    assert tally(stack, bodies) == CLEAN


def test_stopping_worker_finishes_its_current_call_only(stack: LocalStack) -> None:
    customers = customers_with_accounts(stack, 1, requests_per_second=1000)
    bodies = take_in(customers, list(calls(1, 3, stack.sandbox_url, random.Random(1))))
    stack.control("POST", "/latency", {"seconds": 0.5})
    stack.start_worker()
    wait_until(lambda: bool(stack.control("GET", "/accounts/load-0")["contacts"]), "the first call's contact")

    worker = stack.processes.pop("worker")
    worker.terminate()

    assert worker.wait(20) == 0
    assert [Call.objects.filter(state=state).count() for state in (CallState.DELIVERED, CallState.PENDING)] == [1, 2]
    assert tally(stack, [body for body in bodies if body["uniqueid"] == "load-0.0"]) == CLEAN


def test_killed_database_server_loses_no_call_and_doubles_none(
    database_of_its_own: Path, own_stack: LocalStack
) -> None:
    stack, chance = own_stack, random.Random(18)
    customers = customers_with_accounts(stack, 3, requests_per_second=1000)
    stack.start_web(workers=1)
    for name in ("one", "other"):
        stack.start_worker(name)
    with ThreadPoolExecutor(4) as pool:
        bodies, posts = posted(pool, stack, customers, 40, chance)
        wait_until(lambda: done(posts) > len(posts) / 3, "some posts to be taken")
        kill_server(database_of_its_own)
        wait_until(server_answers, "the database server")
        assert not wait(posts, SECONDS).not_done
    assert [post.exception() for post in posts if post.exception()] == []
    wait_until(lambda: delivered() == len(bodies), "all calls to be delivered")

    assert tally(stack, bodies) == CLEAN
