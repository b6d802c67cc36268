"""The colours of states in charts: seen on the page, and told apart by colour-blind people too."""

from __future__ import annotations

import re
from itertools import combinations
from math import cbrt, dist
from pathlib import Path

import pytest

from integrations.ui.labels import BAR_ORDER

Colour = tuple[float, ...]
"""Linear red, green and blue from 0 to 1."""

STYLES = Path("static/ringofix/site.css").read_text()
PAGES = {"light": (":root", "#ffffff"), "dark": (":root.dark", "#101828")}
"""The selector of a theme's colours, and the colour of its page."""
LEAST_DISTANCE = 0.1
"""In OKLab. Two neighbours on a scale of ten greys are as far apart."""
SIGHTS: dict[str, tuple[Colour, ...]] = {
    "normal": ((1, 0, 0), (0, 1, 0), (0, 0, 1)),
    "no red": ((0.1523, 1.0526, -0.2049), (0.1145, 0.7863, 0.0992), (-0.0039, -0.0481, 1.0520)),
    "no green": ((0.3673, 0.8606, -0.2280), (0.2801, 0.6725, 0.0474), (-0.0118, 0.0429, 0.9689)),
    "no blue": ((1.2555, -0.0767, -0.1788), (-0.0784, 0.9308, 0.1476), (0.0047, 0.6914, 0.3039)),
}
"""Machado, Oliveira and Fernandes: A Physiologically-based Model for Simulation of Color Vision Deficiency (2009)."""


def palette(theme: str) -> dict[str, str]:
    selector, _page = PAGES[theme]
    [rule] = re.findall(rf"^{re.escape(selector)} {{ (--delivered.*?) }}", STYLES, re.MULTILINE)
    return dict(re.findall(r"--(\w+): (#\w{6});", rule))


def linear_rgb(colour: str) -> Colour:
    channels = (int(colour[start : start + 2], 16) / 255 for start in (1, 3, 5))
    return tuple(each / 12.92 if each <= 0.04045 else ((each + 0.055) / 1.055) ** 2.4 for each in channels)


def contrast(one: str, other: str) -> float:
    """The contrast ratio of the Web Content Accessibility Guidelines, from 1 to 21."""
    luminances = [
        sum(a * b for a, b in zip((0.2126, 0.7152, 0.0722), linear_rgb(each), strict=True)) for each in (one, other)
    ]
    return (max(luminances) + 0.05) / (min(luminances) + 0.05)


def seen(colour: str, sight: str) -> Colour:
    rgb = linear_rgb(colour)
    return tuple(min(max(sum(a * b for a, b in zip(row, rgb, strict=True)), 0), 1) for row in SIGHTS[sight])


def oklab(rgb: Colour) -> Colour:
    r, g, b = rgb
    long = cbrt(0.4122 * r + 0.5363 * g + 0.0514 * b)
    medium = cbrt(0.2119 * r + 0.6807 * g + 0.1074 * b)
    short = cbrt(0.0883 * r + 0.2817 * g + 0.6300 * b)
    return (
        0.2105 * long + 0.7936 * medium - 0.0041 * short,
        1.9780 * long - 2.4286 * medium + 0.4506 * short,
        0.0259 * long + 0.7828 * medium - 0.8087 * short,
    )


@pytest.mark.parametrize("theme", PAGES)
@pytest.mark.parametrize("sight", SIGHTS)
def test_states_are_told_apart(theme: str, sight: str) -> None:
    colours = palette(theme)
    assert len(colours) == len(BAR_ORDER)

    distances = {
        (one, other): dist(oklab(seen(colours[one], sight)), oklab(seen(colours[other], sight)))
        for one, other in combinations(colours, 2)
    }

    assert {pair: distance for pair, distance in distances.items() if distance < LEAST_DISTANCE} == {}


@pytest.mark.parametrize("theme", PAGES)
def test_states_stand_out_from_the_page(theme: str) -> None:
    _selector, page = PAGES[theme]

    ratios = {name: contrast(colour, page) for name, colour in palette(theme).items()}

    assert {name: ratio for name, ratio in ratios.items() if ratio < 3} == {}


@pytest.mark.parametrize("state", BAR_ORDER)
def test_every_state_has_its_colour(state: str) -> None:
    assert re.search(rf"^\.state-{state} {{ fill: ", STYLES, re.MULTILINE)
