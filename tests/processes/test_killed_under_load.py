"""Web, workers and database killed at random moments under load: each accepted call ends once in Planfix."""

from __future__ import annotations

import random
from concurrent.futures import Future, ThreadPoolExecutor, wait
from pathlib import Path
from typing import Any

import pytest

from integrations.models import Call, CallState
from integrations.services.customers.import_export import import_customer, webhook_address
from sandbox.harness.load import CLEAN, calls, customer_with_account, post_until_accepted, tally
from sandbox.harness.processes import LocalStack, wait_until
from tests.processes.steps import kill_server, server_answers

pytestmark = pytest.mark.slow

SECONDS = 50
Body = dict[str, Any]


@pytest.fixture(autouse=True)
def private_hosts(settings: Any) -> None:
    settings.ALLOW_PRIVATE_HOSTS = True


def customers(stack: LocalStack, count: int, *, requests_per_second: float) -> list[str]:
    """The webhook addresses of this many new customers."""
    files = [customer_with_account(stack, number, requests_per_second=requests_per_second) for number in range(count)]
    paths = [webhook_address(import_customer(file)).split("/", 3)[3] for file in files]
    return [f"{stack.web_url}/{path}" for path in paths]


def posted(
    pool: ThreadPoolExecutor, stack: LocalStack, addresses: list[str], each: int, chance: random.Random
) -> tuple[list[Body], list[Future[None]]]:
    """The bodies. Threads post each until it is accepted."""
    load = list(calls(len(addresses), each, stack.sandbox_url, chance))
    posts = [pool.submit(post_until_accepted, addresses[number], body, seconds=SECONDS) for number, body in load]
    return [body for _, body in load], posts


def done(posts: list[Future[None]]) -> int:
    return sum(post.done() for post in posts)


def delivered() -> int:
    return Call.objects.filter(state=CallState.DELIVERED, due_at=None).count()


def test_web_server_killed_during_posts_loses_no_call_and_doubles_none(stack: LocalStack) -> None:
    chance = random.Random(20)
    addresses = customers(stack, 10, requests_per_second=1000)
    stack.start_worker()
    stack.start_web(workers=1)
    with ThreadPoolExecutor(4) as pool:
        bodies, posts = posted(pool, stack, addresses, 20, chance)
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
    addresses = customers(stack, 10, requests_per_second=5)
    stack.start_web(workers=1)
    with ThreadPoolExecutor(4) as pool:
        bodies, posts = posted(pool, stack, addresses, 10, chance)
        assert not wait(posts, SECONDS).not_done
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
    addresses = customers(stack, 1, requests_per_second=1000)
    stack.start_web(workers=1)
    with ThreadPoolExecutor(1) as pool:
        bodies, posts = posted(pool, stack, addresses, 3, random.Random(1))
        assert not wait(posts, SECONDS).not_done
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
    addresses = customers(stack, 3, requests_per_second=1000)
    stack.start_web(workers=1)
    for name in ("one", "other"):
        stack.start_worker(name)
    with ThreadPoolExecutor(4) as pool:
        bodies, posts = posted(pool, stack, addresses, 40, chance)
        wait_until(lambda: done(posts) > len(posts) / 3, "some posts to be taken")
        kill_server(database_of_its_own)
        wait_until(server_answers, "the database server")
        assert not wait(posts, SECONDS).not_done
    assert [post.exception() for post in posts if post.exception()] == []
    wait_until(lambda: delivered() == len(bodies), "all calls to be delivered")

    assert tally(stack, bodies) == CLEAN
