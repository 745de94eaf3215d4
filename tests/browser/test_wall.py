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


def several(screen: Screen, count: int) -> Locator:
    """That many pictures on the table; returns their places. Needs open settings."""
    screen.choose("count", str(count))
    screen.generate("a lighthouse")
    return screen.result.locator(".wall figure")


def boxes(figures: Locator) -> list[dict[str, float]]:
    """Where the pictures or their frames are on the page, by x, y, width and height."""
    found = figures.locator(".place").evaluate_all(
        "all => all.map(one => { const { x, y, width, height } = one.getBoundingClientRect();"
        " return { x, y: y + scrollY, width, height } })"
    )
    return [dict(one) for one in found]


@pytest.mark.parametrize(
    ("counts", "size", "locale", "scheme"), [((2, 4, 8), *LOOKS[0]), ((3, 8), *LOOKS[1])]
)
def test_several_pictures_stay_a_wall_in_order(
    visit: Visit, size: tuple[int, int], locale: str, scheme: str, counts: tuple[int, ...]
) -> None:
    screen = visit(size=size, locale=locale, scheme=scheme)
    screen.open_settings()
    for count in counts:
        figures = several(screen, count)
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


def test_nothing_moves_when_the_last_picture_has_come_and_the_strip_has_its_order(screen: Screen) -> None:
    screen.open_settings()
    screen.choose("count", "4")
    screen.generate("demo: slow 1 a lighthouse", until="running")
    figures = screen.result.locator(".wall figure")
    before = boxes(figures)
    screen.wait_for("done")
    after = boxes(figures)
    assert len(before) == len(after) == 4
    for frame, picture in zip(before, after, strict=True):
        assert all(abs(frame[side] - picture[side]) <= 2 for side in frame)
    expect(screen.go).to_be_enabled()
    expect(screen.stop).to_be_hidden()

    named = figures.locator("[data-view]").evaluate_all(
        "all => all.map(one => one.dataset.view.split('/')[1])"
    )
    strip = screen.page.locator("#strip [data-do=open]")
    expect(strip).to_have_count(4)
    assert strip.evaluate_all("all => all.map(one => one.dataset.picture)") == named
    expect(screen.page.locator("#strip [aria-current=true]")).to_have_count(4)
    strip.nth(2).click()
    expect(screen.result.locator("[data-show][aria-pressed=true]")).to_have_text("3")
    expect(figures.nth(2)).to_have_class(re.compile("chosen"))


def test_each_picture_has_buttons_and_letters_of_its_own(screen: Screen) -> None:
    screen.open_settings()
    figures = several(screen, 3)
    picture = figures.nth(2).locator("[data-view]")
    picture.click()
    expect(screen.page.locator("dialog[open]")).to_be_visible()
    screen.page.keyboard.press("Escape")
    expect(picture).to_be_focused()

    figure, source = figures.nth(1), screen.tray("edit").locator("img")
    address = figure.locator("[data-view]").get_attribute("href")
    link = figure.get_by_role("link", name=ENGLISH("done.download"))
    expect(link).to_have_attribute("href", f"{address}?download")
    with screen.answered():
        figure.get_by_role("button", name=ENGLISH("done.edit"), exact=True).click()
    expect(source).to_have_attribute("src", re.compile(r"/2-\d"))
    picture.focus()
    with screen.answered():
        screen.page.keyboard.press("e")
    expect(source).to_have_attribute("src", re.compile(r"/3-\d"))


def test_all_pictures_come_in_one_zip_or_the_button_tells(screen: Screen) -> None:
    screen.open_settings()
    several(screen, 3)
    button = screen.result.locator("[data-download-all]")
    with screen.page.expect_download() as download:
        button.click()
    with zipfile.ZipFile(Path(download.value.path())) as packed:
        assert sum(name.endswith((".jpg", ".png")) for name in packed.namelist()) == 3
    expect(button).to_have_text(ENGLISH("done.download_all"))
    screen.page.route(re.compile("/history/zip"), lambda route: route.fulfill(status=500, body="broken"))
    button.click()
    expect(button).to_have_text(ENGLISH("history.failed_call"))


def test_drafts_are_called_drafts_and_one_picture_has_no_numbers(screen: Screen) -> None:
    screen.generate("demo: drafts a red fox")
    expect(screen.result.locator(".wall .draft")).to_have_text([ENGLISH("done.draft")] * 2)
    expect(screen.result.locator("[data-show]")).to_have_count(3)
    expect(screen.result.locator("[data-show]").last).to_have_attribute("aria-pressed", "true")
    screen.generate("a red fox")
    expect(screen.result.locator(".wall figure")).to_have_count(1)
    expect(screen.result.locator(".wall figcaption, [data-download-all]")).to_have_count(0)
