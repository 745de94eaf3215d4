"""The same table as one batch of the provider's; on the demo, which answers Google's Batch API."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import expect

from playground.ui.words import words_for
from tests import first_minute
from tests.browser.chromium import DESKTOP, PHONE
from tests.browser.conftest import Visit


@pytest.mark.parametrize(("size", "locale"), [(DESKTOP, "en-US"), (PHONE, "zh-CN")])
def test_a_table_goes_as_one_batch_of_the_provider(visit: Visit, size: Any, locale: str) -> None:
    words = words_for(locale[:2])
    screen = visit(size=size, locale=locale)
    page = screen.page
    screen.tab("batch")
    page.locator("#batch-table").fill("a red mug\ndemo: slow 4 a blue lamp\ndemo: blocked picture")
    page.locator("[data-look]").click()
    piece, whole = page.locator("#batch"), page.locator("#batch .batch")
    button = piece.locator("[data-via=provider]")
    expect(button).to_have_text(words("batch.via_provider", part="50%", price=words("history.free")))
    expect(piece).to_contain_text(words("batch.via_provider_hint"))
    assert first_minute.axe(screen) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= size[0]
    button.click()
    expect(piece).to_contain_text(words("batch.there_running", over=1, count=3))
    expect(whole).to_have_attribute("data-batch-state", "ended")
    expect(piece.locator("[data-row-state=done] img")).to_have_count(2)
    expect(piece.locator("[data-row-state=failed]")).to_have_count(1)
