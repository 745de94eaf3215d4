"""Improve my prompt, describe this picture: with the price before the press, both versions, and an undo."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.browser.chromium import DESKTOP, PHONE
from tests.browser.conftest import Visit
from tests.first_minute import axe
from tests.tour import _sample


@pytest.mark.parametrize(("locale", "size"), [("en-US", DESKTOP), ("zh-CN", PHONE)])
def test_what_is_written_is_shown_beside_and_used_on_request(
    visit: Visit, locale: str, size: tuple[int, int]
) -> None:
    screen = visit(locale=locale, size=size)
    page, is_english = screen.page, locale == "en-US"
    improve, describe = page.locator("#writer .improve"), page.locator("#writer .describe")
    card = page.locator("#writing .writing")
    prompt = "a cat" if is_english else "一只猫"
    better = (
        "a cat, in a meadow, soft light, 35 mm film look"
        if is_english
        else "一只猫，在草地上，柔光，胶片质感"
    )
    expect(improve).to_be_hidden()
    screen.prompt.fill(prompt)
    expect(improve).to_contain_text("free" if is_english else "免费")
    improve.click()
    expect(card).to_contain_text(better)
    expect(card).to_contain_text("simple rules of the demo" if is_english else "按简单规则撰写")
    expect(card.locator("p").first).to_have_text(prompt)
    assert axe(screen) == []
    card.locator("[data-do=close]").click()
    expect(card).to_have_count(0)
    expect(screen.prompt).to_have_value(prompt)
    improve.click()
    card.locator("[data-do=use]").click()
    expect(screen.prompt).to_have_value(better)
    page.locator("#form-notice [data-undo]").click()
    expect(screen.prompt).to_have_value(prompt)

    screen.tab("edit")
    expect(describe).to_be_hidden()
    screen.add("edit", [_sample("cat")])
    describe.click()
    expect(card).to_contain_text("yellow, ginger and white" if is_english else "以黄色、橘色、白色为主")

    screen.tab("compose")
    screen.add("compose", [_sample("house"), _sample("cat")])
    expect(describe).to_contain_text("each picture" if is_english else "逐张")
    describe.click()
    lines = ("Picture 1: A", "\nPicture 2: A square") if is_english else ("图1：一张", "\n图2：一张方形")
    for line in lines:
        expect(card.locator("[data-say]")).to_contain_text(line)
    card.locator("[data-do=use]").click()
    expect(screen.prompt).to_have_value(re.compile(f"^{lines[0]}.*{lines[1]}", re.DOTALL))
