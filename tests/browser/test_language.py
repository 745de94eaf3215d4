"""Two languages: the browser's at first paint, the chosen one from then on."""

from __future__ import annotations

import re

from playwright.sync_api import expect

from tests.browser.chromium import Screen
from tests.browser.conftest import Visit
from tests.browser.pictures import pictures


def _is_chinese(screen: Screen) -> None:
    expect(screen.page.locator("html")).to_have_attribute("lang", "zh-CN")
    expect(screen.go).to_have_text("生成")
    expect(screen.page.locator("#tabs [role=tab]:visible").first).to_have_text("文字生图")


def _is_english(screen: Screen) -> None:
    expect(screen.page.locator("html")).to_have_attribute("lang", "en")
    expect(screen.go).to_have_text("Generate")
    expect(screen.page.locator("#tabs [role=tab]:visible").first).to_have_text("Text to image")


def _switch(screen: Screen) -> None:
    with screen.answered():
        screen.page.locator("#lang").click()


def test_a_chinese_browser_gets_chinese_at_first_paint(visit: Visit) -> None:
    screen = visit(locale="zh-CN")
    _is_chinese(screen)
    expect(screen.result.locator("h2")).to_have_text("生成你的第一张图")
    expect(screen.prompt).to_have_attribute("placeholder", re.compile("^描述"))
    assert "__i18n__" not in screen.page.locator("body").inner_text() + screen.page.title()


def test_other_chinese_browsers_get_chinese_too(visit: Visit) -> None:
    _is_chinese(visit(locale="zh-TW"))


def test_a_browser_of_another_language_gets_english(visit: Visit) -> None:
    _is_english(visit(locale="fr-FR"))


def test_a_switch_keeps_prompt_tray_and_choices(screen: Screen) -> None:
    screen.tab("compose")
    screen.add("compose", pictures(2))
    expect(screen.tray("compose")).to_have_count(2)
    screen.prompt.fill("put image 1 there")
    screen.open_settings()
    screen.choose("ratio", "16:9")
    screen.choose("count", "3")
    _switch(screen)
    expect(screen.go).to_have_text("生成")
    expect(screen.prompt).to_have_value("put image 1 there")
    assert screen.names("compose") == ["p1.png", "p2.png"]
    expect(screen.page.locator("#ratio input:checked")).to_have_value("16:9")
    expect(screen.page.locator("#count input:checked")).to_have_value("3")
    expect(screen.page.locator("#tabs [aria-selected=true]:visible")).to_have_text("多图合成")
    screen.generate()
    assert len(screen.request()["contents"][0]["parts"]) == 3


def test_the_words_of_tray_and_result_switch_there_and_back_and_outlive_a_reload(screen: Screen) -> None:
    screen.tab("compose")
    add = screen.page.locator("#tray-compose [data-add]")
    expect(add).to_contain_text("Add 2 to 14 pictures")
    _switch(screen)
    expect(add).to_contain_text("14")
    expect(add).not_to_contain_text("pictures")
    _is_chinese(screen)
    screen.reload()
    _is_chinese(screen)
    expect(screen.result.locator("h2")).to_have_text("生成你的第一张图")
    _switch(screen)
    _is_english(screen)
    screen.tab("text")
    screen.generate("a red fox")
    _switch(screen)
    expect(screen.result.locator("a[download]:visible")).to_have_text("下载原图")
    expect(screen.result.locator("h2.prompt")).to_have_text("a red fox")


def test_a_running_job_ends_in_the_language_switched_to(screen: Screen) -> None:
    screen.generate("demo: slow 1 a red fox", until="running")
    _switch(screen)
    expect(screen.state("running").locator("h2")).to_contain_text("正在生成 1 张")
    screen.wait_for("done")
    expect(screen.result.locator("a[download]:visible")).to_have_text("下载原图")
