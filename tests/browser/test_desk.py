"""The desk, below Generate: what stands there follows the state, and no third of the screen is bare."""

from __future__ import annotations

from playwright.sync_api import expect

from playground.ui.words import words_for
from tests.browser.chromium import Screen
from tests.browser.conftest import Visit


def bare_below(screen: Screen) -> float:
    """The part of the window's height that has nothing below the last thing on the desk."""
    return float(
        screen.page.evaluate(
            "() => { const all = [...document.querySelectorAll('#composer *')].filter(one =>"
            " one.checkVisibility() && one.offsetHeight && (one.textContent.trim() || one.matches('img')));"
            " const end = Math.max(...all.map(one => one.getBoundingClientRect().bottom));"
            " return 1 - end / innerHeight }"
        )
    )


RESTS = """() => new Promise((tell) => {
  const changes = [];
  let [quiet, frames] = [0, 0];
  const note = (seen) => {
    quiet = 0;
    for (const one of seen) changes.push(`${one.type} ${one.attributeName} ${one.target.nodeName}`);
  };
  const everything = { attributes: true, characterData: true, childList: true, subtree: true };
  new MutationObserver(note).observe(document.documentElement, everything);
  const look = () => {
    [quiet, frames] = [quiet + 1, frames + 1];
    if (quiet > 30 || frames > 600) tell(quiet > 30 ? [] : [...new Set(changes)]);
    else requestAnimationFrame(look);
  };
  look();
})"""
"""What a page goes on to change by itself; nothing once it has let thirty frames go by without a change."""


def test_a_page_that_nobody_touches_changes_nothing(screen: Screen) -> None:
    """Its duties wrote the same once more, which was the next change: it was laid out anew at each frame."""
    assert screen.page.evaluate(RESTS) == []
    screen.generate("a red fox in the snow")
    assert screen.page.evaluate(RESTS) == []


def test_what_stands_below_generate_follows_the_state(screen: Screen) -> None:
    expect(screen.page.locator("#recents .tips")).to_be_visible()
    assert bare_below(screen) < 1 / 3
    place = screen.go.bounding_box()
    for prompt in ("a red fox in the snow", "a blue whale"):
        screen.generate(prompt)
    expect(screen.page.locator("#recents button span")).to_have_text(
        ["a blue whale", "a red fox in the snow"]
    )
    assert bare_below(screen) < 1 / 3
    assert screen.go.bounding_box() == place
    ring = screen.page.evaluate(
        "() => { const strip = document.querySelector('.strip[data-for=text]').getBoundingClientRect();"
        " const tile = document.querySelector('.strip[data-for=text] button').getBoundingClientRect();"
        " return Math.min(tile.left - strip.left, tile.top - strip.top, strip.bottom - tile.bottom) }"
    )
    assert ring >= 4  # what scrolls sideways does not cut off the ring of the focus
    with screen.answered():
        screen.page.locator("#recents button").last.click()
    expect(screen.prompt).to_have_value("a red fox in the snow")
    screen.page.locator("#form-notice [data-undo]").click()
    expect(screen.prompt).to_have_value("a blue whale")


def test_a_run_asked_for_below_the_long_settings_is_seen(screen: Screen) -> None:
    """Its pictures came above what was in sight."""
    screen.open_settings()
    screen.prompt.fill("a red fox")
    screen.page.mouse.move(200, 500)
    screen.page.mouse.wheel(0, 400)
    screen.page.wait_for_function("scrollY > 100")
    screen.generate()
    screen.page.wait_for_function("scrollY === 0")


def test_somebody_who_comes_back_is_greeted_with_what_they_made(visit: Visit) -> None:
    """They were told to make their first picture."""
    screen = visit(prompts=("a red fox", "a blue whale"))
    empty = screen.state("empty")
    expect(empty.locator("h2")).to_have_text(words_for("en")("greeting.title"))
    expect(empty.locator(".sheet b")).to_have_text(["a blue whale", "a red fox"])
    expect(screen.page.locator("#tiles [data-tile]:visible").first).to_be_in_viewport()
    with screen.answered():
        screen.page.locator("#lang").click()
    expect(empty.locator("h2")).to_have_text(words_for("zh")("greeting.title"))
    empty.locator("button").last.click()
    expect(screen.result.locator("h2.prompt")).to_have_text("a red fox")
