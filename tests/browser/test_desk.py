"""The desk, below Generate: what stands there follows the state, and no third of the screen is bare."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.browser.chromium import Screen


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
    with screen.answered():
        screen.page.locator("#recents button").last.click()
    expect(screen.prompt).to_have_value("a red fox in the snow")
    screen.page.locator("#form-notice [data-undo]").click()
    expect(screen.prompt).to_have_value("a blue whale")
