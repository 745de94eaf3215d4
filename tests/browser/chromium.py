"""The browser of this machine, and one page of the app as a person sees it."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import (
    Browser,
    BrowserContext,
    FilePayload,
    Locator,
    Page,
    Request,
    expect,
    sync_playwright,
)
from playwright.sync_api import (
    TimeoutError as PlaywrightTimeoutError,
)

from playground.modes import MODES

DESKTOP = (1400, 950)
PHONE = (390, 844)
_NAMES = (
    "chromium-headless-shell",  # without what draws windows: opens a page in 1.2 s instead of 2
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
    "chrome",
    "msedge",
)
_FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
)


class NoBrowser(RuntimeError):
    """No Chromium is installed here."""


@contextmanager
def chromium() -> Iterator[Browser]:
    """A Chromium that reaches this machine only. Raises NoBrowser where there is none."""
    with sync_playwright() as playwright:
        path = next(filter(None, map(shutil.which, _NAMES)), None)
        path = path or (playwright.chromium.executable_path if _bundled(playwright) else None)
        if path is None:
            raise NoBrowser(f"none of {', '.join(_NAMES)} is installed")
        browser = playwright.chromium.launch(executable_path=path, args=list(_FLAGS))
        try:
            yield browser
        finally:
            browser.close()


def with_letters(browser: Browser, pixels: int) -> Browser:
    """Another Chromium of the same kind, in whose settings the reader asked for letters of that size."""
    return _another(browser, f"--blink-settings=defaultFontSize={pixels}")


def at_home(browser: Browser, name: str) -> Browser:
    """Another Chromium of the same kind, which knows this machine by that name: without https, as in a
    workshop, browsers do not say which site a request comes from."""
    return _another(
        browser, f"--host-resolver-rules=MAP {name} 127.0.0.1, MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"
    )


def _another(browser: Browser, flag: str) -> Browser:
    path = next(filter(None, map(shutil.which, _NAMES)), None)
    return browser.browser_type.launch(executable_path=path, args=[*_FLAGS, flag])


def _bundled(playwright: Any) -> bool:
    return Path(playwright.chromium.executable_path).exists()


def _updates_form(request: Request) -> bool:
    return urlsplit(request.url).path.endswith("/gradio_api/run/predict")


def in_ci() -> bool:
    """Whether a missing browser is a failure and no reason to skip."""
    return os.environ.get("CI", "").lower() in ("1", "true", "yes")


def context(
    browser: Browser,
    size: tuple[int, int] = DESKTOP,
    *,
    locale: str = "en-US",
    scheme: str = "light",
    **options: Any,
) -> BrowserContext:
    """A visitor of their own: nothing stored, no motion."""
    width, height = size
    made = browser.new_context(
        viewport={"width": width, "height": height},
        locale=locale,
        color_scheme=scheme,
        reduced_motion="reduce",
        has_touch=width < 600,
        is_mobile=width < 600,
        accept_downloads=True,
        **options,
    )
    made.set_default_timeout(30_000)  # a busy machine is no fault of the page
    return made


class Screen:
    """The page in a person's hands: what they press, and what they look at."""

    patience: float = 60
    """Seconds that pictures may take."""

    def __init__(self, page: Page, base_url: str) -> None:
        self.page = page
        self.base_url = base_url
        self.prompt = page.locator("#prompt textarea")
        self.go = page.locator("#go")
        self.stop = page.locator("#stop")
        self.result = page.locator("#result")
        self.pill = page.locator("#pill")
        self._asking: set[Request] = set()
        page.on("request", lambda request: _updates_form(request) and self._asking.add(request))
        page.on("requestfinished", lambda request: self._asking.discard(request))
        page.on("requestfailed", lambda request: self._asking.discard(request))

    def open(self, path: str = "/") -> Screen:
        """Loads the page and waits until the server has greeted it: before that, a press may be lost."""
        with self.answered():
            self.page.goto(self.base_url + path)
        return self._ready()

    def reload(self) -> Screen:
        """Loads the page anew."""
        with self.answered():
            self.page.reload()
        return self._ready()

    def _ready(self) -> Screen:
        expect(self.prompt).to_be_enabled()
        self.page.wait_for_function("document.body.dataset.state")
        return self

    @contextmanager
    def answered(self) -> Iterator[None]:
        """What is done inside makes the server update the form; ends when no update is on its way any more.

        One of an earlier press may still come, and closes a menu that was opened meanwhile.
        """
        with self.page.expect_response(lambda response: _updates_form(response.request)) as had:
            yield
        had.value.finished()
        while self._asking:
            self.page.evaluate("new Promise(requestAnimationFrame)")

    def state(self, name: str) -> Locator:
        """The table in one of its states: empty, running, done, refused, history."""
        return self.result.locator(f"[data-state={name}]")

    def wait_for(self, name: str, seconds: float | None = None) -> Locator:
        """Waits until the table shows this state."""
        with suppress(PlaywrightTimeoutError):  # what is there instead is told by what follows
            # The page itself looks at each frame; `expect` looks from outside, in the end once a second.
            self.page.wait_for_function(
                "name => [...document.querySelectorAll(`#result [data-state=${name}]`)]"
                ".some(one => one.checkVisibility())",
                arg=name,
                timeout=1000 * (seconds or self.patience),
            )
        expect(self.state(name)).to_be_visible()
        return self.state(name)

    def tab(self, mode: str) -> None:
        """Opens the tab of that id."""
        tab = self.page.locator("#tabs [role=tab]:visible").nth([*MODES].index(mode))
        with self.answered():
            tab.click()
        expect(tab).to_have_attribute("aria-selected", "true")

    def generate(
        self, prompt: str | None = None, until: str = "done", seconds: float | None = None
    ) -> Locator:
        """Types a prompt, presses Generate and waits for the outcome."""
        if prompt is not None:
            self.prompt.fill(prompt)
        before = self.job()
        self.go.click()
        if until != "refused":
            self.page.wait_for_function(
                "before => { const e = document.querySelector('#result [data-job], #result [data-result]');"
                " return e && (e.dataset.job || e.dataset.result) !== before }",
                arg=before,
            )
        return self.wait_for(until, seconds)

    def job(self) -> str:
        """The id of the job on the table; empty for none."""
        return str(
            self.page.evaluate(
                "(() => { const e = document.querySelector('#result [data-result]')"
                " || document.querySelector('#result [data-state=running]');"
                " return e ? e.dataset.result || e.dataset.job : '' })()"
            )
        )

    def add(self, mode: str, files: list[FilePayload]) -> None:
        """Adds pictures through the tray's own file chooser."""
        with self.page.expect_file_chooser() as chooser:
            self.page.locator(f"#tray-{mode} [data-add]").click()
        chooser.value.set_files(files)

    def tray(self, mode: str) -> Locator:
        """The pictures in a tray, in order."""
        return self.page.locator(f"#tray-{mode} li[data-place]")

    def names(self, mode: str) -> list[str]:
        """The file names in a tray, in order."""
        return self.tray(mode).locator(".cap span").all_text_contents()

    def open_settings(self) -> None:
        """Unfolds the settings."""
        with self.answered():
            self.page.locator("#settings").click()
        expect(self.page.locator("#count")).to_be_visible()

    def choose(self, group: str, label: str) -> None:
        """Presses one choice of a radio group and waits for the server's answer."""
        with self.answered():
            self.page.locator(f"#{group} label").filter(has_text=label).first.click()

    def open_connection(self) -> None:
        """Opens the connection panel."""
        with self.answered():
            self.pill.click()
        expect(self.page.locator("#provider input")).to_be_visible()

    def choose_provider(self, name: str) -> None:
        """Chooses in the open connection panel."""
        self._pick("#provider", name)

    def choose_model(self, name: str) -> None:
        """Chooses in the open settings."""
        self._pick("#model", name)

    def _pick(self, menu: str, name: str) -> None:
        option = self.page.get_by_role("option", name=name).first
        with self.answered():
            for _ in range(
                5
            ):  # a menu closes when the page is drawn anew, and is opened again as a person would
                self.page.locator(f"{menu} input").click()
                try:
                    option.click(timeout=3000)
                    return
                except PlaywrightTimeoutError:
                    self.page.keyboard.press("Escape")
        raise AssertionError(f"{name} could not be chosen in {menu}")

    def request(self) -> dict[str, Any]:
        """The exact request of the result on the table, from its Details."""
        shown = self.result.locator("[data-index]:visible, #refused")
        button = shown.locator("[data-details]").first
        if button.get_attribute("aria-expanded") != "true":
            button.click()
        return dict(json.loads(shown.locator(".details pre").first.inner_text()))
