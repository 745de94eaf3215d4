"""Generate pressed as early as it can be: what leaves is what stands on the screen at the press."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from playwright.sync_api import Page, Request, Route, expect

from playground.request import build
from playground.ui.links import link
from tests.browser.chromium import DESKTOP, PHONE, Screen
from tests.browser.conftest import Visit
from tests.browser.pictures import pictures

_PRESSES = """
window.seen = null;
window.screenNow = () => {
  const tabs = [...document.querySelectorAll("#tabs [role=tab][aria-selected=true]")];
  const open = tabs.find((one) => one.offsetParent);
  const tray = document.querySelectorAll(`#tray-${open?.dataset.tabId} li[data-place]`);
  const prompt = document.querySelector("#prompt textarea")?.value;
  const version = document.querySelector("#continuing-notice [data-do=go_on][aria-pressed=true]");
  const continues = version?.dataset.picture ?? "";
  return { prompt, mode: open?.dataset.tabId, pictures: tray.length, continues };
};
document.addEventListener("click", ({ target }) => {
  if (target.closest?.("#go")) window.seen = window.screenNow();
}, true);
"""
_LACKS = "#form-notice [data-lacks]"
_AS_SOON_AS = """wanted => {
  const now = window.screenNow();
  if (Object.keys(wanted).some((name) => now[name] !== wanted[name])) return false;
  document.querySelector("#go").click();
  return true;
}"""


class _Early:
    """A page that is pressed in the first frame in which it shows something, and what the presses sent."""

    def __init__(self, screen: Screen) -> None:
        self.page = screen.page
        self._sent: list[dict[str, Any]] = []
        config = screen.page.request.get(f"{screen.base_url}/config").json()
        ids = {one["props"].get("elem_id"): one["id"] for one in config["components"]}
        queued = [one for one in config["dependencies"] if one["queue"] and ids["mode"] in one["inputs"]]
        press = max(queued, key=lambda one: len(one["inputs"]))
        self._press = press["id"]
        self._place = {name: press["inputs"].index(at) for name, at in ids.items() if at in press["inputs"]}
        self._place["continues"] = self._place["prompt"] + 1  # it has no id: see `Wiring.form`
        self.page.add_init_script(_PRESSES)
        self.page.on("request", self._note)
        self._streams: set[Request] = set()
        for ended in ("requestfinished", "requestfailed"):
            self.page.on(ended, lambda request: self._streams.discard(request))

    def _note(self, request: Request) -> None:
        if "/queue/data" in request.url:
            self._streams.add(request)
        if not request.url.partition("?")[0].endswith("/queue/join"):
            return
        body = request.post_data_json
        if body["fn_index"] != self._press:
            return
        given = {name: body["data"][at] for name, at in self._place.items()}
        tray = given.get(f"tray-{given['mode']}") or []
        sent = {name: given[name] for name in ("prompt", "mode", "continues")}
        self._sent.append({**sent, "pictures": len(tray)})

    @contextmanager
    def pressed(self, **wanted: Any) -> Iterator[None]:
        """Presses once the screen shows what is `wanted`, however it comes to that in the block."""
        while self._streams:  # Gradio hears nothing of an event that is sent while its stream closes
            self.page.evaluate("new Promise(requestAnimationFrame)")
        self._sent.clear()
        yield
        self.page.wait_for_function(_AS_SOON_AS, arg=wanted)
        while not self._sent:
            self.page.evaluate("new Promise(requestAnimationFrame)")
        assert self._sent == [self.page.evaluate("window.seen")]


@contextmanager
def _held(page: Page, address: str) -> Iterator[None]:
    """Requests for that address wait until the block ends."""
    waiting: list[Route] = []
    page.route(address, lambda route: waiting.append(route))
    yield
    page.unroute(address)  # and what waited goes on


LOOKS = pytest.mark.parametrize(("size", "locale"), [(DESKTOP, "en-US"), (PHONE, "zh-CN")])
PROMPT = {"en-US": "make it night", "zh-CN": "变成夜晚"}


@LOOKS
def test_a_fresh_page_sends_what_stands_there(visit: Visit, size: tuple[int, int], locale: str) -> None:
    screen, prompt = visit(size=size, locale=locale), PROMPT[locale]
    early, page = _Early(screen), screen.page
    # The first thing that somebody does, before the server has greeted the page.
    with _held(page, "**/gradio_api/run/predict*"):
        page.goto(screen.base_url + "/?fresh", wait_until="commit")
        screen.prompt.fill(prompt)
        with early.pressed(prompt=prompt):
            pass
    screen.wait_for("done")
    expect(screen.prompt).to_have_value(prompt)

    # Another tab, in the frame in which it is open.
    for mode in ("compose", "edit"):
        with early.pressed(mode=mode, prompt=prompt):
            page.locator(f"#tabs [data-tab-id={mode}]:visible").click()
        expect(page.locator(_LACKS)).to_be_visible()

    # A link fills in what it says.
    address = link(f"{screen.base_url}/", build(prompt="a linked fox", model="gemini-3-pro-image"), "text")
    with early.pressed(prompt="a linked fox"):
        page.goto("about:blank")
        page.goto(address, wait_until="commit")


@LOOKS
def test_a_form_that_was_kept_sends_what_stands_there(
    visit: Visit, size: tuple[int, int], locale: str
) -> None:
    screen, prompt = visit(size=size, locale=locale), PROMPT[locale]
    early, page = _Early(screen), screen.page
    screen.tab("edit")
    screen.add("edit", pictures(1))
    expect(screen.tray("edit")).to_have_count(1)
    screen.prompt.fill(prompt)
    page.wait_for_function("p => (localStorage['playground.form'] ?? '').includes(p)", arg=prompt)
    # Before the script of the tray has come, which shows what would be sent.
    with early.pressed(prompt=prompt), _held(page, "**/js/tray.js*"):
        page.reload(wait_until="commit")
        expect(screen.prompt).to_have_value(prompt)
        page.evaluate("document.querySelector('#go').click()")
    screen.wait_for("done")

    # A conversation, whose tab is left before the script has come that puts it aside.
    with screen.answered():
        screen.result.locator("[data-do=continue]:visible").first.click()
    going_on = page.locator("#continuing-notice [aria-pressed=true]")
    expect(going_on).to_be_visible()
    page.wait_for_function("() => JSON.parse(localStorage['playground.form']).form.continues")
    with early.pressed(mode="text", continues=""), _held(page, "**/js/conversation.js*"):
        page.reload(wait_until="commit")
        expect(going_on).to_be_visible()
        page.locator("#tabs [data-tab-id=text]:visible").click()


def test_what_is_sent_while_the_stream_of_answers_closes_is_answered(screen: Screen) -> None:
    """Gradio takes the stream for open until it hears of its end, and would not ask for a new one."""
    page, held = screen.page, list[Route]()
    screen.prompt.fill("a red fox")
    page.route("**/queue/data*", lambda route: held.append(route), times=1)
    screen.go.click()
    while not held:
        page.evaluate("new Promise(requestAnimationFrame)")
    ended = held[0].fetch()  # all that the stream brings, its end among it
    with page.expect_response("**/queue/join*"):
        page.locator("#writer .improve").click()
    held[0].fulfill(response=ended)
    screen.wait_for("done")
    expect(page.locator("#writing .choose")).to_be_visible()
