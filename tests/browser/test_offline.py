"""A lost line to the server: the page says so, loses nothing, and sends nothing twice."""

from __future__ import annotations

import re
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Locator, expect

from tests.app_process import AppProcess
from tests.browser.chromium import PHONE, Screen
from tests.browser.conftest import Visit
from tests.browser.pictures import pictures
from tests.browser.test_kept_form import has_kept

KEY = "AIza" + "Sy-offline_0123456789abcdefghijklmnopq"  # in two pieces: no scanner shall take it for a key
JOIN = re.compile(r"/gradio_api/queue/join")


@pytest.fixture
def own_server(tmp_path: Path) -> Iterator[AppProcess]:
    """An app of its own, running, which can be killed and started anew."""
    server = AppProcess(tmp_path / "log", {"PLAYGROUND_DATA_DIR": str(tmp_path / "data")})
    server.start()
    server.wait_for()
    yield server
    kill(server)


def kill(server: AppProcess) -> None:
    """Ends it as a crash does."""
    server.send(signal.SIGKILL)
    assert server.ends_within(20)


def line(screen: Screen) -> Locator:
    """What the page says of its line to the server."""
    return screen.page.locator("#connection-line [data-when]:visible")


def stays(screen: Screen) -> None:
    """Marks this load of the page, so that `is_same_load` notices a reload."""
    screen.page.evaluate("window.sameLoad = true")


def is_same_load(screen: Screen) -> bool:
    return bool(screen.page.evaluate("window.sameLoad === true"))


def counted(screen: Screen) -> list[str]:
    """The addresses of all events that are sent from now on."""
    sent: list[str] = []
    screen.page.on("request", lambda request: sent.append(request.url) if JOIN.search(request.url) else None)
    return sent


def offline(screen: Screen, now: bool) -> None:
    screen.page.context.set_offline(now)


def type_key(screen: Screen) -> None:
    """Types a key for a provider that needs one."""
    screen.open_connection()
    screen.choose_provider("Gateway")
    expect(screen.pill).to_contain_text("Gateway")
    with screen.answered():
        screen.page.locator("#key input").fill(KEY)
        screen.page.locator("#key input").blur()


@pytest.mark.parametrize("what", ["a press", "an upload"])
def test_what_was_too_much_is_told_and_nothing_is_lost(screen: Screen, what: str) -> None:
    refusal = {"status": 429, "headers": {"retry-after": "40"}, "json": {"detail": "too_fast"}}
    refused = re.compile(r"/gradio_api/(queue/join|upload)")
    if what == "an upload":
        screen.tab("edit")
    screen.prompt.fill("a cat in the rain")
    stays(screen)
    screen.page.route(refused, lambda route: route.fulfill(**refusal))
    if what == "an upload":
        screen.add("edit", pictures(1))
    else:
        screen.go.click()
    expect(line(screen)).to_contain_text("Not sent: the server takes no more from here")
    expect(screen.prompt).to_have_value("a cat in the rain")
    screen.page.unroute(refused)
    if what == "an upload":
        screen.add("edit", pictures(1))
        expect(screen.tray("edit")).to_have_count(1)
    screen.go.click()
    screen.wait_for("done")
    assert is_same_load(screen)


def test_a_press_while_offline_sends_nothing_and_loses_nothing(screen: Screen) -> None:
    screen.tab("edit")
    screen.add("edit", pictures(1))
    expect(screen.tray("edit")).to_have_count(1)
    type_key(screen)
    screen.prompt.fill("make it night")
    stays(screen)
    offline(screen, True)
    expect(line(screen)).to_have_text("You are offline. What you typed stays here.")
    sent = counted(screen)
    screen.go.click()
    expect(line(screen)).to_contain_text("Not sent: the server cannot be reached.")
    offline(screen, False)
    expect(line(screen)).to_contain_text("The server is back.")
    expect(line(screen)).to_have_count(0, timeout=15_000)
    assert is_same_load(screen)
    assert len(sent) <= 1  # the page asks once what it has missed; the press is not among it
    expect(screen.state("empty")).to_be_visible()
    expect(screen.prompt).to_have_value("make it night")
    expect(screen.tray("edit")).to_have_count(1)
    expect(screen.page.locator("#key input")).to_have_value(KEY)


def test_generate_works_once_the_line_is_back(screen: Screen) -> None:
    screen.prompt.fill("a red fox")
    stays(screen)
    offline(screen, True)
    expect(line(screen)).to_be_visible()
    screen.go.click()
    screen.page.keyboard.press("Control+Enter")
    offline(screen, False)
    expect(line(screen)).to_contain_text("The server is back.")
    screen.generate()
    expect(screen.page.locator("#strip [data-do=open]")).to_have_count(1)
    assert is_same_load(screen)


def test_a_job_that_runs_meanwhile_is_shown_when_the_line_is_back(
    screen: Screen, let_go: Callable[[], None]
) -> None:
    screen.generate("demo: slow a red fox", until="running")
    stays(screen)
    offline(screen, True)
    expect(line(screen)).to_be_visible()
    let_go()
    offline(screen, False)
    screen.wait_for("done", 40)
    expect(screen.page.locator("#strip [data-do=open]")).to_have_count(1)
    assert is_same_load(screen)


def test_what_was_chosen_meanwhile_counts(screen: Screen) -> None:
    screen.open_settings()
    offline(screen, True)
    expect(line(screen)).to_be_visible()
    screen.page.locator("#count label").filter(has_text="2").first.click()
    offline(screen, False)
    expect(screen.page.locator("#price-text")).to_contain_text("2 pictures")


def test_the_browsers_word_alone_is_not_believed(screen: Screen) -> None:
    """A server on this machine answers without any network."""
    screen.page.evaluate("dispatchEvent(new Event('offline'))")
    screen.generate("a red fox")
    expect(line(screen)).to_have_count(0)


def test_a_server_that_was_killed_is_found_again(visit: Visit, own_server: AppProcess) -> None:
    screen = visit(own_server.base_url)
    type_key(screen)
    screen.prompt.fill("a red fox")
    stays(screen)
    kill(own_server)
    expect(line(screen)).to_contain_text("The server does not answer.")
    screen.go.click()
    expect(line(screen)).to_contain_text("Not sent")
    own_server.start()
    own_server.wait_for()
    expect(screen.page.locator("#live")).to_have_text("The server is back.")  # it stays longer than the line
    assert is_same_load(screen)
    expect(screen.prompt).to_have_value("a red fox")
    expect(screen.page.locator("#key input")).to_have_value(KEY)
    screen.choose_provider("Demo")
    screen.page.keyboard.press("Escape")
    screen.generate()
    expect(screen.page.locator("#strip [data-do=open]")).to_have_count(1)


def test_a_server_that_was_killed_under_a_job_tells_what_became_of_it(
    visit: Visit, own_server: AppProcess
) -> None:
    screen = visit(own_server.base_url)
    screen.generate("demo: slow 60 a red fox", until="running")
    stays(screen)
    kill(own_server)
    expect(line(screen)).to_contain_text("The server does not answer.")
    own_server.start()
    own_server.wait_for()
    expect(screen.result.locator("[data-code=interrupted]")).to_be_visible()
    expect(screen.stop).to_be_hidden()
    expect(screen.go).to_be_enabled()
    assert is_same_load(screen)
    screen.generate("a blue whale")


def test_a_press_that_was_lost_on_its_way_is_not_sent_again(screen: Screen) -> None:
    screen.prompt.fill("a red fox")
    lost = []

    def swallow(route: Any) -> None:
        """The server has it, and the page never hears of it."""
        if not lost:
            lost.append(route.fetch())
            route.abort("connectionreset")
        else:
            route.continue_()

    screen.page.route(JOIN, swallow)
    stays(screen)
    screen.go.click()
    screen.wait_for("done", 40)
    expect(screen.page.locator("#strip [data-do=open]")).to_have_count(1)
    assert is_same_load(screen)
    assert len(lost) == 1


def test_what_a_broken_stream_was_to_bring_is_not_waited_for_in_the_next(screen: Screen) -> None:
    asked: list[str] = []

    def lose(route: Any) -> None:
        """The server has told all of it, and the page hears nothing."""
        route.fetch()
        route.abort("connectionreset")

    screen.prompt.fill("a red fox")
    screen.page.route("**/queue/data*", lose, times=1)
    screen.page.on("request", lambda request: asked.append(request.url.partition("?")[0].rpartition("/")[2]))
    screen.go.click()
    screen.wait_for("done", 40)
    screen.generate("a blue whale")
    assert asked.count("data") <= asked.count("join")


def test_a_newer_release_is_told_and_reloaded_only_when_asked(screen: Screen) -> None:

    def gone(route: Any) -> None:
        """The server no longer has the folder of this page's release."""
        if route.request.method == "HEAD":
            route.fulfill(status=410)
        else:
            route.continue_()

    screen.prompt.fill("a red fox")
    has_kept(screen, "a red fox")
    screen.page.route("**/js/connection.js", gone)
    stays(screen)
    screen.page.evaluate("dispatchEvent(new Event('online'))")
    expect(line(screen)).to_contain_text("The server runs a newer version.")
    screen.go.click()
    assert is_same_load(screen)
    screen.page.get_by_role("button", name="Reload", exact=True).click()
    screen.page.wait_for_function("window.sameLoad !== true")
    expect(screen.prompt).to_have_value("a red fox")


@pytest.mark.parametrize(("locale", "words"), [("en-US", "You are offline."), ("zh-CN", "网络已断开")])
def test_the_line_stands_at_the_button_and_is_read_out(visit: Visit, locale: str, words: str) -> None:
    screen = visit(size=PHONE, locale=locale)
    before = screen.go.bounding_box()
    offline(screen, True)
    expect(screen.page.locator("#live[role=status]")).to_contain_text(words)
    expect(line(screen)).to_be_in_viewport(ratio=1)
    assert screen.go.bounding_box() == before
