"""A reload loses nothing: what was made is listed, and what runs is taken up again."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.browser.chromium import Screen


def test_what_was_made_is_listed_and_what_runs_is_taken_up_again(screen: Screen) -> None:
    screen.generate("a red fox")
    screen.generate("a blue whale")
    screen.reload()
    expect(screen.page.locator("#strip [data-do=open]")).to_have_count(2)
    expect(screen.result.locator("h2.prompt")).to_have_text("a blue whale")
    screen.page.get_by_role("button", name="Show: a red fox").click()
    expect(screen.result.locator("h2.prompt")).to_have_text("a red fox")

    screen.generate("demo: slow 30 a green frog", until="running")
    screen.reload()
    screen.stop.click()
    screen.wait_for("refused", 20)
