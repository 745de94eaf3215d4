"""A table becomes a preview, the preview a batch, the batch a ZIP; desktop and phone, in both languages."""

from __future__ import annotations

import csv
import io
import zipfile
from typing import Any

import pytest
from playwright.sync_api import FilePayload, expect

from playground.ui.words import words_for
from tests import first_minute
from tests.browser.chromium import DESKTOP, PHONE
from tests.browser.conftest import Visit
from tests.wire.samples import picture

PICTURES = "product,ratio,picture\nred mug,1:1,Mug.PNG\nblue lamp,4:3,lamp.png\n"
TABLE = "product,ratio\nred mug,1:1\nblue lamp,4:3\nchair,7:77\ndemo: blocked picture,1:1\n"


@pytest.mark.parametrize(("size", "locale"), [(DESKTOP, "en-US"), (PHONE, "zh-CN")])
def test_a_table_is_looked_at_made_and_carried_away(visit: Visit, size: Any, locale: str) -> None:
    words = words_for(locale[:2])
    screen = visit(size=size, locale=locale)
    page = screen.page
    screen.tab("batch")
    piece, expectation = page.locator("#batch"), page.locator("#batch .batch")
    expect(piece).to_contain_text(words("batch.empty_title"))
    expect(page.locator("#go")).to_be_hidden()
    file = FilePayload(name="t.csv", mimeType="text/csv", buffer=TABLE.encode("utf-16"))
    page.locator("[data-table-file]").set_input_files(file)
    expect(page.locator("#batch-table")).to_have_value(TABLE)
    screen.prompt.fill("{product}")
    page.locator("#batch-table").fill(PICTURES)
    mug = FilePayload(name="mug.png", mimeType="image/png", buffer=picture("PNG", 40, 30))
    page.locator("[data-pictures-file]").set_input_files([mug])
    expect(page.locator("[data-beside] li")).to_have_text(["mug.png×"])
    page.keyboard.press("Control+Enter")
    expect(piece.locator(".batchwrong")).to_contain_text("lamp.png")
    expect(piece.locator(".batchsample li")).to_contain_text(["Mug.PNG"])
    page.locator("#batch-table").fill(TABLE)
    screen.prompt.focus()
    page.keyboard.press("Control+Enter")
    expect(expectation).to_have_attribute("data-batch-state", "preview")
    expect(piece.locator(".batchwrong")).to_contain_text(words("batch.row", number=4))
    expect(piece.locator("h2")).to_contain_text(words("batch.pictures", count=3))
    assert first_minute.axe(screen) == []

    page.locator("#batch-table").fill(TABLE + "teapot,1:1\n")
    piece.locator("[data-via=calls]").click()  # what was looked at is not what would be sent
    expect(piece).to_contain_text(words("batch.changed"))
    piece.locator("[data-via=calls]").click()
    expect(expectation).to_have_attribute("data-batch-state", "ended")
    expect(piece.locator("[data-row-state=done] img")).to_have_count(3)
    expect(piece.locator(".batchtabs")).to_contain_text(f"{words('batch.tab_failed')} 1")
    assert first_minute.axe(screen) == []
    piece.locator("[data-tab=failed]").click()
    expect(piece.locator("[data-row]")).to_have_count(1)
    assert page.evaluate("document.documentElement.scrollWidth") <= size[0]
    with page.expect_download() as packed:
        piece.locator("a[download]").click()
    with zipfile.ZipFile(packed.value.path()) as archive:
        told = list(csv.DictReader(io.StringIO(archive.read("batch.csv").decode("utf-8-sig"))))
    assert [row["status"] for row in told] == ["done", "done", "failed", "done"]
    assert told[2]["reason"]
    piece.locator("[data-tab=all]").click()
    piece.locator("[data-view]").first.click()
    expect(page.locator("#viewer dialog, #viewer [data-viewer]").first).to_be_visible()
    page.keyboard.press("Escape")
    screen.tab("text")
    expect(piece).to_be_hidden()


def test_a_long_batch_shows_a_page_of_rows_and_goes_on_after_a_reload(visit: Visit) -> None:
    screen = visit()
    page = screen.page
    screen.tab("batch")
    table = "\n".join(f"demo: slow 60 cat {number}" for number in range(500))
    page.locator("#batch-table").fill(table)
    page.locator("[data-look]").click()
    page.locator("#batch [data-via=calls]").click()
    rows = page.locator("#batch [data-row]")
    expect(rows).to_have_count(50)
    page.locator("#batch [data-after]").click()
    expect(rows.first).to_have_attribute("data-row", "51")
    screen.reload()  # the tab stays open
    expect(page.locator("#batch .batch")).to_have_attribute("data-batch-state", "running")
    page.locator("#batch [data-act=pause]").click()
    expect(page.locator("#batch .batch")).to_have_attribute("data-batch-state", "paused")
    page.locator("#batch [data-act=stop]").click()
    expect(page.locator("#batch .batch")).to_have_attribute("data-batch-state", "stopped")
