"""The viewer: a press on a picture opens it over the page, to be looked at closely and walked on from."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Locator, Page, expect

from playground.history import SHARED_OWNER, History
from playground.settings import Settings
from tests.app_server import run_app
from tests.browser.chromium import DESKTOP, PHONE, Screen
from tests.browser.conftest import Visit
from tests.browser.kept import keep

COUNT = 4


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    """An app that an earlier run has left some results to, and their folder."""
    folder = tmp_path_factory.mktemp("viewed")
    keep(folder, count=COUNT, size=(1600, 1200))
    with run_app(Settings(data_dir=folder, use_proxy=False), {}) as base_url:
        yield base_url, folder


@pytest.fixture
def open_page(visit: Visit, kept: tuple[str, Path]) -> Callable[..., Screen]:
    """Opens that app: `open_page(PHONE, locale="zh-CN")`."""

    def open_one(size: tuple[int, int] = DESKTOP, **options: str) -> Screen:
        screen = visit(kept[0], size, **options)
        screen.page.locator("#strip [data-do=open]").first.click()
        screen.wait_for("done")
        return screen

    return open_one


def viewer(page: Page) -> Locator:
    return page.locator("dialog.viewer:not(.brush)")


def look(screen: Screen) -> Locator:
    """Presses the picture in the result, and waits for its original."""
    screen.result.locator(".photo.chosen [data-view]").click()
    expect(screen.page.locator("dialog.viewer:not(.brush)[open] .mine[data-loaded=original]")).to_be_visible()
    return viewer(screen.page)


def prompt(screen: Screen) -> Locator:
    return viewer(screen.page).locator(".viewline .said")


def percent(screen: Screen) -> int:
    return int(viewer(screen.page).locator(".percent").inner_text().rstrip("% \N{NO-BREAK SPACE}"))


def test_a_press_opens_the_original_over_the_page_and_escape_gives_the_focus_back(
    open_page: Callable[..., Screen], kept: tuple[str, Path]
) -> None:
    screen = open_page()
    picture = screen.result.locator(".photo.chosen [data-view]")
    picture.focus()
    screen.page.keyboard.press("Enter")
    dialog = viewer(screen.page)
    expect(dialog.locator(".mine[data-loaded=original]")).to_be_visible()
    expect(prompt(screen)).to_have_text("picture number 0")
    expect(dialog.locator(".figures")).to_have_text("1600 × 1200 · 4:3 · JPEG")
    expect(dialog.locator(".place")).to_have_text("1 of 1")
    generation, _, name = str(picture.get_attribute("data-view")).partition("/")
    drawn = httpx.get(str(dialog.locator(".original").get_attribute("src")), trust_env=False)
    path = History(kept[1]).find_file(SHARED_OWNER, generation, name)
    assert path is not None
    assert hashlib.sha256(drawn.content).digest() == hashlib.sha256(path.read_bytes()).digest()
    screen.page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    expect(picture).to_be_focused()


def test_wheel_double_press_and_keys_enlarge_and_a_drag_moves(open_page: Callable[..., Screen]) -> None:
    screen = open_page()
    look(screen)
    mouse, keyboard = screen.page.mouse, screen.page.keyboard
    whole = percent(screen)
    mouse.dblclick(700, 400)
    assert percent(screen) == 100
    shown = viewer(screen.page).locator(".mine .picture")
    before = shown.bounding_box()
    mouse.move(700, 400)
    mouse.down()
    mouse.move(640, 370, steps=3)
    mouse.up()
    after = shown.bounding_box()
    assert before
    assert after
    assert (round(after["x"] - before["x"]), round(after["y"] - before["y"])) == (-60, -30)
    mouse.wheel(0, -300)
    assert percent(screen) > 130
    keyboard.press("0")
    assert percent(screen) == whole
    keyboard.press("1")
    assert percent(screen) == 100
    mouse.dblclick(700, 400)
    assert percent(screen) == whole


def test_arrows_walk_through_the_history_and_stop_at_its_ends(open_page: Callable[..., Screen]) -> None:
    screen = open_page()
    dialog = look(screen)
    back, on = dialog.locator("[data-view-step='-1']"), dialog.locator("[data-view-step='1']")
    expect(back).to_be_disabled()
    for number in range(1, COUNT):
        screen.page.keyboard.press("ArrowRight")
        expect(prompt(screen)).to_have_text(f"picture number {number}")
    expect(on).to_be_disabled()
    screen.page.keyboard.press("ArrowRight")
    back.click()
    expect(prompt(screen)).to_have_text(f"picture number {COUNT - 2}")


def test_the_browsers_back_closes_it_and_forward_opens_it_again(open_page: Callable[..., Screen]) -> None:
    screen = open_page()
    dialog = look(screen)
    screen.page.go_back()
    expect(dialog).to_be_hidden()
    screen.page.go_forward()
    expect(prompt(screen)).to_have_text("picture number 0")


def test_each_picture_has_an_address_that_opens_it_and_back_leads_to_the_page(
    open_page: Callable[..., Screen],
) -> None:
    screen = open_page()
    dialog, here = look(screen), screen.base_url
    first = screen.page.url
    assert first.startswith(f"{here}/?view=")
    screen.page.keyboard.press("ArrowRight")
    expect(prompt(screen)).to_have_text("picture number 1")
    second = screen.page.url
    assert second != first
    screen.page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    screen.page.wait_for_url(f"{here}/")
    screen.open(second.removeprefix(here))
    expect(prompt(screen)).to_have_text("picture number 1")
    screen.page.go_back()
    expect(dialog).to_be_hidden()
    assert screen.page.url == f"{here}/"
    screen.page.go_forward()
    screen.reload()
    expect(prompt(screen)).to_have_text("picture number 1")
    screen.page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    screen.open("/?view=never/was.jpg")
    expect(dialog.locator(".viewnote")).to_contain_text("no longer here")


def test_without_an_answer_the_page_shows_what_it_has_and_says_so(open_page: Callable[..., Screen]) -> None:
    screen = open_page()
    screen.result.locator(".photo:visible [data-view]").hover()
    screen.page.route("**/component_server/**", lambda route: route.abort())
    screen.result.locator(".photo:visible [data-view]").click()
    dialog = viewer(screen.page)
    expect(dialog.locator(".viewnote")).to_contain_text("did not answer")
    expect(dialog.locator(".mine img")).to_be_visible()


def test_letters_press_the_buttons(open_page: Callable[..., Screen]) -> None:
    screen = open_page()
    dialog = look(screen)
    star = dialog.locator("[data-star]")
    screen.page.keyboard.press("s")
    expect(star).to_have_attribute("aria-pressed", "true")
    with screen.page.expect_download() as download:
        screen.page.keyboard.press("d")
    assert download.value.suggested_filename.endswith(".jpg")
    screen.page.keyboard.press("s")
    expect(star).to_have_attribute("aria-pressed", "false")
    with screen.answered():
        screen.page.keyboard.press("e")
    expect(dialog).to_be_hidden()
    expect(screen.tray("edit")).to_have_count(1)
    expect(screen.prompt).to_be_focused()


def test_the_same_letters_press_the_buttons_under_a_result(open_page: Callable[..., Screen]) -> None:
    screen = open_page()
    screen.prompt.press_sequentially("decs")
    expect(screen.tray("edit")).to_have_count(0)
    screen.result.locator(".photo.chosen [data-view]").focus()
    screen.page.keyboard.press("c")
    expect(viewer(screen.page).locator(".comparing")).to_be_visible()
    screen.page.keyboard.press("Escape")
    expect(viewer(screen.page)).to_be_hidden()


def test_the_pictures_of_one_result_come_one_after_the_other(screen: Screen) -> None:
    screen.open_settings()
    screen.choose("count", "2")
    screen.generate("a lighthouse")
    dialog = look(screen)
    expect(dialog.locator(".place")).to_have_text("1 of 2")
    screen.page.keyboard.press("ArrowRight")
    expect(dialog.locator(".place")).to_have_text("2 of 2")


def test_a_press_within_the_history_opens_the_picture_that_was_pressed(
    open_page: Callable[..., Screen],
) -> None:
    screen = open_page()
    screen.page.locator("#strip [data-do=album]").click()
    tile = screen.page.locator("#history .tile").nth(2)
    tile.locator(".shot").click()
    expect(prompt(screen)).to_have_text("picture number 2")
    screen.page.keyboard.press("ArrowLeft")
    expect(prompt(screen)).to_have_text("picture number 1")
    screen.page.keyboard.press("Escape")
    expect(tile.locator(".shot")).to_be_focused()
    tile.locator("[data-open]").click()
    screen.page.locator("#history .came [data-view]").click()
    expect(prompt(screen)).to_have_text("picture number 2")
    screen.page.keyboard.press("Escape")
    expect(screen.page.locator("#history .came [data-view]")).to_be_focused()


def test_a_star_given_in_the_viewer_stands_on_the_tile(open_page: Callable[..., Screen]) -> None:
    screen = open_page()
    screen.page.locator("#strip [data-do=album]").click()
    tile = screen.page.locator("#history .tile").nth(1)
    tile.locator(".shot").click()
    expect(prompt(screen)).to_have_text("picture number 1")
    for state in ("true", "false"):
        screen.page.keyboard.press("s")
        expect(tile.locator("[data-star]")).to_have_attribute("aria-pressed", state)


def test_fingers_swipe_pinch_and_close(open_page: Callable[..., Screen]) -> None:
    screen = open_page(PHONE)
    dialog = look(screen)
    whole = percent(screen)
    touches = screen.page.context.new_cdp_session(screen.page)

    def touch(kind: str, *points: tuple[int, int]) -> None:
        at = [{"x": x, "y": y, "id": finger} for finger, (x, y) in enumerate(points)]
        touches.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": at})

    touch("touchStart", (300, 400))
    touch("touchMove", (200, 405))
    touch("touchMove", (120, 405))
    touch("touchEnd")
    expect(prompt(screen)).to_have_text("picture number 1")
    touch("touchStart", (150, 400), (250, 400))
    touch("touchMove", (100, 400), (300, 400))
    touch("touchEnd")
    assert percent(screen) == pytest.approx(2 * whole, abs=2)
    screen.page.keyboard.press("0")
    touch("touchStart", (200, 300))
    touch("touchMove", (200, 420))
    touch("touchEnd")
    expect(dialog).to_be_hidden()


def test_the_viewer_speaks_the_language_that_was_switched_to(open_page: Callable[..., Screen]) -> None:
    screen = open_page()
    with screen.answered():
        screen.page.locator("#lang").click()
    dialog = look(screen)
    expect(dialog.locator(".place")).to_have_text("1 / 1")
    expect(dialog.locator("[data-view-close]")).to_have_text("关闭")
    screen.page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()


def test_presented_there_is_the_picture_and_its_prompt_and_nothing_else(screen: Screen) -> None:
    screen.generate("a red fox in the snow")
    dialog = look(screen)
    before = dialog.locator(".mine .picture").bounding_box()
    screen.page.keyboard.press("p")
    expect(dialog.locator("button:visible")).to_have_count(0)
    expect(dialog.locator(".viewline .said")).to_have_text("a red fox in the snow")
    size = dialog.locator(".viewline .said").evaluate("one => parseFloat(getComputedStyle(one).fontSize)")
    assert size >= 32
    shown = dialog.locator(".mine .picture").bounding_box()
    assert before is not None
    assert shown is not None
    assert shown["height"] > before["height"]
    screen.page.wait_for_function("document.fullscreenElement !== null")
    screen.page.keyboard.press("Escape")
    expect(dialog.locator("[data-present]")).to_be_visible()
    screen.page.wait_for_function("document.fullscreenElement === null")
    dialog.locator("[data-present]").click()
    expect(dialog.locator("button:visible")).to_have_count(0)
    screen.page.wait_for_function("document.fullscreenElement !== null")
    screen.page.keyboard.press("p")
    screen.page.wait_for_function("document.fullscreenElement === null")
    screen.page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()


def test_the_screen_ends_as_it_was_wanted_last_however_fast_the_presses(screen: Screen) -> None:
    """Two presses while the browser was still giving the screen left the viewer over the whole of it."""
    screen.generate("a red fox")
    dialog = look(screen)
    screen.page.evaluate(
        "window.turns = 0; document.addEventListener('fullscreenchange', () => { window.turns += 1 })"
    )
    button = dialog.locator("[data-present]")

    def press(times: int) -> None:
        screen.page.keyboard.press("x")  # means nothing: browsers give the screen after what a person does
        button.evaluate("(one, times) => { while (times--) one.click() }", times)

    press(2)
    screen.page.wait_for_function("window.turns === 2 && !document.fullscreenElement")
    expect(button).to_be_visible()
    press(3)
    screen.page.wait_for_function("window.turns === 3 && document.fullscreenElement")
    expect(dialog).to_have_class(re.compile("presenting"))
    press(2)
    screen.page.wait_for_function("window.turns === 5 && document.fullscreenElement")
    expect(dialog).to_have_class(re.compile("presenting"))
