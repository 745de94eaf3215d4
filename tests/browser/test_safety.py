"""Words from people, models and files are shown as words and never run; no other page frames the app."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import expect
from starlette.responses import HTMLResponse
from starlette.types import Receive, Scope, Send

from tests.app_server import serve
from tests.browser.chromium import Screen
from tests.browser.pictures import picture
from tests.browser.visitors import Visitors

HOSTILE = (
    "<img src=/ran onerror=\"window.ran='img'\"><script>window.ran='script'</script>"
    "<svg onload=\"window.ran='svg'\"> ${window.ran='dollar'} {{constructor.constructor('window.ran=1')()}} "
    "`${window.ran='backtick'}` &lt;b&gt; \"'><b>bold</b>"
)


@pytest.fixture
def watched(screen: Screen) -> Iterator[Screen]:
    """The app; at the end, nothing may have run or been fetched."""
    fetched: list[str] = []
    screen.page.on("request", lambda request: fetched.append(request.url))
    yield screen
    assert screen.page.evaluate("window.ran") is None
    assert not [url for url in fetched if url.endswith("/ran")]


def test_in_a_prompt_a_title_a_name_and_the_session(watched: Screen) -> None:
    watched.generate(HOSTILE)
    expect(watched.result.locator("h2.prompt")).to_have_text(HOSTILE)
    watched.request()
    captions = watched.tray("compose").locator(".cap span")
    watched.result.locator("[data-do=compose]:visible").click()
    expect(captions).to_have_text(HOSTILE[:60].strip())
    name = "<img src=ran onerror=window.ran=1>${window.ran=2}`{{1}}`.png"
    watched.add("compose", [picture(name)])
    expect(captions.last).to_have_text(name)
    watched.page.locator("#strip [data-do=album]").click()
    album = watched.wait_for("history")
    expect(album.locator("figcaption")).to_contain_text("<script>window.ran='script'</script>")


def test_in_the_models_own_words(watched: Screen) -> None:
    refused = watched.generate(f"demo: text only {HOSTILE}", until="refused")
    expect(refused.locator("blockquote")).to_contain_text(HOSTILE)


def test_in_a_model_id(watched: Screen) -> None:
    watched.open_settings()
    box = watched.page.locator("#model input")
    box.fill("<img src=/ran onerror=window.ran=1>")
    with watched.answered():
        box.press("Enter")
    expect(watched.page.locator("#modelbox code")).to_have_text("<img src=/ran onerror=window.ran=1>")
    expect(watched.generate("a cat", until="refused")).to_be_visible()


def test_a_page_of_another_site_cannot_show_the_app_in_a_frame(visitors: Visitors, server: str) -> None:
    """It would lay it, unseen, under its own buttons, and each press would be one on Generate."""

    async def foreign(scope: Scope, receive: Receive, send: Send) -> None:
        await HTMLResponse(f'<iframe src="{server}{scope["path"]}"></iframe>')(scope, receive, send)

    with serve(foreign) as elsewhere, visitors.one() as page:
        for path in ("/", "/health", "/no/such/page", "/look/theme.css"):
            page.goto(elsewhere + path, wait_until="load")
            (frame,) = page.main_frame.child_frames
            assert frame.url == "chrome-error://chromewebdata/", path
