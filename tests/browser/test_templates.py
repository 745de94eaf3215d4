"""Templates: the gallery, the fields over the prompt, and templates of one's own."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.chromium import DESKTOP, PHONE
from tests.browser.conftest import Visit
from tests.first_minute import broken_rules


@pytest.mark.parametrize(("locale", "size"), [("en-US", DESKTOP), ("zh-CN", PHONE)])
def test_a_template_is_chosen_filled_in_and_drawn(visit: Visit, locale: str, size: tuple[int, int]) -> None:
    screen = visit(locale=locale, size=size)
    page, is_english = screen.page, locale == "en-US"
    own = "A [what] on the [place: beach], at [place]" if is_english else "[谁]在[地点：海滩]，[地点]"
    opener = page.locator("[data-do=templates]")
    expect(opener).to_be_hidden()  # the first screen stays calm
    screen.prompt.fill("")
    expect(opener).to_be_visible()
    screen.prompt.fill(own)
    opener.click()
    gallery = page.locator("dialog.templates")
    expect(gallery).to_be_visible()
    page.keyboard.press("Escape")
    expect(gallery).to_be_hidden()
    opener.click()  # another time, and nothing in it has changed
    expect(gallery).to_be_visible()
    assert broken_rules(page) == []

    # Kept here, it is a template of one's own; what was typed is brought back by Undo.
    gallery.locator("[data-keep]").click()
    expect(gallery.locator("ul.own li")).to_have_count(1)
    gallery.locator("input").fill("scarf" if is_english else "红色围巾")
    expect(gallery.locator("li:visible")).to_have_count(3 if is_english else 2)
    gallery.locator("input").fill("")
    gallery.locator("[data-template=portrait]").click()
    fields = page.locator("#prompt-fields")
    first = fields.locator("input").first
    expect(first).to_be_focused()
    assert broken_rules(page) == []
    narrow = "all => all.filter(one => one.scrollWidth > one.clientWidth).map(one => one.value)"
    page.wait_for_function("document.querySelector('#prompt-fields input').style.width")
    first.fill("SUMMER MUGS SALE")  # capitals are wider than digits
    assert fields.locator("input").evaluate_all(narrow) == []
    first.fill("")
    first.press_sequentially("a robot" if is_english else "机器人")
    first.press("Tab")
    page.keyboard.type("snow" if is_english else "雪地")
    expect(screen.prompt).to_have_value(
        "A portrait of a robot with snow in a park, soft light, 35 mm film look"
        if is_english
        else "机器人的肖像，在雪地里，柔光，胶片质感"
    )
    expect(page.locator("#price-text")).to_be_attached()
    page.locator("#form-notice [data-undo]").click()
    expect(screen.prompt).to_have_value(own)
    expect(fields).to_have_count(0)

    # A field that comes twice is one; what nobody has filled in stays in its brackets.
    page.locator("[data-do=templates]").click()
    gallery.locator("ul.own button").click()
    expect(fields.locator("input")).to_have_count(2)
    fields.locator("input").nth(1).fill("forest" if is_english else "森林")
    expect(screen.prompt).to_have_value(
        "A [what] on the forest, at forest" if is_english else "[谁]在森林，森林"
    )
    screen.prompt.press_sequentially("!")
    expect(fields).to_have_count(0)

    # A template of another tab brings that tab, and samples where there is no picture.
    page.locator("[data-do=templates]").click()
    gallery.locator("[data-template=place_onto]").click()
    expect(screen.tray("compose")).to_have_count(2)
    assert fields.locator("input").count() == 3
    page.keyboard.press("Escape")
    expect(screen.prompt).to_be_focused()
    screen.generate()
