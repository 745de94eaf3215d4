"""Keys: Ctrl+Enter generates, Escape closes, groups of radios are one stop each."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.browser.chromium import Screen
from tests.browser.conftest import Visit


def test_control_enter_generates_what_was_just_typed_but_not_within_an_input_method(screen: Screen) -> None:
    screen.prompt.fill("红狐")
    sent: list[str] = []
    screen.page.on("request", lambda request: sent.append(request.url))
    screen.prompt.dispatch_event(
        "keydown", {"key": "Enter", "ctrlKey": True, "isComposing": True, "bubbles": True}
    )
    screen.tab("edit")  # a round trip to the server, so that a press would have been sent by now
    assert not [url for url in sent if "/queue/join" in url]
    expect(screen.state("empty")).to_be_visible()

    screen.tab("text")
    screen.prompt.fill("")
    screen.prompt.press_sequentially("a red fox")
    screen.prompt.press("Control+Enter")
    screen.wait_for("done")
    expect(screen.result.locator("h2.prompt")).to_have_text("a red fox")
    expect(screen.prompt).to_be_focused()

    screen.go.focus()
    screen.page.keyboard.press("Enter")
    expect(screen.page.locator("#strip [data-do=open]")).to_have_count(2)
    expect(screen.go).to_be_focused()


def test_panels_folds_tabs_and_radios_work_without_a_mouse(screen: Screen) -> None:
    screen.open_connection()
    expect(screen.page.locator("#connect")).to_be_focused()
    expect(screen.pill).to_have_attribute("aria-expanded", "true")
    screen.page.keyboard.press("Escape")
    expect(screen.page.locator("#provider")).to_be_hidden()
    expect(screen.pill).to_be_focused()
    expect(screen.pill).to_have_attribute("aria-expanded", "false")

    screen.page.locator("#settings").focus()
    with screen.answered():
        screen.page.keyboard.press("Enter")
    expect(screen.page.locator("#count")).to_be_visible()
    screen.page.locator("#size input:checked").focus()  # a group is one stop, and arrows choose
    with screen.answered():
        screen.page.keyboard.press("ArrowRight")
    expect(screen.page.locator("#size input:checked")).to_have_value("2K")
    expect(screen.page.locator("#settings")).to_contain_text("2K")
    screen.page.keyboard.press("Tab")
    expect(screen.page.locator("#count input:checked")).to_be_focused()
    screen.page.keyboard.press("Tab")
    expect(screen.page.locator("#modalities input:checked")).to_be_focused()

    screen.page.locator("#tabs [role=tab]:visible").nth(1).focus()
    with screen.answered():
        screen.page.keyboard.press("Enter")
    expect(screen.page.locator("#tray-edit [data-add]")).to_be_visible()


def test_escape_leaves_the_history_from_wherever_the_focus_is(visit: Visit) -> None:
    """A20: from its heading, and after a press on bare ground, it did nothing."""
    screen = visit(prompts=("a red fox",))
    opener, search = (
        screen.page.locator("#strip [data-do=album]"),
        screen.page.locator("#history [data-search]"),
    )
    for way in ("heading", "bare ground", "search"):
        opener.focus()
        screen.page.keyboard.press("Enter")
        expect(screen.page.locator("#history h2").first).to_be_focused()
        expect(screen.page.locator("#history .tile")).to_have_count(1)
        if way == "bare ground":
            screen.page.mouse.click(900, 900)
        elif way == "search":
            search.press_sequentially("fo")
            screen.page.keyboard.press("Escape")  # a field with words in it is emptied first
            expect(search).to_have_value("")
        screen.page.keyboard.press("Escape")
        expect(screen.state("history")).to_be_hidden()
        expect(opener).to_be_focused()
