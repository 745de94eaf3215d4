"""A key that a visitor types is in the one request that needs it, and nowhere else afterwards."""

from __future__ import annotations

import base64
import tempfile
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import httpx
import pytest
from gradio.utils import get_upload_folder
from playwright.sync_api import expect
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from playground.settings import Settings
from tests.app_server import run_app, serve
from tests.browser.chromium import Screen
from tests.browser.conftest import Visit
from tests.wire.samples import b64, candidate, inline, picture

CANARY = "AIza" + "Sy-canary_0123456789abcdefghijklmnopq"  # in two pieces: no scanner shall take it for a key
FORMS = (CANARY, quote(CANARY, safe=""), base64.b64encode(CANARY.encode()).decode().rstrip("="), CANARY[:20])
INVALID = {
    "error": {
        "code": 400,
        "status": "INVALID_ARGUMENT",
        "message": f"API key not valid: {CANARY}. Please pass a valid API key.",
        "details": [{"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": "API_KEY_INVALID"}],
    }
}


class Fake:
    """A provider that refuses the first call, naming the key in its own words, and answers the next ones."""

    def __init__(self) -> None:
        self.keys: list[str] = []

    def app(self) -> Starlette:
        """Every call answers."""
        return Starlette(routes=[Route("/{path:path}", self._answer, methods=["POST"])])

    async def _answer(self, request: Request) -> JSONResponse:
        self.keys.append(request.query_params.get("key") or request.headers.get("authorization", ""))
        if len(self.keys) == 1:
            return JSONResponse(INVALID, 400)
        return JSONResponse(candidate({"text": "Here it is."}, inline(b64(picture()))))


@pytest.fixture
def fake() -> Fake:
    """What the key is sent to."""
    return Fake()


@pytest.fixture
def provider(fake: Fake) -> Iterator[str]:
    """Its address."""
    with serve(fake.app()) as base_url:
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


@pytest.mark.parametrize("name", ["Gateway", "UniAll"])
def test_a_typed_key_stays_nowhere(
    visit: Visit,
    app: str,
    data: Path,
    provider: str,
    fake: Fake,
    name: str,
    caplog: pytest.LogCaptureFixture,
) -> None:
    screen = visit(app)
    sessions = _sessions(screen)
    screen.open_connection()
    screen.choose_provider(name)
    with screen.answered():  # one field after the other: two answers at once might overtake each other
        screen.page.locator("#base_url input, #base_url textarea").fill(provider)
        screen.page.locator("#base_url input, #base_url textarea").blur()
    with screen.answered():
        screen.page.locator("#key input").fill(CANARY)
        screen.page.locator("#key input").blur()
    screen.page.locator("#closeconn").click()
    expect(screen.pill).to_have_text(f"{name} · key entered")

    assert [_kept_by_gradio(app, session) for session in sessions] == [404] * 3
    screen.generate("a red fox", until="refused")
    _is_nowhere(screen, data, "after a refusal")
    screen.generate("a red fox")
    screen.request()
    _is_nowhere(screen, data, "after a picture")
    assert [CANARY in key for key in fake.keys] == [True, True]
    assert _found_in(caplog.text) == []

    screen.reload()
    _is_nowhere(screen, data, "after a reload")
    screen.open_connection()
    expect(screen.page.locator("#provider input")).to_have_value(name)
    expect(screen.page.locator("#key input")).to_have_value("")


def _sessions(screen: Screen) -> list[str]:
    """Ways to ask with the page's session hash, which its heartbeat carries in the address."""
    with screen.page.expect_request(lambda request: "/heartbeat/" in request.url) as heartbeat:
        screen.reload()
    session = heartbeat.value.url.rpartition("/")[2]
    assert session
    return [
        f"/gradio_api/deep_link?session_hash={session}",
        f"/gradio_api/deep_link/?session_hash={session}",
        f"/gradio_api//deep_link?session_hash={session}",
    ]


def _kept_by_gradio(app: str, path: str) -> int:
    """Whether the page's values can be had with its session hash alone; each try would write them to disk."""
    return httpx.get(app + path, trust_env=False).status_code


def _found_in(text: str) -> list[str]:
    return [form for form in FORMS if form in text]


def _is_nowhere(screen: Screen, data: Path, when: str) -> None:
    page = screen.page
    places = {
        "localStorage": page.evaluate("JSON.stringify(localStorage)"),
        "sessionStorage": page.evaluate("JSON.stringify(sessionStorage)"),
        "cookies": str(page.context.cookies()),
        "address": page.url,
        "page": page.content(),
        "config": httpx.get(f"{screen.base_url}/config", trust_env=False).text,
        "info": httpx.get(f"{screen.base_url}/gradio_api/info", trust_env=False).text,
    }
    places |= {str(path): path.read_bytes().decode("latin-1") for path in _files(data)}
    assert {place: _found_in(text) for place, text in places.items() if _found_in(text)} == {}, when


def _files(data: Path) -> list[Path]:
    folders = (data, Path(tempfile.gettempdir(), "gradio"))
    return [path for folder in folders for path in folder.rglob("*") if path.is_file()]
