"""What was spent is told after a press, stops the next one at a person's own limit, and goes out as CSV."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, expect

from playground.settings import Settings
from playground.ui.words import words_for
from tests import first_minute
from tests.app_server import hasty_demo, run_app, serve
from tests.browser.chromium import DESKTOP, PHONE, Screen, context

KEY = "canary-" + "key-of-money-0123456789"
FORMULA = "=1+1 a lighthouse"


@pytest.fixture
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The app with a Google that the demo plays, at Google's prices."""
    folder = tmp_path_factory.mktemp("money")
    with serve(hasty_demo(folder=folder)) as google:
        file = folder / "providers.toml"
        file.write_text(f'[providers.google]\nbase_url = "{google}"\n', encoding="utf-8")
        settings: dict[str, Any] = {"data_dir": folder / "data", "providers_file": file}
        with run_app(Settings(**settings), {"GEMINI_API_KEY": KEY}) as url:
            yield url


@pytest.mark.parametrize(("size", "locale"), [(DESKTOP, "en-US"), (PHONE, "zh-CN")])
def test_what_was_spent_is_told_limited_and_exported(
    browser: Browser, served: str, size: tuple[int, int], locale: str, tmp_path: Path
) -> None:
    words = words_for(locale[:2])
    with context(browser, size, locale=locale) as visitor:
        screen = Screen(visitor.new_page(), served).open()
        page = screen.page
        screen.pill.click()
        page.locator("#spending-open").click()
        expect(page.locator("#limit-day textarea")).to_be_in_viewport()  # on a phone it opens below the edge
        page.keyboard.press("Escape")
        screen.generate(FORMULA)
        expect(screen.result.locator(".received").first).to_contain_text("0.03")
        screen.pill.click()
        meter = page.locator("#spending .meter")  # left open, and not as it was before
        expect(meter.locator("tbody tr")).to_have_count(1)
        expect(meter.locator("tfoot td").first).to_contain_text("$0.03")
        page.locator("#limit-day textarea").fill("0.05")
        page.locator("#savelimits").click()
        expect(page.locator("#spending .ok")).to_have_text(words("spending.saved"))
        with page.expect_download() as told:
            page.locator("#spending a[download]").click()
        rows = list(csv.DictReader(told.value.path().read_text("utf-8-sig").splitlines()))
        assert {row["prompt"] for row in rows} == {f"'{FORMULA}"}
        assert float(rows[0]["tokens_usd"]) == pytest.approx(0.0336, rel=0.05)
        assert KEY not in told.value.path().read_text("utf-8")
        assert first_minute.axe(screen) == []
        page.keyboard.press("Escape")
        screen.generate("another", until="refused")
        expect(screen.result).to_contain_text(words("outcome.limit_day.what"))
        page.locator("#pill").click()
        page.locator("#limit-day textarea").fill("")  # what is told anew meanwhile leaves what is typed
        page.locator("#savelimits").click()
        expect(page.locator("#spending")).not_to_contain_text("$0.05")
