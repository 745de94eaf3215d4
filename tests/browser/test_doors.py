"""Half an emoji in the prompt, as a script or a keyboard leaves it there: the page goes on working."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from playground.ui.words import words_for
from tests.browser.chromium import Screen

TYPE = """text => {
  const field = document.querySelector('#prompt textarea');
  field.value = text; field.dispatchEvent(new Event('input', {bubbles: true}));
}"""


def type_raw(screen: Screen, text: str) -> None:
    """Types a text that the browser's own protocol could not carry; `text` is a JavaScript literal."""
    screen.page.evaluate(f"() => ({TYPE})({text})")


@pytest.mark.parametrize("half", [r"\ud83d", r"\ude00"])
def test_half_an_emoji_is_drawn_and_the_page_lives_on(screen: Screen, half: str) -> None:
    type_raw(screen, f'"a red fox {half}"')
    screen.generate()
    expect(screen.result.locator("h2.prompt")).to_have_text("a red fox \ufffd")
    screen.generate("another fox")
    expect(screen.result.locator("h2.prompt")).to_have_text("another fox")


def test_a_prompt_with_nothing_to_see_is_told_like_an_empty_one(screen: Screen) -> None:
    type_raw(screen, r'"\u200b\u2060\ufeff"')
    screen.go.click()
    expect(screen.page.locator("#form-notice")).to_contain_text(
        words_for("en")("outcome.prompt_missing.what")
    )
