"""The deployment files name only metrics, headings and commands that exist."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from django.conf import settings
from django.test import Client

from integrations.services.monitoring.metrics import registry
from integrations.webhooks import MAX_BODY_BYTES

ROOT = Path(__file__).resolve().parents[2]
DEPLOY = ROOT / "deploy"
FIGURE = re.compile(r"\bringofix_\w+")


@pytest.mark.parametrize("file", ["prometheus/alerts.yaml", "grafana/ringofix.json"])
def test_every_metric_of_the_alert_rules_exists(db: None, file: str) -> None:
    there = {metric.name for metric in registry().collect()}
    watched = set(FIGURE.findall((DEPLOY / file).read_text()))
    assert watched
    assert watched <= there


def test_no_alert_rule_treats_a_gauge_as_a_counter(db: None) -> None:
    """rate() and increase() take each decrease for a restart and add it, so resolved calls would raise an alert."""
    assert {metric.type for metric in registry().collect()} == {"gauge"}
    assert not re.search(r"\b(i?rate|increase)\(", (DEPLOY / "prometheus/alerts.yaml").read_text())


def test_every_metric_is_on_the_dashboard(db: None) -> None:
    shown = set(FIGURE.findall((DEPLOY / "grafana/ringofix.json").read_text()))
    assert {metric.name for metric in registry().collect()} <= shown


def test_every_alert_rule_has_a_chapter_in_the_runbook() -> None:
    headings = re.findall(r"^## (.+)$", (ROOT / "docs/runbook.md").read_text(), re.MULTILINE)
    anchors = {heading.lower().replace(" ", "-") for heading in headings}
    named = re.findall(
        r"runbook: docs/runbook\.md#(.+)$", (DEPLOY / "prometheus/alerts.yaml").read_text(), re.MULTILINE
    )
    assert named
    assert set(named) <= anchors


def test_dashboard_file_has_a_data_source_for_each_panel() -> None:
    dashboard = json.loads((DEPLOY / "grafana/ringofix.json").read_text())
    assert {panel["datasource"]["uid"] for panel in dashboard["panels"]} == {"${source}"}


def test_units_and_containers_start_the_same_commands() -> None:
    compose = (ROOT / "compose.yaml").read_text()
    for unit in (DEPLOY / "systemd").iterdir():
        [command] = re.findall(r"^ExecStart=/srv/ringofix/\.venv/bin/(.+)$", unit.read_text(), re.MULTILINE)
        assert f"command: {command}\n" in compose


def test_proxy_buffers_a_whole_request_before_it_passes_it_on() -> None:
    caddyfile = (DEPLOY / "Caddyfile").read_text()
    [most], [buffered] = re.findall(r"max_size (\d+)MB", caddyfile), re.findall(r"request_buffers (\d+)MB", caddyfile)
    assert int(buffered) >= int(most)
    assert int(most) * 1_000_000 > max(MAX_BODY_BYTES, settings.DATA_UPLOAD_MAX_MEMORY_SIZE)
    assert "read_body" in caddyfile


def test_proxy_hides_internal_addresses(client: Client, db: None) -> None:
    hidden = re.findall(r"@inside path (.+)", (DEPLOY / "Caddyfile").read_text())[0].split()
    assert {client.get(path).status_code for path in hidden} == {200}
