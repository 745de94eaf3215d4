"""The form before everything, as a person meets it."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import Browser, expect
from pydantic import SecretStr

from playground.server.password import COOKIE
from playground.settings import Settings
from tests.app_server import run_app
from tests.browser.chromium import DESKTOP, Screen, at_home, context

PASSWORD = "canary" + " of the house"


def test_whoever_has_the_password_comes_in_and_stays_in(browser: Browser, tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path, use_proxy=False, password=SecretStr(PASSWORD))
    with run_app(settings, {}) as address, context(browser, DESKTOP) as visitor:
        page, problems = visitor.new_page(), []
        page.on("console", lambda message: problems.append(message.text))
        page.goto(address)
        field = page.get_by_label("Password")
        expect(field).to_be_focused()
        field.fill("wrong one")
        page.keyboard.press("Enter")
        expect(page.get_by_role("alert")).to_have_text("That is not the password.")
        expect(field).to_be_focused()  # a fill before it is told on the console
        field.fill(PASSWORD)
        screen = Screen(page, address)
        with screen.answered():
            page.get_by_role("button", name="Enter").click()
        screen.generate("a red fox")
        shown = screen.state("done").locator("img").first
        expect(shown).to_have_js_property("complete", True)
        assert shown.evaluate("image => image.naturalWidth") > 0
        page.reload()
        expect(screen.state("done")).to_be_visible()
        visitor.clear_cookies(name=COOKIE)  # as after 30 days, or when the password has been changed
        screen.prompt.fill("another fox")
        screen.go.click()
        expect(page.locator("#connection-line [data-when=locked]")).to_be_visible()
        page.locator("#connection-line [data-when=locked] [data-reload]").click()
        expect(field).to_be_focused()
        field.fill(PASSWORD)
        with screen.answered():
            page.keyboard.press("Enter")
        expect(screen.prompt).to_have_value("another fox")
        assert [said for said in problems if "401" not in said] == []
        assert PASSWORD not in page.evaluate(
            "JSON.stringify([localStorage, sessionStorage, document.cookie])"
        )


def test_without_https_a_form_of_ours_is_known_as_ours(browser: Browser, tmp_path: Path) -> None:
    """As in a workshop: the browser names no site there, and `Origin: null` would be a stranger's."""
    name = "workshop.test"
    settings = Settings(
        data_dir=tmp_path, use_proxy=False, password=SecretStr(PASSWORD), host_names=frozenset({name})
    )
    with run_app(settings, {}) as address, at_home(browser, name) as known:
        page = context(known, DESKTOP).new_page()
        screen = Screen(page, address.replace("127.0.0.1", name))
        page.goto(screen.base_url)
        page.get_by_label("Password").fill(PASSWORD)
        with screen.answered():
            page.keyboard.press("Enter")
        assert not page.evaluate("isSecureContext")
        screen.generate("a red fox")
        page.locator("#strip [data-do=album]").click()
        page.locator("#history .menu summary").click()
        with page.expect_download() as report:
            page.locator("[data-report-all]").click()
        assert "a red fox" in report.value.path().read_text("utf-8")
