"""Words from people, models and files are shown as words and never run; no other page frames the app."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import expect
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from playground.settings import Settings
from tests.app_server import run_app, serve
from tests.browser.chromium import Screen
from tests.browser.conftest import Visit
from tests.browser.pictures import picture
from tests.browser.visitors import Visitors
from tests.wire.samples import picture as made_of

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
    expect(captions).to_have_text(re.compile(f"^{re.escape(HOSTILE[:50])}"))
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


async def _evil(request: Request) -> JSONResponse:
    """A gateway that writes code wherever it may write anything."""
    if request.method == "GET":
        return JSONResponse({"models": [{"name": f"models/{name}"} for name in (HOSTILE, "m", "gemini-x")]})
    inline = {"mimeType": "image/png", "data": base64.b64encode(made_of()).decode()}
    chunks = [
        {"web": {"uri": uri, "title": HOSTILE, "domain": HOSTILE}}
        for uri in ("javascript:window.ran=1", "data:text/html,<script>", f"https://a.example/{HOSTILE}")
    ]
    # Search suggestions, which are HTML, have a frame without scripts of their own: `ui/test_sources.py`.
    grounded = {"webSearchQueries": [HOSTILE], "groundingChunks": chunks}
    candidate = {
        "content": {"parts": [{"text": HOSTILE}, {"inlineData": inline}], "role": "model"},
        "finishReason": "STOP",
        "groundingMetadata": grounded,
    }
    return JSONResponse({"candidates": [candidate], "modelVersion": HOSTILE, "responseId": HOSTILE})


def test_in_all_that_a_gateway_says(visit: Visit, tmp_path: Path) -> None:
    routes = [Route("/{path:path}", _evil, methods=["GET", "POST"])]
    with (
        serve(Starlette(routes=routes)) as evil,
        run_app(Settings(data_dir=tmp_path, use_proxy=False), {}) as here,
    ):
        screen, fetched = visit(here), list[str]()
        page = screen.page
        page.on("request", lambda request: fetched.append(request.url))
        screen.pill.click()
        screen.choose_provider("Gateway")
        page.locator("#base_url textarea").fill(f"{evil}/v1beta")
        page.locator("#key input").fill("canary-key-0123456789")
        page.locator("#testconn").click()
        expect(page.locator("#connection-report .checkup")).to_contain_text("3 models")
        screen.generate("a cat")
        page.evaluate("document.querySelectorAll('details').forEach(one => { one.open = true })")
        expect(screen.result).to_contain_text("<script>window.ran='script'</script>")
        unsafe = "a:is([href^='javascript:' i], [href^='data:text' i])"
        assert page.locator(unsafe).count() == 0
        screen.reload()
        assert page.evaluate("window.ran") is None
        assert [url for url in fetched if url.endswith("/ran") or "a.example" in url] == []


def test_a_page_of_another_site_cannot_show_the_app_in_a_frame(visitors: Visitors, server: str) -> None:
    """It would lay it, unseen, under its own buttons, and each press would be one on Generate."""

    async def foreign(scope: Scope, receive: Receive, send: Send) -> None:
        await HTMLResponse(f'<iframe src="{server}{scope["path"]}"></iframe>')(scope, receive, send)

    with serve(foreign) as elsewhere, visitors.one() as page:
        for path in ("/", "/health", "/no/such/page", "/look/theme.css"):
            page.goto(elsewhere + path, wait_until="load")
            (frame,) = page.main_frame.child_frames
            assert frame.url == "chrome-error://chromewebdata/", path
