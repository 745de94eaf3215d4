"""A request becomes code, and code becomes a request again."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests import first_minute
from tests.browser.chromium import DESKTOP, PHONE, Screen
from tests.browser.conftest import Visit
from tests.browser.pictures import picture


def _is_clean(screen: Screen) -> None:
    assert first_minute.axe(screen) == []
    assert not screen.page.evaluate("document.documentElement.scrollWidth > innerWidth")


@pytest.mark.parametrize(("size", "locale"), [(DESKTOP, "en-US"), (PHONE, "zh-CN")])
def test_the_form_and_a_result_are_told_as_code(visit: Visit, size: tuple[int, int], locale: str) -> None:
    screen = visit(size=size, locale=locale)
    code = screen.page.locator("dialog.code")
    screen.tab("edit")
    screen.add("edit", [picture("my house.png")])
    expect(screen.tray("edit")).to_have_count(1)
    screen.generate("make it night")
    screen.page.locator("#prompttools [data-share]").press("Enter")
    expect(code.locator("pre:visible")).to_contain_text("base64 < ")
    expect(code.locator("pre:visible")).to_contain_text("my-house.png")
    _is_clean(screen)
    code.locator("input:checked").press("ArrowRight")
    expect(code.locator("pre:visible")).to_contain_text("import httpx")
    code.locator("[data-copy]:visible").press("Enter")
    expect(code.locator("[data-copy]:visible")).to_have_text({"en": "Copied", "zh": "已复制"}[locale[:2]])
    screen.page.keyboard.press("Escape")
    expect(code).to_be_hidden()
    screen.result.locator("[data-details]:visible").click()
    screen.result.locator("[data-share]:visible").click()
    expect(code.locator("pre:visible")).to_contain_text("import httpx")  # the language that was chosen
    expect(code.locator("pre:visible")).to_contain_text("my-house.png")
    expect(code.locator("pre:visible")).to_contain_text("make it night")
