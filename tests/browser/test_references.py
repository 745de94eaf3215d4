"""References: what each picture is for stands in the prompt; what is wrong is told before sending."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.chromium import DESKTOP, PHONE
from tests.browser.conftest import Visit
from tests.browser.pictures import pictures
from tests.first_minute import axe

SAID = {
    "en-US": (
        "put 1 on 2",
        "Picture 1 is the subject: keep how it looks.",
        "Picture 2 is the style: use its look and not what is in it.",
        ("image 4", "The prompt speaks of picture 4, but there are 3. Not in the prompt: picture 1–3."),
        ("picture 1, 图2 and picture 3", "named in two languages"),
    ),
    "zh-CN": (
        "把它们放在一起",
        "图1是主体：保持它的样子。",
        "图2是风格参考：只用它的画风，不用它的内容。",
        ("图4", "提示词提到了图 4，但只有 3 张。 提示词没有提到图 1–3。"),
        ("图1、picture 2、图3", "混用了两种语言"),
    ),
}


@pytest.mark.parametrize(("locale", "size"), [("en-US", DESKTOP), ("zh-CN", PHONE)])
def test_roles_are_words_of_the_prompt(visit: Visit, locale: str, size: tuple[int, int]) -> None:
    screen = visit(locale=locale, size=size)
    words, subject, style, absent, mixed = SAID[locale]
    screen.tab("compose")
    screen.add("compose", pictures(2))
    expect(screen.tray("compose")).to_have_count(2)
    lint, menus = screen.page.locator("#tray-compose .lint"), screen.page.locator("#tray-compose select")
    assert axe(screen) == []
    screen.prompt.fill(words)
    menus.nth(0).select_option("subject")
    menus.nth(1).select_option("style")
    together = f"{words}\n{subject}{' ' if locale == 'en-US' else ''}{style}"
    expect(screen.prompt).to_have_value(together)

    # They go with their pictures, and by hand they can be changed, too.
    screen.tray("compose").nth(1).locator(".pic").press("ArrowLeft")
    expect(menus.nth(0)).to_have_value("style")
    expect(menus.nth(1)).to_have_value("subject")
    screen.tray("compose").nth(1).locator(".pic").press("ArrowLeft")
    expect(screen.prompt).to_have_value(together)
    screen.prompt.fill(f"{words}\n{subject}")
    expect(menus.nth(1)).to_have_value("")
    screen.prompt.fill(together)
    expect(menus.nth(1)).to_have_value("style")

    # What is sent is what stood there, a reload keeps it, and the history brings it back.
    screen.generate()
    text, *images = screen.request()["contents"][0]["parts"]
    assert text == {"text": together}
    assert len(images) == 2
    screen.prompt.fill("")
    expect(menus.nth(0)).to_have_value("")
    if size == DESKTOP:
        screen.page.locator("#recents [data-do=reuse]").first.click()
    else:
        screen.prompt.fill(together)
        screen.reload()
    expect(menus.nth(0)).to_have_value("subject")

    # What is wrong is told.
    screen.add("compose", pictures(1))
    expect(screen.tray("compose")).to_have_count(3)
    for prompt, told in (absent, mixed):
        screen.prompt.fill(prompt)
        expect(lint).to_contain_text(told)
    screen.prompt.fill(together)
    screen.tray("compose").nth(0).locator(".x").click()
    expect(menus.nth(0)).to_have_value("style")
    expect(lint).to_contain_text("2")  # which has no role and is not named
    expect(screen.page.locator("#tray-compose [data-bytes]")).to_contain_text("100 MB")


def test_what_is_too_large_is_told(visit: Visit) -> None:
    screen = visit()
    screen.tab("compose")
    screen.add("compose", pictures(4))
    expect(screen.tray("compose")).to_have_count(4)
    price, lint = "document.querySelector('#price-text').dataset", screen.page.locator("#tray-compose .lint")
    screen.page.evaluate(f"Object.assign({price}, {{advised: 3, pictureBytes: 10, requestBytes: 40}})")
    screen.prompt.fill("together")
    expect(lint).to_have_text(
        "4 pictures: this model is at its best with up to 3."
        " Picture 1–4 will be made smaller: at most 0 MB each."
        " All together 0.1 MB, and Demo takes 0 MB: remove a picture."
    )
    screen.page.evaluate(f"{price}.accepts = 'image/webp image/heic'")
    screen.prompt.fill("all together")
    expect(lint).to_contain_text("Picture 1–4 will be converted to JPEG or PNG.")
