"""A reload loses nothing, and nobody sees what another visitor made."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.browser.chromium import Screen
from tests.browser.conftest import Visit


def test_a_job_taken_up_again_can_be_stopped(screen: Screen) -> None:
    screen.generate("demo: slow 30 a red fox", until="running")
    screen.reload()
    screen.stop.click()
    screen.wait_for("refused", 20)


def test_the_pictures_of_the_session_are_still_listed(screen: Screen) -> None:
    screen.generate("a red fox")
    screen.generate("a blue whale")
    screen.reload()
    expect(screen.page.locator("#strip [data-do=open]")).to_have_count(2)
    expect(screen.result.locator("h2.prompt")).to_have_text("a blue whale")
    screen.page.get_by_role("button", name="Show: a red fox").click()
    expect(screen.result.locator("h2.prompt")).to_have_text("a red fox")


def test_another_visitor_sees_none_of_them(screen: Screen, visit: Visit) -> None:
    screen.generate("a red fox")
    other = visit()
    expect(other.state("empty")).to_be_visible()
    expect(other.page.locator("#strip [data-do=open]")).to_have_count(0)
