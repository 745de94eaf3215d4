"""Every size of window, and readers who asked their browser for larger letters."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, expect

from playground.ui.words import words_for
from tests.browser.chromium import DESKTOP, PHONE, Screen, context, with_letters
from tests.browser.conftest import Visit
from tests.tour import SIZES

SPILLED = """() => {
  const seen = (one) =>
    one.checkVisibility({ visibilityProperty: true }) && !one.closest('.strip, [aria-hidden]');
  return [...document.querySelectorAll('button, label, [role=tab], .statusline, .facts, .fineprint')]
    .filter((one) => seen(one)
      && (one.scrollWidth > one.clientWidth + 2 || one.getBoundingClientRect().right > innerWidth + 1))
    .map((one) => `${one.id || one.className}: ${one.textContent.trim().slice(0, 40)}`);
}"""
"""What is cut off, or reaches beyond the window."""


_SIGN_AND_WORDS = """(label) => {
  const sign = getComputedStyle(label, "::before");
  const words = label.querySelector("span").getBoundingClientRect();
  return [parseFloat(sign.top) + parseFloat(sign.height) / 2, words.top - label.getBoundingClientRect().top];
}"""
"""Where the drawn sign of a shape ends, and where its words begin."""


_ROOM_BESIDE_WORDS = """(button) => {
  const words = document.createRange();
  words.selectNodeContents(button);
  const [inner, outer] = [words.getBoundingClientRect(), button.getBoundingClientRect()];
  return Math.min(inner.left - outer.left, outer.right - inner.right);
}"""
"""Pixels between the words of a button and its edge."""


@pytest.mark.parametrize("size", [DESKTOP, PHONE])
def test_letters_are_as_large_as_the_reader_asked_and_nothing_is_cut(
    browser: Browser, server: str, size: tuple[int, int]
) -> None:
    large = with_letters(browser, 24)
    screen = Screen(context(large, size).new_page(), server).open()
    for element, least in (("#prompt textarea", 24), ("#go", 24), ("#settings", 19)):
        style = f"parseFloat(getComputedStyle(document.querySelector('{element}')).fontSize)"
        assert screen.page.evaluate(style) >= least, element
    screen.open_settings()
    assert screen.page.evaluate(SPILLED) == []
    assert screen.page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    large.close()


def test_whatever_the_window_every_action_of_a_result_is_within_it(screen: Screen) -> None:
    screen.generate("a red fox")
    screen.open_settings()
    for width, height in SIZES:
        screen.page.set_viewport_size({"width": width, "height": height})
        assert screen.page.evaluate(SPILLED) == [], (width, height)
        expect(screen.go).to_be_in_viewport() if height > 500 else screen.go.scroll_into_view_if_needed()
        label = screen.page.locator("#ratio label").first
        sign, words = label.evaluate(_SIGN_AND_WORDS)
        assert words >= sign, "the sign of a shape covers its words"
        answer = screen.result.locator(".answer:visible").bounding_box()
        assert answer is not None
        assert answer["width"] >= 240, "the model's words stand in a narrow column"
        assert screen.page.locator("#settings").evaluate("one => one.scrollHeight <= one.clientHeight + 1")
    for width in (1280, 1400):  # the first size of a laptop: "Details" stood alone on a second line
        screen.page.set_viewport_size({"width": width, "height": 800})
        tops = (
            "buttons => [...new Set(buttons.map(one => Math.round(one.getBoundingClientRect().top)))].length"
        )
        assert screen.result.locator(".actions:not(.quick):visible > *").evaluate_all(tops) == 1, width


def test_a_phone_has_everything_in_reach(visit: Visit) -> None:
    """A row of actions, a shape and "All 15" were off the edge, Generate lay over the history, and the scheme
    could not be changed; on its side there were Generate and a strip of sky."""
    screen = visit(size=PHONE, locale="zh-CN")
    page = screen.page
    screen.generate("一只红狐狸")
    for action in ("again", "details"):
        button = screen.result.locator(f"[data-do={action}]:visible, [data-{action}]:visible").first
        button.scroll_into_view_if_needed()
        expect(button).to_be_in_viewport(ratio=1)
    screen.open_settings()
    assert page.evaluate(SPILLED) == []
    for shape in ("9:16", "16:9"):
        label = page.locator("#ratio label", has_text=shape).first
        label.scroll_into_view_if_needed()
        expect(label).to_be_in_viewport(ratio=1)
    more = page.locator("#moreratios")
    expect(more).to_have_text(words_for("zh")("panel.shape_all", count=15))
    more.click()
    expect(more).to_be_hidden()  # it stayed, and did nothing
    expect(page.locator("#ratio label:visible")).to_have_count(15)
    page.locator("#settings").click()

    screen.open_connection()
    page.locator("#connect [data-theme]").click()
    expect(page.locator("body.dark")).to_have_count(1)
    for language in ("en", "zh-CN"):
        page.locator("#connect [data-switch-language]").click()
        expect(page.locator(f"html[lang={language}]")).to_have_count(1)
    check = page.locator("#testconn")
    assert check.evaluate(_ROOM_BESIDE_WORDS) >= 8
    page.keyboard.press("Escape")

    page.locator("#strip [data-do=album]").click()
    last = page.locator("#history .tile .said").last
    last.scroll_into_view_if_needed()
    expect(last).to_be_in_viewport(ratio=1)
    last.click(trial=True)  # nothing lies over it
    page.keyboard.press("Escape")

    page.set_viewport_size({"width": PHONE[1], "height": PHONE[0]})
    page.evaluate("scrollTo(0, 0)")
    picture = screen.result.locator(".photo:visible img").bounding_box()
    assert picture is not None
    assert min(picture["y"] + picture["height"], PHONE[0]) - picture["y"] >= 150
    expect(screen.prompt).to_be_in_viewport(ratio=1)
