"""One prompt over several models and sizes in one press, side by side."""

from __future__ import annotations

import pytest
from markupsafe import escape
from playwright.sync_api import expect

from playground.ui.words import words_for
from tests.browser.chromium import DESKTOP, PHONE
from tests.browser.conftest import Visit
from tests.first_minute import broken_rules

PRO, LITE = "demo/gemini-3-pro-image", "demo/gemini-3.1-flash-lite-image"


@pytest.mark.parametrize(
    ("size", "locale", "scheme"), [(DESKTOP, "en-US", "light"), (PHONE, "zh-CN", "dark")]
)
def test_a_prompt_is_compared_in_one_press(
    visit: Visit, size: tuple[int, int], locale: str, scheme: str
) -> None:
    screen, words = visit(size=size, locale=locale, scheme=scheme), words_for(locale[:2])
    page = screen.page
    screen.prompt.fill("a red fox in the snow")
    screen.open_settings()
    for tick in (LITE, "2K"):
        box = page.locator(f'#versus input[name="{tick}"]')
        box.focus()
        with screen.answered():
            box.press("Space")
        expect(box).to_be_checked()
    calls = page.locator("#versus-calls li")
    expect(calls).to_have_count(4)
    expect(page.locator("#versus-calls .cannot s")).to_have_text("Nano Banana 2 Lite · 2K")
    total = words("panel.cost_free", pictures=words("panel.pictures", count=3))
    expect(page.locator("#versus-calls [role=status]")).to_have_text(total)
    expect(screen.go).to_have_attribute("data-price", total)
    assert page.evaluate("document.documentElement.scrollWidth") <= size[0]
    assert broken_rules(page) == []

    screen.generate()
    names = ["Nano Banana 2.1 · 1K", "Nano Banana 2.1 · 2K", "Nano Banana 2 Lite · 1K"]
    figures = screen.result.locator(".wall figure")
    expect(figures.locator(".told b")).to_have_text(names)
    free = words("history.free")
    assert all(told.endswith(f" · {free}") for told in figures.locator(".told span").all_inner_texts())
    wide = figures.locator("img").evaluate_all(
        "all => Promise.all(all.map(async (one) => (await one.decode(), one.naturalWidth)))"
    )
    assert wide[1] > wide[0] == wide[2]
    figures.nth(1).locator("[data-show]").click()
    assert screen.request()["generationConfig"]["imageConfig"] == {"imageSize": "2K"}
    winner = figures.nth(2).locator("[data-star]")
    winner.click()
    expect(winner).to_have_attribute("aria-pressed", "true")
    assert page.evaluate("document.documentElement.scrollWidth") <= size[0]
    assert broken_rules(page) == []
    with page.expect_download() as as_one:
        screen.result.get_by_role("link", name=words("done.grid")).click()
    assert as_one.value.suggested_filename.endswith("-grid.jpg")

    page.locator("#strip [data-do=album]").click()
    expect(page.locator("#history button[data-open]")).to_have_count(1)
    page.locator("#history button[data-open]").click()
    expect(page.locator("#history .told b")).to_have_text(names)
    page.locator("#history [data-index]:visible .menu summary").click()
    with page.expect_download() as report:
        page.locator("#history [data-index]:visible [data-report-one]").click()
    written = report.value.path().read_text()
    assert all(said in written for said in (*names, words("report.title"), str(escape(words("report.demo")))))
    reading = page.context.new_page()
    reading.set_content(written)
    assert broken_rules(reading) == []
    assert reading.evaluate("document.documentElement.scrollWidth") <= size[0]
    reading.close()

    screen.reload()  # the settings stay unfolded
    expect(page.locator("#versus input:checked")).to_have_count(2)
    with screen.answered():
        page.locator(f'#versus input[name="{LITE}"]').uncheck()
    expect(calls).to_have_count(2)
