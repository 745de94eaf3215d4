"""Several pictures of one result: a wall in order, each with its own buttons, and all of them as one ZIP."""

from __future__ import annotations

import re
import zipfile
from pathlib import Path

import pytest
from playwright.sync_api import Locator, expect

from playground.ui.words import words_for
from tests.browser.chromium import DESKTOP, PHONE, Screen
from tests.browser.conftest import Visit

ENGLISH = words_for("en")
LOOKS = [(DESKTOP, "en-US", "light"), (PHONE, "zh-CN", "dark")]


def several(screen: Screen, count: int, prompt: str = "a lighthouse") -> Locator:
    """That many pictures on the table; returns their places."""
    screen.open_settings()
    screen.choose("count", str(count))
    screen.generate(prompt)
    return screen.result.locator(".wall figure")


def boxes(figures: Locator) -> list[dict[str, float]]:
    """Where the pictures or their frames are on the page, by x, y, width and height."""
    found = figures.locator(".place").evaluate_all(
        "all => all.map(one => { const { x, y, width, height } = one.getBoundingClientRect();"
        " return { x, y: y + scrollY, width, height } })"
    )
    return [dict(one) for one in found]


@pytest.mark.parametrize(
    ("count", "size", "locale", "scheme"),
    [(count, *LOOKS[n]) for count, n in ((2, 0), (3, 1), (4, 0), (8, 0), (8, 1))],
)
def test_several_pictures_stay_a_wall_in_order(
    visit: Visit, size: tuple[int, int], locale: str, scheme: str, count: int
) -> None:
    figures = several(visit(size=size, locale=locale, scheme=scheme), count)
    expect(figures).to_have_count(count)
    named = figures.locator("[data-view]").evaluate_all("all => all.map(one => one.dataset.view)")
    assert [name.rpartition("/")[2].split("-")[0] for name in named] == [str(n + 1) for n in range(count)]
    expect(figures.locator("[data-show]")).to_have_text([str(number + 1) for number in range(count)])
    places = boxes(figures)
    assert places == sorted(places, key=lambda one: (round(one["y"]), one["x"]))
    assert all(one["x"] >= 0 and one["x"] + one["width"] <= size[0] for one in places)
    assert all(abs(one["width"] - places[0]["width"]) <= 1 for one in places)
    assert min(one["width"] for one in places) >= 150
    expect(figures.page.locator("#strip .row")).to_be_visible()
    wide, end = figures.page.evaluate(
        "[document.documentElement.scrollWidth,"
        " document.querySelector('#strip .row').getBoundingClientRect().bottom + scrollY]"
    )
    assert wide <= size[0]
    if size == DESKTOP:  # the buttons in one row, and the strip whole
        assert end <= size[1]


def test_nothing_moves_when_the_last_picture_has_come(screen: Screen) -> None:
    screen.open_settings()
    screen.choose("count", "4")
    screen.generate("demo: slow 2 a lighthouse", until="running")
    before = boxes(screen.result.locator(".wall figure"))
    screen.wait_for("done")
    after = boxes(screen.result.locator(".wall figure"))
    assert len(before) == len(after) == 4
    for frame, picture in zip(before, after, strict=True):
        assert all(abs(frame[side] - picture[side]) <= 2 for side in frame)


def test_each_picture_has_buttons_of_its_own(screen: Screen) -> None:
    figure = several(screen, 3).nth(1)
    address = figure.locator("[data-view]").get_attribute("href")
    link = figure.get_by_role("link", name=ENGLISH("done.download"))
    expect(link).to_have_attribute("href", f"{address}?download")
    with screen.answered():
        figure.get_by_role("button", name=ENGLISH("done.edit"), exact=True).click()
    expect(screen.tray("edit").locator("img")).to_have_attribute("src", re.compile(r"/2-\d"))


def test_a_letter_presses_the_button_of_the_picture_that_has_the_focus(screen: Screen) -> None:
    figure = several(screen, 3).nth(2)
    figure.locator("[data-view]").focus()
    with screen.answered():
        screen.page.keyboard.press("e")
    expect(screen.tray("edit").locator("img")).to_have_attribute("src", re.compile(r"/3-\d"))


def test_a_press_on_a_picture_opens_it_and_comes_back_to_it(screen: Screen) -> None:
    picture = several(screen, 3).nth(2).locator("[data-view]")
    picture.click()
    expect(screen.page.locator("dialog[open]")).to_be_visible()
    screen.page.keyboard.press("Escape")
    expect(picture).to_be_focused()


def test_all_pictures_come_in_one_zip(screen: Screen) -> None:
    several(screen, 3)
    button = screen.result.locator("[data-download-all]")
    with screen.page.expect_download() as download:
        button.click()
    with zipfile.ZipFile(Path(download.value.path())) as packed:
        assert sum(name.endswith((".jpg", ".png")) for name in packed.namelist()) == 3
    expect(button).to_have_text(ENGLISH("done.download_all"))


def test_a_zip_that_does_not_come_is_told_on_its_button(screen: Screen) -> None:
    several(screen, 2)
    screen.page.route(re.compile("/history/zip"), lambda route: route.fulfill(status=500, body="broken"))
    button = screen.result.locator("[data-download-all]")
    button.click()
    expect(button).to_have_text(ENGLISH("history.failed_call"))


def test_the_strip_has_the_order_of_the_wall_and_marks_what_is_shown(screen: Screen) -> None:
    figures = several(screen, 4, "demo: slow 1 a lighthouse")
    named = figures.locator("[data-view]").evaluate_all(
        "all => all.map(one => one.dataset.view.split('/')[1])"
    )
    strip = screen.page.locator("#strip [data-do=open]")
    assert strip.evaluate_all("all => all.map(one => one.dataset.picture)") == named
    expect(screen.page.locator("#strip [aria-current=true]")).to_have_count(4)
    strip.nth(2).click()
    expect(screen.result.locator("[data-show][aria-pressed=true]")).to_have_text("3")
    expect(figures.nth(2)).to_have_class(re.compile("chosen"))


def test_drafts_are_called_drafts(screen: Screen) -> None:
    screen.generate("demo: drafts a red fox")
    expect(screen.result.locator(".wall .draft")).to_have_text([ENGLISH("done.draft")] * 2)


def test_one_picture_has_no_numbers(screen: Screen) -> None:
    screen.generate("a red fox")
    expect(screen.result.locator(".wall figure")).to_have_count(1)
    expect(screen.result.locator(".wall figcaption, [data-download-all]")).to_have_count(0)
