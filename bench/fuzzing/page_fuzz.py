"""Sends hostile values in every parameter of every page, as a viewer and as an administrator. No page may fail or show
another customer's data.

Printed: pages, parameters, values, answers, failures and leaks. PAGE_FUZZ_REQUESTS is the number of requests of each of
the four runs. The requests are those of tests/security/test_page_fuzz.py, in the test database.
"""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

TEST = "tests/security/test_page_fuzz.py::test_no_parameter_value_causes_an_error_or_shows_another_customer"
REQUESTS = 10_000


def run() -> None:
    environment = {"PAGE_FUZZ_REQUESTS": str(REQUESTS), **os.environ}
    command = [sys.executable, "-m", "pytest", "-q", "-s", "-p", "no:randomly", "--show-capture=no", "--tb=short"]
    found = subprocess.run([*command, TEST], env=environment, stdout=subprocess.PIPE, text=True)
    if found.returncode not in (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED):
        raise SystemExit(found.stdout)
    print("\n".join(line for line in found.stdout.splitlines() if line.startswith(("GET as", "POST as", "E  "))))
