"""Walks through the first ten minutes on the demo in a real browser, as a newcomer would by the shortest way.

`python -m tests.first_minute` prints the table: presses and seconds of each step. Typing is no press.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from playwright.sync_api import expect

from tests import first_minute
from tests.browser.chromium import DESKTOP, PHONE, Screen
from tests.browser.pictures import pictures
from tests.browser.visitors import Visitors

FULL_TRAY = 14
WAYS = ((DESKTOP, "en-US"), (DESKTOP, "zh-CN"), (PHONE, "en-US"), (PHONE, "zh-CN"))


@dataclass(frozen=True)
class Step:
    """One thing that a newcomer does.

    Attributes:
        name: what they want.
        most: presses that it may take.
        walk: does it; how it is seen that it is done is part of it. What it returns is said in the table.
    """

    name: str
    most: int
    walk: Callable[[Screen], str | None]


@dataclass(frozen=True)
class Taken:
    """What a step took: presses, seconds, and what went wrong on the way."""

    step: Step
    presses: int
    seconds: float
    said: str
    faults: tuple[str, ...]


def _first(screen: Screen) -> None:
    screen.page.locator("[data-tile=pig]:visible").first.click()
    expect(screen.prompt).not_to_have_value("")
    screen.generate()


def _edit(screen: Screen) -> None:
    screen.result.locator("[data-do=edit]:visible").click()
    expect(screen.tray("edit")).to_have_count(1)
    screen.generate(_say(screen, "make it night", "变成夜晚"))


def _continue(screen: Screen) -> None:
    versions = screen.page.locator("#continuing-notice [data-do=go_on]")
    screen.result.locator("[data-do=continue]:visible").click()
    expect(versions).to_have_count(2)
    for count, change in enumerate((("add snow", "下雪"), ("black and white", "变成黑白")), 3):
        expect(screen.prompt).to_have_value("")
        screen.generate(_say(screen, *change))
        expect(versions).to_have_count(count)


def _compare(screen: Screen) -> str:
    screen.page.evaluate("measured.timeViewer()")
    screen.result.locator(".photo.chosen [data-view]").click()
    screen.page.wait_for_function("measured.viewedAfter")
    seconds = screen.page.evaluate("measured.viewedAfter")
    screen.page.locator("dialog.viewer:not(.brush) [data-compare]").click()
    expect(screen.page.locator("dialog.viewer:not(.brush) .other img").first).to_be_visible()
    screen.page.keyboard.press("Escape")
    screen.page.keyboard.press("Escape")
    expect(screen.page.locator("dialog.viewer:not(.brush)")).to_be_hidden()
    return f"the viewer shows something after {1000 * seconds:.0f} ms"


def _star(screen: Screen) -> None:
    star = screen.result.locator("[data-index]:visible [data-star]")
    star.click()
    expect(star).to_have_attribute("aria-pressed", "true")


def _find(screen: Screen) -> None:
    screen.page.locator("#strip [data-do=album]").click()
    screen.page.locator("#history [data-search]").fill(_say(screen, "night", "夜晚"))
    expect(screen.page.locator("#history .tile")).to_have_count(1)
    screen.page.locator("#history button[data-open]").click()
    expect(screen.page.locator("#history .past")).to_be_visible()


def _reuse(screen: Screen) -> None:
    screen.page.locator("#history [data-do=reuse]:visible").click()
    expect(screen.prompt).to_have_value(_say(screen, "make it night", "变成夜晚"))
    expect(screen.tray("edit")).to_have_count(1)


def _compose(screen: Screen) -> None:
    screen.tab("compose")
    screen.add("compose", pictures(FULL_TRAY))
    expect(screen.tray("compose")).to_have_count(FULL_TRAY)
    for selector in ("#prompt textarea", "#go"):
        assert screen.page.evaluate("selector => measured.isWholeInView(selector)", selector), selector
    screen.generate(_say(screen, "a collage of all pictures", "把所有图片拼成拼贴画"))


def _stop(screen: Screen) -> None:
    screen.generate(_say(screen, "demo: slow 30 a whale", "演示：慢 30 一头鲸"), until="running")
    screen.stop.click()
    screen.wait_for("refused")


def _reload(screen: Screen) -> None:
    typed = "a lighthouse in a storm"
    screen.prompt.fill(typed)
    expect(screen.prompt).to_have_value(typed)
    screen.reload()
    expect(screen.prompt).to_have_value(typed)
    expect(screen.tray("compose")).to_have_count(FULL_TRAY)


def _say(screen: Screen, english: str, chinese: str) -> str:
    """In the language of the page."""
    return chinese if screen.page.evaluate("document.documentElement.lang").startswith("zh") else english


STEPS = (
    Step("first picture", 2, _first),
    Step("edit it", 2, _edit),
    Step("continue twice", 3, _continue),
    Step("compare with what was sent", 2, _compare),
    Step("star it", 1, _star),
    Step("find an earlier one", 2, _find),
    Step("use its settings again", 1, _reuse),
    Step("compose 14 pictures", 3, _compose),
    Step("stop", 2, _stop),
    Step("reload", 0, _reload),
)


def walk(visitors: Visitors, base_url: str, size: tuple[int, int], locale: str) -> list[Taken]:
    """All steps of one newcomer, each from where the one before has led."""
    with first_minute.visitor(visitors, base_url, size, locale=locale) as screen:
        return [_take(step, screen) for step in STEPS]


def _take(step: Step, screen: Screen) -> Taken:
    page = screen.page
    page.evaluate("measured.countPresses()")
    began = time.perf_counter()
    said = step.walk(screen) or ""
    seconds = time.perf_counter() - began
    presses = page.evaluate("measured.presses") or 0
    faults = [f"{presses} presses, not {step.most}"] * (presses > step.most)
    faults += [f"sideways {wide}" for wide in [page.evaluate("measured.sideways()")] if wide]
    return Taken(step, presses, seconds, said, tuple(faults))


def _note(taken: Taken) -> str:
    told = [*filter(None, [taken.said]), *taken.faults]
    return f" ({'; '.join(told)})" if told else ""


def table(visitors: Visitors, base_url: str) -> tuple[list[str], bool]:
    """The lines of the table, and whether every step was met."""
    walks = [walk(visitors, base_url, size, locale) for size, locale in WAYS]
    names = [f"{size[0]} {locale[:2]}" for size, locale in WAYS]
    lines = [f"step | presses at most | {' | '.join(names)}"]
    for row in zip(*walks, strict=True):
        cells = [f"{one.presses} in {one.seconds:.1f} s{_note(one)}" for one in row]
        lines.append(f"{row[0].step.name} | {row[0].step.most} | {' | '.join(cells)}")
    totals = [f"{sum(t.presses for t in w)} in {sum(t.seconds for t in w):.1f} s" for w in walks]
    lines.append(f"all | {sum(step.most for step in STEPS)} | {' | '.join(totals)}")
    return lines, not any(one.faults for walked in walks for one in walked)
