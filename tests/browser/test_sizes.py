"""Every size of window, and readers who asked their browser for larger letters."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.chromium import DESKTOP, PHONE, Screen, context, with_letters
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
