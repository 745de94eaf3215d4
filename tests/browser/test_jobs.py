"""A job belongs to the server: what a closed tab, a second press, Stop and a restart do to it."""

from __future__ import annotations

import re
import socket
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import expect

from playground.settings import Settings
from playground.ui.words import words_for
from tests.app_process import until
from tests.app_server import run_app
from tests.browser.chromium import Screen
from tests.browser.conftest import Visit
from tests.browser.visitors import Visitors

KEY = "canary-key-0123456789"


class Silent:
    """A provider of plain sockets that takes every request and never answers.

    Attributes:
        requests: how many requests have arrived whole.
        closed: set when the other side has closed one of them.
    """

    def __init__(self) -> None:
        self.requests = 0
        self.arrived = threading.Event()
        self.closed = threading.Event()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.base_url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:  # closed at the end of the test
                return
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        with connection, connection.makefile("rb") as stream:
            length = 0
            while (line := stream.readline()) not in (b"\r\n", b""):
                name, _, value = line.partition(b":")
                length = int(value) if name.lower() == b"content-length" else length
            stream.read(length)
            self.requests += 1
            self.arrived.set()
            if not stream.read(1):
                self.closed.set()

    def close(self) -> None:
        self._listener.close()


@pytest.fixture
def silent() -> Iterator[Silent]:
    """Where the calls of `patient` go."""
    server = Silent()
    yield server
    server.close()


@pytest.fixture
def patient(silent: Silent, tmp_path: Path, visit: Visit) -> Iterator[Screen]:
    """A page whose real provider never answers; its key is the server's."""
    rows = tmp_path / "providers.toml"
    rows.write_text(f'[providers.google]\nbase_url = "{silent.base_url}"\n', encoding="utf-8")
    settings = Settings(data_dir=tmp_path / "data", providers_file=rows, use_proxy=False, grace_seconds=0)
    with run_app(settings, {"GEMINI_API_KEY": KEY}) as base_url:
        yield visit(base_url)


# ── one press, one job ──────────────────────────────────────────────────────────────────────────────────────


def test_stop_closes_the_socket_and_a_double_click_sends_once(patient: Screen, silent: Silent) -> None:
    patient.generate("a red fox", until="running")
    assert silent.arrived.wait(10)
    assert not silent.closed.is_set()
    patient.stop.click()
    assert silent.closed.wait(5), "the provider never heard of it"
    card = patient.wait_for("refused", 5)
    english = words_for("en")
    expect(card.locator("h2")).to_have_text(english("refusal.title_stopped"))
    expect(card.locator(".money")).to_have_text(english("refusal.billed_maybe"))
    expect(card.locator("[data-do=again]")).to_have_text(english("refusal.remedy_again_billed"))
    expect(patient.go).to_be_enabled()

    silent.arrived.clear()
    patient.go.dblclick()
    patient.wait_for("running")
    expect(patient.result.locator(".phase")).to_have_text("Waiting for the model")
    assert silent.arrived.wait(10)
    patient.prompt.press("Control+Enter", delay=900)  # a key that is held is one press, too
    line = patient.page.locator("#running-notice li")
    expect(line).to_have_count(2)
    expect(line.last).to_have_attribute("data-kind", "running")
    line.last.locator(".x").click()
    expect(line).to_have_count(0)
    patient.stop.click()
    patient.wait_for("refused")
    assert silent.requests == 3


def test_the_same_press_heard_twice_is_one_job(screen: Screen) -> None:
    screen.generate("demo: overloaded", until="refused")
    asked: list[str] = []
    screen.page.on("request", lambda request: asked.append(request.url))
    again = screen.result.locator("[data-do=again]")
    before = again.get_attribute("data-job")
    again.dblclick()
    screen.page.wait_for_function(
        "before => { const again = document.querySelector('#result [data-do=again]');"
        " return again && again.dataset.job !== before }",
        arg=before,
    )
    assert len([url for url in asked if "/queue/join" in url]) == 1

    screen.page.evaluate(
        "() => { window.fixed = 'one-press'; window.playground = window.playground.then((script) => ({"
        " ...script, pressed: () => window.fixed || script.pressed(), settled: () => script.settled() })) }"
    )
    screen.generate("a red fox")
    before = screen.job()
    with screen.page.expect_response(lambda answer: "/queue/join" in answer.url):
        screen.go.click()
    screen.page.evaluate("window.fixed = ''; window.playground.then((script) => script.settled())")
    screen.generate("a blue whale")
    assert screen.job() != before
    expect(screen.page.locator("#strip [data-do=open]")).to_have_count(2)


# ── looking elsewhere ───────────────────────────────────────────────────────────────────────────────────────


def test_a_reload_and_a_closed_tab_lose_nothing(screen: Screen, let_go: Callable[[], None]) -> None:
    screen.generate("demo: slow a red fox", until="running")
    screen.reload()
    expect(screen.stop).to_be_visible()
    visitor = screen.page.context
    screen.page.close()
    later = Screen(visitor.new_page(), screen.base_url).open()
    expect(later.stop).to_be_visible()
    let_go()
    later.wait_for("done", 40)
    expect(later.result.locator("h2.prompt")).to_have_text("demo: slow a red fox")
    expect(later.go).to_be_enabled()


def test_a_job_that_ended_while_nobody_looked_is_shown(screen: Screen, let_go: Callable[[], None]) -> None:
    screen.generate("demo: slow a red fox", until="running")
    visitor, job = screen.page.context, screen.job()
    screen.page.close()
    let_go()
    until(lambda: visitor.request.get(f"{screen.base_url}/pictures/{job}/1-1.jpg").ok)
    second = Screen(visitor.new_page(), screen.base_url).open()
    expect(second.result.locator("h2.prompt")).to_have_text("demo: slow a red fox")
    expect(second.page.locator("#strip [data-do=open]")).to_have_count(1)
    third = Screen(visitor.new_page(), screen.base_url).open()  # by now somebody has looked
    expect(third.state("empty")).to_be_visible()


def test_generate_never_waits_and_the_table_keeps_what_is_looked_at(screen: Screen) -> None:
    """A16: Generate was disabled while something ran."""
    prompt, line = screen.result.locator("h2.prompt"), screen.page.locator("#running-notice li")
    screen.generate("a red fox")
    screen.generate("demo: slow 60 a blue whale", until="running")
    expect(line).to_have_count(0)  # the table says it all
    screen.prompt.fill("demo: slow 3 a harbour")
    screen.go.click()
    expect(line).to_have_count(2)
    expect(screen.stop).to_be_hidden()  # each has its own
    expect(screen.state("running")).to_be_visible()
    screen.page.get_by_role("button", name="Show: a red fox").click()
    expect(prompt).to_have_text("a red fox")
    whale, harbour = (line.filter(has_text=name) for name in ("whale", "harbour"))
    expect(harbour).to_have_attribute("data-kind", "done")
    expect(prompt).to_have_text("a red fox")
    harbour.locator("[data-do=open]").click()
    expect(prompt).to_have_text("demo: slow 3 a harbour")
    expect(line).to_have_count(1)
    whale.locator("[data-do=open]").click()
    screen.wait_for("running")
    screen.prompt.fill("")
    screen.go.click()  # what the form lacks is told there
    expect(screen.page.locator("#form-notice")).to_contain_text(
        words_for("en")("outcome.prompt_missing.what")
    )
    expect(screen.state("running")).to_be_visible()
    screen.page.get_by_role("button", name="Show: a red fox").click()
    expect(prompt).to_have_text("a red fox")
    whale.locator(".x").click()
    expect(line).to_have_count(0)
    expect(prompt).to_have_text("a red fox")


def test_a_press_counts_from_the_moment_the_line_is_there(screen: Screen) -> None:
    screen.generate("demo: slow 60 a blue whale", until="running")
    screen.page.evaluate(
        """() => new MutationObserver((_, observer) => {
            const button = document.querySelectorAll("#running-notice .x")[1];
            if (button) { observer.disconnect(); button.click(); window.pressedAtOnce = true; }
        }).observe(document.body, { childList: true, subtree: true })"""
    )
    screen.prompt.fill("demo: slow 60 a harbour")
    screen.go.click()
    screen.page.wait_for_function("window.pressedAtOnce")
    expect(screen.page.locator("#running-notice li")).to_have_count(0)


def test_a_wait_is_counted_down_and_what_a_restart_cuts_off_is_told_calmly(
    visitors: Visitors, tmp_path: Path
) -> None:
    settings = Settings(data_dir=tmp_path, use_proxy=False, grace_seconds=0)
    with visitors.one() as page:  # cookies do not look at ports: it is one visitor to both runs
        with run_app(settings, {}) as base_url:
            before = Screen(page, base_url).open()
            before.generate("demo: rate limit", until="running")
            phase = before.result.locator(".phase")
            expect(phase).to_contain_text("trying again in")
            left = int(phase.locator("[data-wait]").inner_text())
            page.wait_for_function(
                "left => Number(document.querySelector('.phase [data-wait]').textContent) < left", arg=left
            )
            before.stop.click()
            before.wait_for("refused", 3)
            before.generate("demo: slow 60 a red fox", until="running")
            page.goto("about:blank")
        with run_app(settings, {}) as base_url:
            after = Screen(page.context.new_page(), base_url).open()
            card = after.wait_for("refused")
            expect(card.locator("h2")).to_have_text(words_for("en")("refusal.title_interrupted"))
            expect(card.locator("[data-do=again]")).to_be_visible()
            expect(after.go).to_be_enabled()
            after.page.goto("about:blank")


# ── the picture's place ─────────────────────────────────────────────────────────────────────────────────────


def test_the_frame_stands_where_the_picture_will_stand(screen: Screen) -> None:
    screen.page.route(re.compile("/pictures/"), lambda route: None)  # still on its way
    screen.generate("demo: slow 1 a red fox", until="running")
    mark, room, frame = screen.result.evaluate(  # at one moment: the picture may come at any
        "result => ['.usual span', '.running .wall', '.blank'].map(one => result.querySelector(one)"
        ".getBoundingClientRect().toJSON())"
    )
    assert mark["y"] + mark["height"] + 8 <= room["y"], "the usual time is squeezed"
    screen.wait_for("done")
    picture = screen.result.locator(".photo:visible img").bounding_box()
    assert picture is not None
    for side in ("x", "y", "width", "height"):
        assert abs(frame[side] - picture[side]) <= 2, side


def test_one_live_region_lasts_and_tells_what_changes(screen: Screen) -> None:
    region, passing = (
        screen.page.locator("#live"),
        screen.page.locator("#workspace :is([role=status], [role=alert])"),
    )
    expect(region).to_have_attribute("role", "status")
    region.evaluate("element => { element.mark = 'the same' }")
    screen.generate("demo: slow 2 a red fox", until="running")
    expect(region).to_have_text("Drawing 1 picture")
    expect(passing).to_have_count(0)
    screen.wait_for("done")
    expect(region).to_have_text(re.compile(r"1 picture in \d+\.\d s"))
    screen.generate("demo: text only", until="refused")
    expect(region).to_contain_text(words_for("en")("outcome.text_only.what_free"))
    expect(passing).to_have_count(0)
    assert region.evaluate("element => element.mark") == "the same"
