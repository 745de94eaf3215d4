"""What is done with a result: looked at, downloaded, used again."""

from __future__ import annotations

import base64
import json
import re

import pytest
from playwright.sync_api import expect

from tests.browser.chromium import Screen


@pytest.fixture
def fox(screen: Screen) -> Screen:
    """The app with one picture on the table."""
    screen.generate("a red fox")
    return screen


def test_numbers_switch_what_stands_below_the_pictures(screen: Screen) -> None:
    screen.open_settings()
    screen.choose("count", "2")
    screen.generate("a lighthouse")
    numbers = screen.result.locator("[data-show]")
    link = screen.result.locator("[data-index]:visible a[download]").first
    first = link.get_attribute("href")
    numbers.nth(1).click()
    expect(numbers.nth(1)).to_have_attribute("aria-pressed", "true")
    chosen = screen.result.locator(".photo.chosen [data-view]")
    assert link.get_attribute("href") == f"{chosen.get_attribute('href')}?download" != first
    for key, number in (("ArrowLeft", 0), ("ArrowRight", 1)):
        screen.page.keyboard.press(key)
        expect(numbers.nth(number)).to_be_focused()
        expect(numbers.nth(number)).to_have_attribute("aria-pressed", "true")


def test_the_clock_ticks_and_the_button_answers_at_once(screen: Screen) -> None:
    screen.generate("demo: slow 2 a lighthouse", until="running")
    screen.page.wait_for_function("() => Number(document.querySelector('#result .now').textContent) >= 1")
    expect(screen.stop).to_be_visible()
    screen.wait_for("done")


def test_edit_and_compose_take_results_one_press_each(fox: Screen) -> None:
    tab = fox.page.locator("#tabs [aria-selected=true]:visible")
    with fox.answered():
        fox.result.locator("[data-do=edit]:visible").click()
    expect(tab).to_have_text("Edit")
    expect(fox.tray("edit")).to_have_count(1)
    expect(fox.tray("edit").locator("img")).to_have_attribute("src", re.compile("pictures/"))
    fox.generate("make it night")
    assert len(fox.request()["contents"][0]["parts"]) == 2
    sent, answer = fox.result.locator(".details:visible pre").all_inner_texts()
    assert '"inline_data"' in sent
    assert '"candidates"' in answer
    for shown in (sent, answer):
        assert not re.search(r"[A-Za-z0-9+/=]{400,}", shown)
    for count in (1, 2):
        with fox.answered():
            fox.result.locator("[data-do=compose]:visible").click()
        expect(fox.tray("compose")).to_have_count(count)
    expect(tab).to_have_text("Compose")
    fox.generate("put image 1 beside image 2")
    assert len(fox.request()["contents"][0]["parts"]) == 3


def test_an_earlier_result_comes_back_from_the_strip_and_is_made_again(fox: Screen) -> None:
    before = fox.job()
    fox.generate("a blue whale")
    expect(fox.page.locator("#strip [data-do=open]")).to_have_count(2)  # the new one moves the others
    fox.page.get_by_role("button", name="Show: a red fox").click()
    expect(fox.result.locator("h2.prompt")).to_have_text("a red fox")
    assert fox.job() == before
    sent = fox.request()
    fox.result.locator("[data-do=again]:visible").click()
    expect(fox.result.locator(f"[data-result]:not([data-result='{before}'])")).to_be_visible()
    assert fox.request() == sent
    expect(fox.page.locator("#strip [data-do=open]")).to_have_count(3)


def test_thoughts_are_shown_while_they_come_and_stay_apart_from_the_answer(screen: Screen) -> None:
    running = screen.generate("demo: thoughts a red fox", until="running")
    expect(running.locator(".thinking")).to_contain_text("Planning the picture: a red fox")
    expect(running.locator("img.drafted")).to_be_visible()
    expect(running.locator(".not-yet")).to_be_visible()
    screen.wait_for("done")
    expect(screen.result.locator("[data-show]")).to_have_count(0)
    screen.request()
    expect(screen.result.locator(".thoughts:visible img")).to_have_count(2)


def test_the_whole_raw_answer_is_copied_and_downloaded(fox: Screen) -> None:
    fox.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    fox.result.locator("[data-details]:visible").click()
    section = fox.result.locator(".copyable:visible").last
    section.locator("[data-copy]").click()
    expect(section.locator("[data-copy]")).to_have_text("Copied")
    copied = json.loads(fox.page.evaluate("navigator.clipboard.readText()"))
    inline = next(
        part["inlineData"] for part in copied["candidates"][0]["content"]["parts"] if "inlineData" in part
    )
    picture = base64.b64decode(inline["data"])
    assert (
        picture
        == fox.page.request.get(
            fox.result.locator("a[download]:visible").first.evaluate("a => a.href")
        ).body()
    )
    with fox.page.expect_download() as download:
        section.locator("a[download]").click()
    assert json.loads(download.value.path().read_text()) == copied
