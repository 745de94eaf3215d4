"""Where people hesitated who tried ten tasks of a workshop on the demo, see `assets/workshop.md`."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.chromium import DESKTOP, PHONE
from tests.browser.conftest import Visit


@pytest.mark.parametrize(("locale", "size"), [("en-US", DESKTOP), ("zh-CN", PHONE)])
def test_nothing_old_stands_where_the_next_task_begins(
    visit: Visit, locale: str, size: tuple[int, int]
) -> None:
    screen = visit(locale=locale, size=size)
    page, notice = screen.page, screen.page.locator("#form-notice p")
    ready = page.locator(".empty .ready")
    expect(ready).to_be_hidden()
    page.locator("[data-tile=pig]").first.click()
    expect(ready).to_be_visible()  # the table no longer asks for a card
    screen.generate()
    # A picture to edit comes without the words that drew it, and they come back by one press.
    drawn = screen.prompt.input_value()
    with screen.answered():
        screen.result.locator("[data-do=edit]:visible").first.click()
    expect(screen.prompt).to_have_value("")
    with screen.answered():
        page.locator("#form-notice [data-undo]").click()
    expect(screen.prompt).to_have_value(drawn)
    # What a press lacked is forgotten in another tab.
    screen.tab("compose")
    screen.go.click()
    expect(page.locator("#form-notice [data-lacks]")).to_have_count(1)
    screen.tab("text")
    expect(notice).to_have_count(0)
    # A picture that the network kept away is asked for again once it is back.
    picture = screen.result.locator(".photo img").first
    picture.evaluate("one => { one.dataset.right = one.src; one.src = 'pictures/none/none.png' }")
    expect(picture).to_have_js_property("complete", True)
    page.route("**/pictures/none/*", lambda route: route.fulfill(path="assets/screenshot.webp"))
    page.evaluate("dispatchEvent(new Event('online'))")
    page.wait_for_function("document.querySelector('#stage .photo img').naturalWidth > 0")
