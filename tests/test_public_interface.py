"""Scripts outside the project rely on these names. A change of the files in public_interface/ changes the product.

`python -m tests.test_public_interface` writes them anew.
"""

from __future__ import annotations

import argparse
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import yaml
from django.apps import apps
from django.conf import settings
from django.core.management import get_commands, load_command_class
from django.urls import URLPattern, URLResolver, get_resolver
from drf_spectacular.generators import SchemaGenerator

from ringofix.machines import MACHINE_URLS

HERE = Path(__file__).parent / "public_interface"
OPTIONS_OF_EVERY_COMMAND = {
    "help",
    "version",
    "verbosity",
    "settings",
    "pythonpath",
    "traceback",
    "no_color",
    "force_color",
    "skip_checks",
}


def addresses() -> Iterator[str]:
    """The addresses for people and their programs, and those for machines."""
    for urlconf in (None, MACHINE_URLS):
        yield from _addresses(get_resolver(urlconf).url_patterns, "/")


def _addresses(patterns: list[URLPattern | URLResolver], prefix: str) -> Iterator[str]:
    for pattern in patterns:
        address = prefix + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from _addresses(pattern.url_patterns, address)
        else:
            yield address


def commands() -> Iterator[str]:
    for name, app in get_commands().items():
        if app in ("integrations", "sandbox"):
            parser = load_command_class(app, name).create_parser("manage.py", name)
            yield " ".join([name, *_options(parser)])


def _options(parser: argparse.ArgumentParser) -> Iterator[str]:
    for action in parser._actions:
        if action.dest not in OPTIONS_OF_EVERY_COMMAND:
            yield "/".join(action.option_strings) or action.dest


def environment() -> Iterator[str]:
    text = (settings.BASE_DIR / ".env.example").read_text()
    return iter(re.findall(r"^#? ?([A-Z][A-Z_]+)=", text, re.MULTILINE))


def schema() -> Iterator[str]:
    generated = SchemaGenerator().get_schema(request=None, public=True)
    return iter(yaml.safe_dump(generated, allow_unicode=True).splitlines())


def tables() -> Iterator[str]:
    for model in apps.get_app_config("integrations").get_models():
        for field in model._meta.concrete_fields:
            yield f"{model._meta.db_table}.{field.column}"


LISTS: dict[str, Callable[[], Iterator[str]]] = {
    "addresses": addresses,
    "commands": commands,
    "environment": environment,
    "api_schema": schema,
    "tables": tables,
}


def lines_of(name: str) -> list[str]:
    lines = list(LISTS[name]())
    return lines if name == "api_schema" else sorted(set(lines))


@pytest.mark.parametrize("name", LISTS)
def test_public_names_are_those_of_the_recorded_lists(name: str) -> None:
    assert lines_of(name) == (HERE / f"{name}.txt").read_text().splitlines()


if __name__ == "__main__":
    import django

    django.setup()
    for name in LISTS:
        (HERE / f"{name}.txt").write_text("\n".join(lines_of(name)) + "\n")
