"""The app within a page that the operator has let in: it draws, and never with the server's key."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, expect
from starlette.responses import HTMLResponse

from playground import catalogue as catalogue_module
from playground.errors import InvalidRequest
from playground.providers.credentials import Credentials
from playground.providers.destinations import Destinations
from playground.settings import Settings
from playground.ui.context import FRAMED_HEADER, is_embedded
from tests.app_server import run_app, serve
from tests.browser.chromium import DESKTOP, Screen, context

SECRET = "canary" + "-of-nobody-0123456789"
LINK = "1=Q2ImKhSlpiik5VcQYyI2l9UCAA"  # "a red fox"


def test_a_page_in_a_frame_says_so_and_a_link_fills_it_in(browser: Browser, tmp_path: Path) -> None:
    addresses: dict[str, str] = {}

    async def host(scope: Any, receive: Any, send: Any) -> None:
        frame = f'<iframe title="app" src="{addresses.get("app", "")}/#{LINK}" width="1300" height="900">'
        await HTMLResponse(f"<!doctype html><title>x</title>{frame}</iframe>")(scope, receive, send)

    with serve(host) as around:
        rows = tmp_path / "rows.toml"
        rows.write_text('[providers.google]\nbase_url = "http://127.0.0.1:9"\n')  # where nobody listens
        settings = Settings(
            data_dir=tmp_path / "data", use_proxy=False, frame_ancestors=(around,), providers_file=rows
        )
        with run_app(settings, {"GEMINI_API_KEY": SECRET}) as app:
            addresses["app"] = app
            visitor = context(browser, DESKTOP)
            page = visitor.new_page()
            told: set[str] = set()
            page.on(
                "request",
                lambda one: "/gradio_api/run/" in one.url and told.add(one.headers.get(FRAMED_HEADER, "")),
            )
            Screen(page, app).open()
            assert told == {""}  # by itself
            told.clear()
            page.goto(around)
            frame = page.frame_locator("iframe")
            expect(frame.locator("#prompt textarea")).to_have_value("a red fox")
            assert told == {around}
            frame.locator("#go").click()
            expect(frame.locator("#connection-report")).to_contain_text("needs an API key")
            expect(frame.get_by_text("already has a key")).to_be_hidden()
            visitor.close()


@pytest.mark.parametrize(
    ("around", "ancestors", "space", "embedded"),
    [
        ("", ("https://a.example",), "", False),
        ("https://a.example", ("https://a.example",), "", True),
        ("unknown", ("https://a.example",), "", True),
        ("https://a.example", (), "", False),
        ("https://huggingface.co", ("https://a.example",), "me/it", False),
        ("unknown", (), "me/it", False),
        ("https://a.example", ("https://a.example",), "me/it", True),
    ],
)
def test_who_is_embedded(around: str, ancestors: tuple[str, ...], space: str, embedded: bool) -> None:
    settings = Settings(frame_ancestors=ancestors, space_id=space)
    assert is_embedded({FRAMED_HEADER: around} if around else {}, settings) is embedded


def test_without_leave_the_operators_key_opens_nothing() -> None:
    places = Destinations(catalogue_module.load(), {"GEMINI_API_KEY": SECRET}, visitor_base_url=True)
    assert places.find("google", Credentials()).key is not None
    assert places.spends_ours("google", Credentials())
    embedded = Credentials(may_spend=False)
    assert not places.spends_ours("google", embedded)
    with pytest.raises(InvalidRequest, match="key_missing"):
        places.find("google", embedded)
    assert places.find("demo", embedded).key is None
