"""What the demo offers to try: tiles for each tab, rehearsals, and what it says where it cannot."""

from __future__ import annotations

import re

from playwright.sync_api import expect

from tests.browser.chromium import Screen
from tests.browser.pictures import picture


def test_each_tab_has_tiles_of_its_own_and_they_stay(screen: Screen) -> None:
    tiles = screen.page.locator("#tiles [data-tile]:visible")
    expect(tiles).to_have_count(0)  # on the first screen the table shows them
    screen.tab("edit")
    expect(tiles).to_have_count(7)
    screen.page.locator("[data-tile=sofa]").click()
    expect(screen.tray("edit")).to_have_count(1)
    expect(screen.prompt).to_have_value("Make the sofa blue")
    screen.generate()
    expect(tiles).to_have_count(7)
    # A change is made to one's own picture, where there is one: it is not swapped for a sample.
    screen.page.locator("#tray-edit .x").click()
    screen.add("edit", [picture("mug.png")])
    screen.page.locator("[data-tile=cutout]:visible").click()
    expect(screen.prompt).to_have_value("Change the background to pure white")
    assert screen.names("edit") == ["mug.png"]
    with screen.answered():
        screen.result.locator("[data-do=continue]:visible").click()
    screen.page.locator("[data-tile=headline]:visible").click()
    expect(screen.prompt).to_have_value(re.compile("SUMMER"))
    expect(screen.page.locator("#continuing-notice [data-do=go_on]")).to_have_count(1)
    expect(screen.tray("edit")).to_have_count(0)
    # Another tab begins anew; what was being continued waits in its own.
    versions = screen.page.locator("#continuing-notice [data-do=go_on]")
    screen.tab("compose")
    expect(tiles).to_have_count(3)
    expect(versions).to_have_count(0)
    expect(screen.page.locator("#form-notice")).to_contain_text("waits under Edit")
    expect(screen.page.locator("#form-notice [data-undo]:visible")).to_have_count(1)  # the tile's
    with screen.answered():
        screen.page.locator("#lang").click()
    expect(screen.page.locator("#form-notice")).to_contain_text("留在“修改图片”里")
    screen.tab("text")
    expect(tiles).to_have_count(5)
    screen.tab("edit")
    expect(versions).to_have_count(1)
    expect(screen.page.locator("#form-notice p:visible")).not_to_contain_text("留在")


def test_an_edit_beyond_the_demo_is_told_and_no_bill_is_named(screen: Screen) -> None:
    screen.tab("edit")
    screen.add("edit", [picture("house.png")])
    expect(screen.tray("edit")).to_have_count(1)
    card = screen.generate("make it friendlier", until="refused")
    expect(card).to_contain_text("Nothing was changed")
    expect(card).to_contain_text("remove the background")
    expect(card.locator("[data-remedy]")).to_have_count(0)
    for word in ("charged", "billed"):
        expect(card).not_to_contain_text(word)


def test_a_rehearsal_is_chosen_where_the_demo_is(screen: Screen) -> None:
    screen.prompt.fill("a red fox")
    screen.open_connection()
    screen.page.locator("[data-rehearsal='cut off']").click()
    expect(screen.prompt).to_have_value("demo: cut off a red fox")
    expect(screen.prompt).to_be_focused()
    expect(screen.page.locator("#provider")).to_be_hidden()
    expect(screen.page.locator("#form-notice button")).to_be_visible()
    screen.open_connection()
    screen.page.locator("#result").click(position={"x": 5, "y": 5})  # a press beside it closes it, too
    expect(screen.page.locator("#provider")).to_be_hidden()
    screen.generate()
    expect(screen.result).to_contain_text("broke off before its end")
    expect(screen.result).not_to_contain_text("billed")
