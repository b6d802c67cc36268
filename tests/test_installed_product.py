"""The image holds what the Dockerfile copies, and that is enough to run the product."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from fnmatch import fnmatchcase
from pathlib import Path

import pytest
from django.conf import settings

from sandbox.harness.processes import this_database

STARTED = """
import sys
import ringofix.wsgi, integrations.tasks
from django.core.management import call_command, get_commands
call_command("check")
call_command("migrate", "--plan")
assert "sandbox" not in sys.modules
print(*get_commands())
"""
"""One process does it all, because Python compiles the whole image first."""
DEVELOPMENT_ONLY = ("sandbox", "tests", "bench", "docs", "requirements-dev.txt", "requirements.in")


def copied_by_dockerfile() -> list[str]:
    """Sources of the Dockerfile's COPY lines that .dockerignore lets into the build."""
    allowed = [line[1:] for line in (settings.BASE_DIR / ".dockerignore").read_text().split() if line.startswith("!")]
    copies = [line for line in (settings.BASE_DIR / "Dockerfile").read_text().splitlines() if line.startswith("COPY ")]
    sources = [source for line in copies for source in line.split()[1:-1] if not source.startswith("--")]
    for source in sources:
        assert any(fnmatchcase(source, pattern) for pattern in allowed), f".dockerignore keeps {source} out"
    return sources


@pytest.fixture
def image(tmp_path: Path) -> Path:
    """A folder with the image's files."""
    for source in copied_by_dockerfile():
        target = tmp_path / source
        target.parent.mkdir(parents=True, exist_ok=True)
        path = settings.BASE_DIR / source
        if path.is_dir():
            shutil.copytree(path, target, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(path, target)
    return tmp_path


def run(image: Path, *command: str) -> str:
    """Run Python in the image's folder with this test's database. Returns its output."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "DJANGO"))}
    environment |= this_database() | {"DJANGO_SETTINGS_MODULE": "ringofix.settings"}
    done = subprocess.run(
        [sys.executable, *command],
        cwd=image,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert done.returncode == 0, done.stdout
    return done.stdout


def test_image_contains_only_the_product(image: Path) -> None:
    assert {path.name for path in image.iterdir()} & set(DEVELOPMENT_ONLY) == set()
    assert (image / "integrations").is_dir()


@pytest.mark.slow
@pytest.mark.django_db
def test_product_starts_without_the_sandbox_and_its_commands(image: Path) -> None:
    told, commands = run(image, "-c", STARTED).rsplit("\n", 2)[:2]

    assert "no issues" in told
    assert "No planned migration operations" in told
    assert "import_customer" in commands.split()
    assert {"sandbox", "demo"} & set(commands.split()) == set()
