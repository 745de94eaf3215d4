"""How the history looks in each of its states: readable by machines, nothing cut off, nothing too small."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import expect

from playground.settings import Settings
from tests import first_minute
from tests.app_server import run_app
from tests.browser.chromium import DESKTOP, PHONE, Screen
from tests.browser.conftest import Visit
from tests.browser.kept import keep

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]
LOOKS = [(DESKTOP, "light", "en-US"), (PHONE, "dark", "zh-CN")]
MIN_TARGET = 24


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """An app that an earlier run has left some results to."""
    folder = tmp_path_factory.mktemp("looks")
    keep(folder, count=20, size=(320, 240))
    with run_app(Settings(data_dir=folder, use_proxy=False), {}) as base_url:
        yield base_url


_RAGGED = """() => [...document.querySelectorAll("#history .rows")].flatMap((rows) => {
  const ends = new Map();
  for (const one of rows.querySelectorAll(".tile .shot")) {
    const { top, right } = one.getBoundingClientRect();
    ends.set(Math.round(top), right);
  }
  const { right } = rows.getBoundingClientRect();
  return [...ends.values()].slice(0, -1).filter((end) => Math.abs(end - right) > 2);
})"""
"""Where rows of a day end that do not end with it; the last one of a day may."""


def press(selector: str) -> Callable[[Screen], None]:
    return lambda screen: screen.page.locator(f"#history {selector}:visible").first.click()


STEPS: dict[str, Callable[[Screen], None]] = {
    "grid": lambda _: None,
    "filters": press("[data-filters]"),
    "menu": press(".menu summary"),
    "choosing": press("[data-select]"),
    "chosen": press("[data-open]"),
    "done choosing": press("[data-select-end]"),
    "detail": press("[data-open]"),
    "actions": press(".actions .menu summary"),
    "deleted": press("[data-delete]"),
}


@pytest.mark.parametrize(("size", "scheme", "locale"), LOOKS)
def test_every_state_can_be_used_by_everybody(
    visit: Visit, kept: str, size: tuple[int, int], scheme: str, locale: str
) -> None:
    problems: list[str] = []
    screen = visit(kept, size, scheme=scheme, locale=locale)
    screen.page.evaluate(first_minute.SCRIPT)
    screen.page.locator("#strip [data-do=album]").click()
    expect(screen.page.locator("#history .tile").first).to_be_visible()
    for state, step in STEPS.items():
        step(screen)
        problems += [f"{state}: {found}" for found in looked_at(screen)]
    assert screen.page.evaluate(_RAGGED) == []
    screen.page.locator(".toast button").click()
    assert problems == []


def looked_at(screen: Screen) -> list[str]:
    """What is wrong with the page as it stands."""
    problems = first_minute.axe(screen)
    if wide := screen.page.evaluate("measured.sideways()"):
        problems.append(f"sideways: {wide}")
    sizes = screen.page.evaluate("measured.typeSizes()")
    if len(sizes) > first_minute.MAX_SIZES or min(sizes) < first_minute.MIN_SIZE:
        problems.append(f"type sizes: {sizes}")
    small = screen.page.evaluate(
        "least => [...document.querySelectorAll('#history button, #history summary, #history input, "
        "#history select, .toast button')].filter(one => one.checkVisibility() && one.offsetWidth).filter("
        "one => one.offsetWidth < least || one.offsetHeight < least).map(one => one.outerHTML.slice(0, 80))",
        MIN_TARGET,
    )
    return problems + [f"small target: {one}" for one in small]
