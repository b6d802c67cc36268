"""The project's files agree with each other: version, requirements, hooks, CI."""

from __future__ import annotations

import re
from importlib import import_module
from pathlib import Path

import pytest
import yaml
from django.conf import settings

from ringofix import __version__

ROOT = settings.BASE_DIR
PIN = re.compile(r"^([A-Za-z0-9_.-]+)(?:\[[^]]*\])?==(\S+)", re.MULTILINE)


def pins(name: str) -> dict[str, str]:
    return {package.lower().replace("_", "-"): version for package, version in PIN.findall((ROOT / name).read_text())}


def test_newest_release_in_the_changelog_is_the_current_version() -> None:
    headings = re.findall(r"^## (.+)$", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)
    releases = [heading.split()[0] for heading in headings if not heading.endswith("(unreleased)")]

    assert releases[0] == __version__


@pytest.mark.parametrize("name", ["requirements", "requirements-dev"])
def test_compiled_requirements_contain_all_direct_requirements(name: str) -> None:
    assert pins(f"{name}.in").items() <= pins(f"{name}.txt").items()


@pytest.mark.parametrize("name", ["requirements.txt", "requirements-dev.txt"])
def test_every_requirement_has_hashes(name: str) -> None:
    blocks = re.split(r"\n(?=[A-Za-z0-9])", "\n" + (ROOT / name).read_text())[1:]

    assert len(blocks) == len(pins(name))
    assert [block.split()[0] for block in blocks if "--hash=sha256:" not in block] == []


def test_development_requirements_have_the_versions_of_the_product() -> None:
    assert pins("requirements.txt").items() <= pins("requirements-dev.txt").items()


@pytest.mark.parametrize("name", ["requirements.txt", "requirements-dev.txt"])
def test_requirements_name_no_index(name: str) -> None:
    assert not re.search(r"://|--(extra-)?index|--find-links", (ROOT / name).read_text())


def test_every_hook_runs_from_the_projects_environment() -> None:
    repos = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text())["repos"]
    commands = [hook["entry"] for repo in repos for hook in repo["hooks"] if hook["language"] == "system"]

    assert {repo["repo"] for repo in repos} == {"local"}
    assert {command.split()[0] for command in commands} == {
        ".venv/bin/ruff",
        ".venv/bin/mypy",
        ".venv/bin/lint-imports",
    }


def test_forge_workflow_runs_the_same_checks_as_ci() -> None:
    workflow = yaml.safe_load((ROOT / ".github/workflows/ci.yml").read_text())

    assert {"run": ".ci/run"} in workflow["jobs"]["check"]["steps"]


@pytest.mark.parametrize("path", sorted((ROOT / "bench").glob("*/[a-z]*.py")), ids=lambda path: path.stem)
def test_every_benchmark_can_be_imported(path: Path) -> None:
    """Nothing else runs them in CI, so a renamed function would go unnoticed."""
    import_module(f"bench.{path.parent.name}.{path.stem}")
