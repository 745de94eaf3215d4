"""A key that a visitor types is in the one request that needs it, and nowhere else afterwards."""

from __future__ import annotations

import io
import logging
import tempfile
import zipfile
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from gradio.utils import get_upload_folder
from playwright.sync_api import expect

from playground.settings import Settings
from tests.app_server import run_app, serve
from tests.browser.chromium import Screen
from tests.browser.conftest import Visit
from tests.echoing import CANARY, Echo, files_with_it, left_in

_FIELDS = """[...document.querySelectorAll("input:not([type=password]), textarea")]
      .filter((one) => !one.closest("#base_url")).map((one) => one.value).join()"""
"""What is written in fields, the link to a request among it; but for those that the key is typed into."""


@pytest.fixture
def echo() -> Echo:
    """What the key is sent to, and what repeats it in every place."""
    return Echo()


@pytest.fixture
def provider(echo: Echo) -> Iterator[str]:
    """Its address."""
    with serve(echo.app()) as base_url:
        echo.keys.clear()
        yield base_url


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Everything that the app writes."""
    return tmp_path / "data"


@pytest.fixture
def app(data: Path) -> Iterator[str]:
    """An app of its own, so that all it has written can be searched."""
    with run_app(Settings(data_dir=data, use_proxy=False), {}) as base_url:
        yield base_url


def test_what_an_earlier_release_left_is_removed(tmp_path: Path) -> None:
    left = Path(get_upload_folder(), "deep_links", "abc", "state.json")
    left.parent.mkdir(parents=True)
    left.write_text(CANARY)
    with run_app(Settings(data_dir=tmp_path / "data", use_proxy=False), {}) as base_url:
        assert httpx.get(f"{base_url}/config?deep_link=abc", trust_env=False).text.count(CANARY) == 0
    assert not left.parent.parent.exists()


def test_a_typed_key_stays_nowhere(
    visit: Visit, app: str, data: Path, provider: str, echo: Echo, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    screen = visit(app)
    session = _session(screen)
    _connect(screen, provider, CANARY)
    expect(screen.pill).to_have_text("Gateway · key entered")

    assert [_answered_to_a_stranger(app, path) for path in _ways(session)] == [404] * 6
    screen.generate("refuse a red fox", until="refused")
    screen.request()
    _is_nowhere(screen, data, "after a refusal")
    screen.generate("a red fox")
    screen.request()
    screen.page.locator("#prompttools [data-share]").click()
    expect(screen.page.locator("dialog.code [data-language] pre:visible")).to_contain_text(
        "?key=$GATEWAY_API_KEY"
    )
    _is_nowhere(screen, data, "after a picture, with its code open")
    screen.page.keyboard.press("Escape")
    assert echo.keys == [CANARY] * 2
    screen.tab("batch")
    screen.page.locator("#batch-table").fill("a red fox\nrefuse a red fox")
    screen.page.locator("[data-look]").click()
    screen.page.locator("[data-via=calls]").click()
    expect(screen.page.locator("[data-batch-state=ended]")).to_be_visible()
    _is_nowhere(screen, data, "after a batch")
    packed = screen.page.request.get(
        f"{app}/{screen.page.locator('.batch a[download]').get_attribute('href')}"
    )
    with zipfile.ZipFile(io.BytesIO(packed.body())) as archive:
        assert left_in(b"".join(archive.read(name) for name in archive.namelist())) == []
    assert echo.keys == [CANARY] * 4
    screen.tab("text")
    echo.lists = True
    _check_up(screen)
    _is_nowhere(screen, data, "after a check-up with its picture")
    assert {*echo.keys[4:]} == {CANARY, ""}, "without a key, too: who is let in so?"

    screen.reload()
    _is_nowhere(screen, data, "after a reload")
    assert left_in(caplog.text) == []
    screen.open_connection()
    expect(screen.page.locator("#provider input")).to_have_value("Gateway")
    expect(screen.page.locator("#key input")).to_have_value("")


@pytest.mark.parametrize("address", ["http://me:{}@127.0.0.1:9", "http://127.0.0.1:9/?key={}"])
def test_a_key_in_a_typed_address_is_refused_and_stays_nowhere(
    visit: Visit, app: str, data: Path, address: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    screen = visit(app)
    _connect(screen, address.format(CANARY), CANARY)
    screen.prompt.fill("a red fox")
    screen.go.click()
    expect(screen.page.get_by_text("This base URL cannot be used.").first).to_be_visible()
    _is_nowhere(screen, data, "after a refusal")
    screen.reload()
    _is_nowhere(screen, data, "after a reload")
    assert left_in(caplog.text) == []


def _check_up(screen: Screen) -> None:
    """Looks at the address for free, and then with the press that costs a picture."""
    screen.open_connection()
    screen.page.locator("#testconn").click()
    report = screen.page.locator("#connection-report .checkup")
    report.locator("[data-do=probe]").click()
    expect(report.locator("pre")).to_contain_text("[providers.")
    expect(report.locator("[data-do=probe]")).to_have_count(0)


def _connect(screen: Screen, address: str, key: str) -> None:
    screen.open_connection()
    screen.choose_provider("Gateway")
    for field, value in (("base_url", address), ("key", key)):
        box = screen.page.locator(f"#{field} input, #{field} textarea")
        with screen.answered():  # one field after the other: two answers at once might overtake each other
            box.fill(value)
            box.blur()
    screen.page.locator("#closeconn").click()


def _session(screen: Screen) -> str:
    """The page's session hash, which its heartbeat carries in the address."""
    with screen.page.expect_request(lambda request: "/heartbeat/" in request.url) as heartbeat:
        screen.reload()
    session = heartbeat.value.url.rpartition("/")[2]
    assert session
    return session


def _ways(session: str) -> list[str]:
    """Ways to ask with a session hash."""
    return [
        f"/gradio_api/deep_link?session_hash={session}",
        f"/gradio_api/deep_link/?session_hash={session}",
        f"/gradio_api//deep_link?session_hash={session}",
        f"/gradio_api/queue/data?session_hash={session}",
        f"/gradio_api/call/generate/{session}",
        f"/gradio_api/heartbeat/{session}",
    ]


def _answered_to_a_stranger(app: str, path: str) -> int:
    with httpx.stream("GET", app + path, trust_env=False, timeout=60) as answer:
        return answer.status_code


def _is_nowhere(screen: Screen, data: Path, when: str) -> None:
    page = screen.page
    archive = zipfile.ZipFile(io.BytesIO(page.request.post(f"{screen.base_url}/history/zip").body()))
    places = {
        "localStorage": page.evaluate("JSON.stringify(localStorage)"),
        "sessionStorage": page.evaluate("JSON.stringify(sessionStorage)"),
        "cookies": str(page.context.cookies()),
        "address": page.url,
        "page": page.content(),
        "fields": page.evaluate(_FIELDS),
        "CSV": page.request.get(f"{screen.base_url}/history/spending.csv").text(),
        "report": page.request.post(f"{screen.base_url}/history/report").text(),
        "config": page.request.get(f"{screen.base_url}/config").text(),
        "info": page.request.get(f"{screen.base_url}/gradio_api/info").text(),
        "ZIP": b"".join(archive.read(name) for name in archive.namelist()),
    }
    found = {place: left_in(text) for place, text in places.items()}
    assert {place: forms for place, forms in found.items() if forms} == {}, when
    assert files_with_it(data, Path(tempfile.gettempdir(), "gradio"), Path(get_upload_folder())) == {}, when
