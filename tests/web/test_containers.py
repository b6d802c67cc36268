"""compose.yaml gives each container only what it needs."""

from __future__ import annotations

import re
from typing import Any

import pytest
import yaml
from django.conf import settings

COMPOSE = yaml.safe_load((settings.BASE_DIR / "compose.yaml").read_text())
SERVICES: dict[str, Any] = COMPOSE["services"]
SECRETS = {"DATABASE_URL", "SECRET_KEY", "ENCRYPTION_KEYS", "POSTGRES_PASSWORD", "EMAIL_URL"}
EXACT_VERSION = re.compile(r"[a-z]+:\d+\.\d+(\.\d+)?(-[a-z-]+)?")
DOCUMENTED = set(re.findall(r"^#?([A-Z_]+)=", (settings.BASE_DIR / ".env.example").read_text(), re.MULTILINE))


def variables(service: str) -> set[str]:
    return set(SERVICES[service]["environment"])


def networks_of(service: str) -> set[str]:
    return set(SERVICES[service]["networks"])


def test_proxy_container_has_no_secrets_and_no_database_network() -> None:
    assert variables("proxy") == {"PUBLIC_URL"}
    assert networks_of("proxy") & networks_of("db") == set()
    assert not any("env_file" in service for service in SERVICES.values())


def test_each_container_has_only_its_own_secrets() -> None:
    assert variables("db") & SECRETS == {"POSTGRES_PASSWORD"}
    assert variables("migrate") & SECRETS == {"DATABASE_URL", "SECRET_KEY", "ENCRYPTION_KEYS"}
    assert variables("web") & SECRETS == {"DATABASE_URL", "SECRET_KEY", "ENCRYPTION_KEYS"}
    assert variables("worker") & SECRETS == SECRETS - {"POSTGRES_PASSWORD"}


def test_every_setting_of_the_example_reaches_a_container() -> None:
    """A setting of .env.example that no container gets would have no effect."""
    fixed_by_the_image = {"BIND", "PORT", "EMBEDDED_POSTGRES", "DEBUG", "ALLOW_PRIVATE_HOSTS"}
    given = set().union(*(variables(name) for name in ("web", "worker", "migrate")))

    assert DOCUMENTED - fixed_by_the_image - given == set()
    assert given - DOCUMENTED == set()


def test_only_containers_of_the_product_reach_the_database() -> None:
    assert {name for name in SERVICES if "data" in networks_of(name)} == {"db", "migrate", "web", "worker"}
    assert COMPOSE["networks"]["data"] == {"internal": True}
    assert {name for name in SERVICES if "ports" in SERVICES[name]} == {"proxy"}


def test_the_web_trusts_exactly_the_network_it_shares_with_the_proxy() -> None:
    [config] = COMPOSE["networks"]["front"]["ipam"]["config"]

    assert SERVICES["web"]["environment"]["TRUSTED_PROXIES"] == config["subnet"]
    assert networks_of("proxy") & networks_of("web") == {"front"}
    assert {name for name in SERVICES if "front" in networks_of(name)} == {"web", "proxy"}


@pytest.mark.parametrize("name", SERVICES)
def test_containers_have_read_only_files_and_gain_no_rights(name: str) -> None:
    service = SERVICES[name]

    assert (service["read_only"], service["cap_drop"]) == (True, ["ALL"])
    assert service["security_opt"] == ["no-new-privileges:true"]


def test_only_root_entrypoints_keep_capabilities() -> None:
    kept = {name: service["cap_add"] for name, service in SERVICES.items() if "cap_add" in service}

    assert kept == {"db": ["CHOWN", "DAC_OVERRIDE", "FOWNER", "SETGID", "SETUID"], "proxy": ["NET_BIND_SERVICE"]}


@pytest.mark.parametrize("name", ["db", "proxy"])
def test_images_of_database_and_proxy_have_exact_versions(name: str) -> None:
    assert EXACT_VERSION.fullmatch(SERVICES[name]["image"])


def test_the_products_image_is_built_from_an_exact_version() -> None:
    base = (settings.BASE_DIR / "Dockerfile").read_text().split("FROM ", 1)[1].split()[0]

    assert EXACT_VERSION.fullmatch(base)


def test_every_name_in_the_compose_file_is_declared() -> None:
    """`docker compose config` refuses an undeclared name."""
    for name, service in SERVICES.items():
        assert set(service.get("depends_on", ())) <= set(SERVICES), name
        assert networks_of(name) <= set(COMPOSE["networks"]), name
        mounted = {volume.split(":")[0] for volume in service.get("volumes", ())}
        assert {volume for volume in mounted if not volume.startswith("./")} <= set(COMPOSE["volumes"]), name
        assert all((settings.BASE_DIR / path).exists() for path in mounted if path.startswith("./")), name
        assert ("image" in service) or ("build" in service), name
    assert {name for name in SERVICES if "build" in SERVICES[name]} == {"migrate"}


@pytest.mark.parametrize("name", SERVICES)
def test_every_condition_of_a_container_dependency_can_be_met(name: str) -> None:
    depends = SERVICES[name].get("depends_on", {})
    for other, how in depends.items() if isinstance(depends, dict) else ():
        condition = how["condition"]
        if condition == "service_healthy":
            assert SERVICES[other]["healthcheck"]["test"]
        else:
            assert (condition, SERVICES[other]["restart"]) == ("service_completed_successfully", "no")
