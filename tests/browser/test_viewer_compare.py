"""A picture beside the one that was sent: under a divider, side by side, and where the two differ."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Locator, expect

from playground.settings import Settings
from tests import first_minute
from tests.app_server import run_app
from tests.browser.chromium import DESKTOP, PHONE, Screen
from tests.browser.conftest import Visit
from tests.browser.kept import keep, keep_edit

LOOKS = [(DESKTOP, "light", "en-US"), (PHONE, "dark", "zh-CN")]
MIN_TARGET = 24
ORIENTATION = 0x0112


def halves(width: int, height: int) -> Image.Image:
    """Red beside blue, upright."""
    picture = Image.new("RGB", (width, height), "red")
    picture.paste("blue", (width // 2, 0, width, height))
    return picture


def jpeg(picture: Image.Image, orientation: int = 1) -> bytes:
    exif = Image.Exif()
    exif[ORIENTATION] = orientation
    file = io.BytesIO()
    picture.save(file, "JPEG", quality=95, subsampling=0, exif=exif)
    return file.getvalue()


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """An app with an edit whose sent picture lies on its side and says so, and two other results."""
    folder: Path = tmp_path_factory.mktemp("compared")
    keep(folder, count=2, size=(900, 600))
    came = halves(600, 800)
    came.paste("lime", (0, 0, 300, 400))
    on_its_side = halves(1200, 1600).transpose(Image.Transpose.ROTATE_90)
    keep_edit(folder, jpeg(on_its_side, orientation=6), on_its_side.size, jpeg(came), came.size)
    with run_app(Settings(data_dir=folder, use_proxy=False), {}) as base_url:
        yield base_url


@pytest.fixture
def compared(visit: Visit, kept: str) -> Screen:
    """The edit beside what was sent for it."""
    screen = visit(kept)
    compare(screen)
    return screen


def compare(screen: Screen) -> None:
    screen.page.locator("#strip [data-do=open]").first.click()
    screen.wait_for("done")
    screen.result.locator("[data-compare]:visible").click()
    expect(
        screen.page.locator("dialog.viewer:not(.brush)[open] .other[data-loaded=original]")
    ).to_be_attached()


def told(screen: Screen) -> Locator:
    return screen.page.locator("dialog.viewer:not(.brush) .told")


def box(screen: Screen, pane: str) -> dict[str, int]:
    found = screen.page.locator(f"dialog.viewer:not(.brush) .{pane} .picture").bounding_box()
    assert found
    return {name: round(value) for name, value in found.items()}


def test_what_was_sent_stands_upright_at_the_same_size_under_the_divider(compared: Screen) -> None:
    assert box(compared, "mine") == box(compared, "other")
    expect(told(compared)).to_have_text("600 × 800 beside 1200 × 1600, shown at one size")
    expect(compared.page.locator("dialog.viewer:not(.brush) .other .tag")).to_have_text("Picture 1 as sent")
    size = "one => [one.naturalWidth, one.naturalHeight]"
    assert compared.page.locator("dialog.viewer:not(.brush) .other .original").evaluate(size) == [1200, 1600]
    cut = "document.querySelector('.viewstage').style.getPropertyValue('--cut')"
    assert compared.page.evaluate(cut) == "0.5"
    divider = compared.page.locator("dialog.viewer:not(.brush) .divider")
    divider.focus()
    compared.page.keyboard.press("Home")
    assert compared.page.evaluate(cut) == "0"
    place = divider.bounding_box()
    assert place
    middle = (place["x"] + 22, place["y"] + place["height"] / 2)
    compared.page.mouse.move(*middle)
    compared.page.mouse.down()
    compared.page.mouse.move(place["x"] + place["width"] - 22, middle[1], steps=4)
    compared.page.mouse.up()
    assert float(compared.page.evaluate(cut)) > 0.97


def test_side_by_side_both_are_zoomed_and_moved_together(compared: Screen) -> None:
    compared.page.locator("[data-way=side]").click()
    mine, other = box(compared, "mine"), box(compared, "other")
    assert other["x"] + other["width"] <= mine["x"]
    at = (other["x"] + other["width"] // 2, other["y"] + other["height"] // 2)
    compared.page.mouse.move(*at)
    compared.page.mouse.wheel(0, -900)
    compared.page.mouse.down()
    compared.page.mouse.move(at[0] - 50, at[1] - 40, steps=2)
    compared.page.mouse.up()
    larger, its_pair = box(compared, "mine"), box(compared, "other")
    assert larger["width"] > 2 * mine["width"]
    assert (larger["width"], larger["y"]) == (its_pair["width"], its_pair["y"])
    assert abs((larger["x"] - its_pair["x"]) - DESKTOP[0] // 2) <= 1
    star = compared.page.locator("dialog.viewer:not(.brush) [data-star]")  # of the one that is looked at
    for state in ("true", "false"):
        compared.page.keyboard.press("s")
        expect(star).to_have_attribute("aria-pressed", state)


def test_the_map_shows_where_pixels_differ_and_how_many_do(compared: Screen) -> None:
    compared.page.locator("[data-way=changes]").click()
    expect(told(compared)).to_have_text(
        "25 % of the pixels differ clearly. The brighter, the more. Compared at 600 × 800."
    )
    seen = "(map, at) => [...map.getContext('2d').getImageData(...at, 1, 1).data]"
    map_ = compared.page.locator("dialog.viewer:not(.brush) .map")
    hot, cold = (map_.evaluate(seen, at) for at in ([100, 100], [500, 700]))
    assert hot[0] > 240
    assert max(cold[:3]) < 60


def test_another_result_of_another_shape_is_shown_whole_and_not_counted(compared: Screen) -> None:
    compared.page.locator("dialog.viewer:not(.brush) .others button").nth(1).click()
    expect(compared.page.locator("dialog.viewer:not(.brush) .other .tag")).to_contain_text("picture number")
    expect(told(compared)).to_have_text("600 × 800 beside 900 × 600, shown at one size")
    fit = "one => getComputedStyle(one).objectFit"
    assert compared.page.locator("dialog.viewer:not(.brush) .other .original").evaluate(fit) == "contain"
    compared.page.locator("[data-way=changes]").click()
    expect(told(compared)).to_contain_text("different shapes")
    compared.page.keyboard.press("ArrowLeft")
    expect(told(compared)).to_contain_text("25 %")


def test_escape_leaves_the_comparison_and_then_the_viewer(visit: Visit, kept: str) -> None:
    screen = visit(kept)
    screen.page.locator("#strip [data-do=open]").first.click()
    picture = screen.result.locator(".photo.chosen [data-view]")
    picture.click()
    dialog = screen.page.locator("dialog.viewer:not(.brush)")
    expect(dialog.locator(".viewactions [data-compare]")).to_be_visible()
    screen.page.keyboard.press("c")
    expect(dialog.locator(".comparing")).to_be_visible()
    screen.page.keyboard.press("Escape")
    expect(dialog.locator(".comparing")).to_be_hidden()
    expect(dialog.locator("[data-compare]")).to_be_focused()
    screen.page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    expect(picture).to_be_focused()


@pytest.mark.slow
@pytest.mark.parametrize(("size", "scheme", "locale"), LOOKS)
def test_every_state_can_be_used_by_everybody(
    visit: Visit, kept: str, size: tuple[int, int], scheme: str, locale: str
) -> None:
    problems: list[str] = []
    screen = visit(kept, size, scheme=scheme, locale=locale)
    compare(screen)
    for way in ("slider", "side", "changes"):
        screen.page.locator(f"[data-way={way}]").click()
        problems += [f"{way}: {found}" for found in looked_at(screen)]
    screen.page.keyboard.press("Escape")
    screen.result.locator(".photo.chosen [data-view]").click()
    expect(screen.page.locator("dialog.viewer:not(.brush) .viewactions [data-star]")).to_be_visible()
    for state, key in (("one", "0"), ("enlarged", "+")):
        screen.page.keyboard.press(key)
        problems += [f"{state}: {found}" for found in looked_at(screen)]
    assert problems == []


def looked_at(screen: Screen) -> list[str]:
    """What is wrong with the viewer as it stands."""
    problems = first_minute.axe(screen)
    sizes = screen.page.evaluate(
        "[...new Set([...document.querySelectorAll('dialog.viewer:not(.brush) *')]"
        ".filter(one => one.checkVisibility() "
        "&& one.textContent.trim()).map(one => parseFloat(getComputedStyle(one).fontSize)).filter(Boolean))]"
    )
    problems += [f"small text: {size}" for size in sizes if size < first_minute.MIN_SIZE]
    small = screen.page.evaluate(
        "least => [...document.querySelectorAll('dialog.viewer:not(.brush) :is(button, a)')].filter(one => "
        "one.checkVisibility() && (one.offsetWidth < least || one.offsetHeight < least))"
        ".map(one => one.outerHTML.slice(0, 80))",
        MIN_TARGET,
    )
    outside = screen.page.evaluate(
        "[...document.querySelectorAll('dialog.viewer:not(.brush) :is(button, a):not(.others *)')]"
        ".filter(one => one.checkVisibility() && one.getBoundingClientRect().right > innerWidth + 1)"
        ".map(one => one.outerHTML.slice(0, 80))"
    )
    return problems + [f"small target: {one}" for one in small] + [f"off the edge: {one}" for one in outside]
