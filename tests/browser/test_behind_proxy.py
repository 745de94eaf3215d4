"""The page behind a proxy under a path: all that it asks for is below that path, or it says what is wrong."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from playground.settings import Settings
from tests.app_server import run_app
from tests.browser.chromium import PHONE, Screen, context
from tests.browser.conftest import Visit
from tests.browser.pictures import picture
from tests.reverse_proxy import proxy
from tests.test_behind_proxy import VARIANTS


@pytest.fixture(scope="module", params=VARIANTS, ids=str)
def address(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Where a person opens the app."""
    root_path, strips, adds = VARIANTS[request.param]
    settings = Settings(
        data_dir=tmp_path_factory.mktemp("data"),
        root_path=root_path,
        use_proxy=False,
        trusted_proxies=("127.0.0.1",),
    )
    with run_app(settings, {}) as app, proxy(app, "/tools", strips=strips, adds=adds) as shown:
        yield shown


def test_pictures_go_in_and_out_below_the_path(visit: Visit, address: str, tmp_path: Path) -> None:
    screen = visit(address)
    screen.tab("edit")
    screen.add("edit", [picture("fox.png")])
    expect(screen.tray("edit").locator("img")).to_be_visible()
    screen.generate("make it night")
    shown = screen.state("done").locator("img").first
    expect(shown).to_have_js_property("complete", True)
    assert shown.evaluate("image => image.naturalWidth") > 0
    screen.page.locator("#strip [data-do=album]").click()
    history = screen.page.locator("#history")
    expect(history.locator(".tile")).not_to_have_count(0)
    history.locator(".menu summary").click()
    with screen.page.expect_download() as had:
        history.locator("[data-zip-all]").click()
    had.value.save_as(tmp_path / "all.zip")
    history.locator("[data-import-file]").set_input_files(tmp_path / "all.zip")
    expect(screen.page.locator(".toast")).to_contain_text("because they were here already")
    expect(screen.page.locator(".misplaced")).to_have_count(0)


@pytest.mark.parametrize(
    ("root_path", "opened", "path"),
    [("", "/tools/", "/tools"), ("", "/tools", "/tools"), ("/other", "/tools/", "/tools")],
)
def test_a_path_that_the_app_was_not_told_works_and_is_told(
    browser: Browser, tmp_path: Path, root_path: str, opened: str, path: str
) -> None:
    settings = Settings(
        data_dir=tmp_path, root_path=root_path, use_proxy=False, trusted_proxies=("127.0.0.1",)
    )
    visitor = context(browser)
    with run_app(settings, {}) as app, proxy(app, "/tools", strips=True) as shown:
        screen = Screen(visitor.new_page(), shown.removesuffix("/tools")).open(opened)
        expect(screen.page.locator(".misplaced")).to_contain_text(f"set GRADIO_ROOT_PATH={path} and")
        screen.generate("a red fox")
        screen.page.locator("#lang").click()
        expect(screen.page.locator(".misplaced")).to_contain_text(f"GRADIO_ROOT_PATH={path} 并")
        visitor.close()


def test_a_path_that_reaches_the_app_unknown_is_told_on_a_page(browser: Browser, tmp_path: Path) -> None:
    visitor = context(browser, PHONE, locale="zh-CN")
    settings = Settings(data_dir=tmp_path, use_proxy=False, trusted_proxies=("127.0.0.1",))
    with run_app(settings, {}) as app, proxy(app, "/tools", strips=False) as shown:
        page = visitor.new_page()
        page.goto(f"{shown}/")
        expect(page.locator("body")).to_contain_text("GRADIO_ROOT_PATH=/tools")
        visitor.close()


def test_a_page_whose_files_are_out_of_reach_says_so(browser: Browser, tmp_path: Path) -> None:
    visitor = context(browser)
    visitor.route("**/look/**", lambda route: route.abort())
    with run_app(Settings(data_dir=tmp_path, use_proxy=False, trusted_proxies=("127.0.0.1",)), {}) as app:
        page = visitor.new_page()
        page.goto(app)
        expect(page.locator(".misplaced").first).to_contain_text("could not be loaded from /")
        visitor.close()
