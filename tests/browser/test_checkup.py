"""A pasted address is mended and looked at, one picture tells the rest, and it is kept without the key."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import expect
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from playground import catalogue as catalogue_module
from playground.settings import Settings
from playground.ui.words import words_for
from tests import first_minute
from tests.app_server import hasty_demo, run_app, serve
from tests.browser.chromium import DESKTOP, PHONE
from tests.browser.conftest import Visit

KEY = "canary-" + "key-of-check-ups-0123"


def _instead(body: bytes, receive: Receive) -> Receive:
    """Gives a body in which no shape and no size is asked for, and then what else comes."""
    given = [{"type": "http.request", "body": body.replace(b"imageConfig", b"imageWishes")}]

    async def first() -> Message:
        return given.pop() if given else await receive()

    return first


class Bearer:
    """The demo behind a door that takes a Bearer token and nothing else; below `/any` whatever shape and size
    are asked for, it draws its own, and never streams."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self.streams_asked = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = scope.get("path", "")
        if path.startswith("/any/"):
            self.streams_asked += path.endswith(":streamGenerateContent")
            if path.endswith(":streamGenerateContent"):
                await JSONResponse({"error": {"code": 404, "status": "NOT_FOUND"}}, 404)(scope, receive, send)
                return
            path = path.removeprefix("/any")
            scope = {**scope, "path": path, "raw_path": path.encode()}
            receive = _instead(await Request(scope, receive).body(), receive)
            scope["headers"] = [one for one in scope["headers"] if one[0] != b"content-length"]
        if path.startswith("/v1") and Request(scope).headers.get("authorization") != f"Bearer {KEY}":
            refused = {"error": {"code": 401, "message": "no", "status": "UNAUTHENTICATED"}}
            await JSONResponse(refused, 401)(scope, receive, send)
            return
        await self._app(scope, receive, send)


@pytest.fixture(scope="module")
def addresses(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, str]]:
    """The app's, and the gateway's as somebody pastes it."""
    folder = tmp_path_factory.mktemp("checkup")
    with (
        serve(Bearer(hasty_demo(folder=folder))) as there,
        run_app(Settings(data_dir=folder / "data"), {}) as here,
    ):
        yield here, f' "{there.removeprefix("http://")}/v1beta/models" '


@pytest.mark.parametrize(("size", "locale"), [(DESKTOP, "en-US"), (PHONE, "zh-CN")])
def test_an_address_is_looked_at_and_kept(
    visit: Visit, addresses: tuple[str, str], size: tuple[int, int], locale: str, tmp_path: Path
) -> None:
    words, (here, pasted) = words_for(locale[:2]), addresses
    screen = visit(here, size, locale=locale)
    page = screen.page
    base_url = "http://" + pasted.strip(' "').removesuffix("/v1beta/models")
    screen.pill.click()
    screen.choose_provider(words.get("providers.Gateway", "Gateway"))
    page.locator("#base_url textarea").fill(pasted)
    page.locator("#key input").fill(KEY)
    page.locator("#testconn").click()
    report = page.locator("#connection-report .checkup")
    expect(report).to_contain_text(words("checkup.auth", ways=words("checkup.way_bearer")))
    expect(report).to_contain_text(words("checkup.repaired", address=base_url))
    expect(page.locator("#base_url textarea")).to_have_value(base_url)
    report.locator("[data-do=probe]").click()
    for finding in ("came_inline", "shape_yes", "size_yes", "declared_yes", "streamed_yes", "refusal_google"):
        expect(report).to_contain_text(words(f"checkup.{finding}"))
    assert first_minute.axe(screen) == []
    gateway_name = words.get("providers.Gateway", "Gateway")
    expect(screen.pill).to_have_text(words("connection.connected", provider=gateway_name))
    expect(screen.pill).to_have_class(re.compile(r"\bon\b"))
    row = tmp_path / "row.toml"
    row.write_text(report.locator("pre").text_content() or "", encoding="utf-8")
    assert KEY not in row.read_text("utf-8")
    (name,) = tomllib.loads(row.read_text("utf-8"))["providers"]
    made = catalogue_module.load(row).provider(name)
    assert (made.auth, made.base_url) == ("bearer", base_url)
    assert made.key_env[0].isidentifier()
    screen.reload()
    screen.pill.click()
    kept = page.locator(".kept li")
    expect(kept).to_have_count(1)
    kept.locator("input").fill("Mine")
    kept.locator("input").press("Tab")
    kept.locator("[data-take]").click()
    expect(page.locator("#base_url textarea")).to_have_value(base_url)
    stored = page.evaluate("JSON.stringify([{...localStorage}, {...sessionStorage}])")
    assert "Mine" in stored
    assert "bearer" in stored
    assert KEY not in stored


@pytest.mark.parametrize(("size", "locale"), [(DESKTOP, "en-US"), (PHONE, "zh-CN")])
def test_what_an_address_ignores_is_crossed_out_in_the_form_from_then_on(
    visit: Visit, addresses: tuple[str, str], size: tuple[int, int], locale: str
) -> None:
    words, (here, pasted) = words_for(locale[:2]), addresses
    screen = visit(here, size, locale=locale)
    page = screen.page
    base_url = "http://" + pasted.strip(' "').removesuffix("/v1beta/models") + "/any"
    address, key = page.locator("#base_url textarea"), page.locator("#key input")
    screen.pill.click()
    screen.choose_provider(words.get("providers.Gateway", "Gateway"))
    address.fill(base_url)
    key.fill(KEY)
    page.locator("#testconn").click()
    report = page.locator("#connection-report .checkup")
    report.locator("[data-do=probe]").click()
    for finding in ("shape_no", "size_no", "streamed_no"):
        expect(report).to_contain_text(words(f"checkup.{finding}"))
    page.keyboard.press("Escape")
    screen.open_settings()
    ignored = page.locator("#settings-fold .ignored, .ignored")
    expect(page.locator("#ratio.ignored")).to_contain_text(words("checkup.shape_no_here"))
    expect(page.locator("#size.ignored")).to_contain_text(words("checkup.size_no_here"))
    crossed = (
        "one => getComputedStyle(one.querySelector('label:has([value=\"16:9\"]) span')).textDecorationLine"
    )
    assert page.locator("#ratio").evaluate(crossed) == "line-through"
    expect(page.locator(".fineprint")).to_contain_text(words("checkup.streamed_no"))
    screen.choose("ratio", "16:9")  # it is the person's choice all the same
    expect(page.locator("#settings")).to_contain_text(words("checkup.ignored", value="16:9"))
    assert first_minute.axe(screen) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= size[0]
    screen.reload()
    screen.pill.click()
    expect(address).to_have_value(base_url)
    expect(ignored).to_have_count(2)
    address.fill("https://another.example")
    address.blur()
    expect(ignored).to_have_count(0)
    # The connection that was kept knows it, and so does a free look at the same address.
    page.locator(".kept [data-take]").first.click()
    expect(ignored).to_have_count(2)
    expect(key).to_have_value("")
