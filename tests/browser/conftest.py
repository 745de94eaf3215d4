"""One browser for all tests of this folder, a visitor of their own for each test."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from playwright.sync_api import APIRequestContext, Browser, BrowserContext, Response, expect

from playground.demo import drawing
from tests.browser.chromium import DESKTOP, NoBrowser, Screen, chromium, in_ci
from tests.browser.visitors import Visitors

HERE = Path(__file__).parent
EXPECTED_WITHIN = 20_000
"""Milliseconds that a page has for what a test expects of it: a busy machine is no fault of the page."""

Visit = Callable[..., Screen]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """All tests of this folder are browser tests."""
    for item in items:
        if HERE in item.path.parents:
            item.add_marker("browser")


# Not for the whole session: while Playwright runs, no other test could have an event loop of its own.
@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """This machine's Chromium. Where there is none, tests are skipped; in CI they fail."""
    expect.set_options(timeout=EXPECTED_WITHIN)
    try:
        with chromium() as running:
            yield running
    except NoBrowser as missing:
        if in_ci():
            raise
        pytest.skip(str(missing))


@pytest.fixture(scope="package")
def visitors(browser: Browser) -> Visitors:
    """Those of the package's browser."""
    return Visitors(browser)


@pytest.fixture
def visit(visitors: Visitors, request: pytest.FixtureRequest) -> Iterator[Visit]:
    """Opens the app as a new visitor: `visit(size=PHONE, locale="zh-CN", scheme="dark")`, who may have drawn
    some `prompts` before.

    At the end, no page may have failed in its script, asked for anything beyond its own server, met a closed
    address there, or done what its own policy forbids.
    """
    problems: list[str] = []
    with ExitStack() as ending:

        def open_page(
            base_url: str = "",
            size: tuple[int, int] = DESKTOP,
            prompts: Sequence[str] = (),
            path: str = "/",
            **options: str,
        ) -> Screen:
            base_url = base_url or request.getfixturevalue("server")
            page = ending.enter_context(visitors.one(size, **options))
            ending.enter_context(_watched(page.context, base_url, problems))
            _draw(page.context.request, base_url, prompts)
            return Screen(page, base_url).open(path)

        yield open_page
    assert not problems


@pytest.fixture
def screen(visit: Visit) -> Screen:
    """The app, just opened on a desktop in English."""
    return visit()


@contextmanager
def _watched(visitor: BrowserContext, base_url: str, problems: list[str]) -> Iterator[None]:
    """Notes what goes wrong in the block."""
    noting: dict[str, Callable[[Any], None]] = {
        "weberror": lambda error: problems.append(f"script error: {error.error}"),
        "console": lambda message: _note_refusal(message.text, problems),
        "response": lambda answer: _note_closed(answer, problems),
        "request": lambda request: _note_outside(request.url, base_url, problems),
    }
    for event, note in noting.items():
        visitor.on(event, note)
    yield
    for event, note in noting.items():
        visitor.remove_listener(event, note)


@pytest.fixture
def let_go(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[], None]]:
    """What `demo: slow` waits for, whatever its seconds: so none have to be enough on a busy machine."""
    gate, sleep = threading.Event(), asyncio.sleep

    async def wait(_: float) -> None:
        while not gate.is_set():
            await sleep(0.02)

    monkeypatch.setattr(drawing, "asyncio", SimpleNamespace(**{**vars(asyncio), "sleep": wait}))
    yield gate.set
    gate.set()


def _draw(program: APIRequestContext, base_url: str, prompts: Sequence[str]) -> None:
    """What the visitor has in the history before, by the endpoint: quicker than by hand."""
    call = f"{base_url}/gradio_api/call/v2/text_to_image"
    if prompts:
        program.get(base_url)  # brings the visitor's cookie
    for prompt in prompts:
        event = program.post(call, data={"prompt": prompt}).json()["event_id"]
        assert "event: complete" in program.get(f"{call}/{event}").text()


def _note_outside(url: str, base_url: str, problems: list[str]) -> None:
    if not url.startswith((f"{base_url}/", "data:", "blob:")):
        problems.append(f"outside request: {url}")


def _note_refusal(said: str, problems: list[str]) -> None:
    if "Content Security Policy" in said or "Permissions-Policy" in said:
        problems.append(said)


def _note_closed(answer: Response, problems: list[str]) -> None:
    """Of pictures a test may ask for what is gone; the rest of what the page asks for is there."""
    if answer.status in (404, 405, 411, 413) and "/pictures/" not in answer.url:
        problems.append(f"{answer.status}: {answer.request.method} {answer.url}")
