"""Continue editing: each instruction goes out with the earlier turns, until the person says otherwise."""

from __future__ import annotations

import pytest
from playwright.sync_api import Locator, expect

from playground.ui.words import words_for
from tests.browser.chromium import Screen
from tests.browser.pictures import pictures

ENGLISH = words_for("en")


@pytest.fixture
def following(screen: Screen) -> Screen:
    """The app after a picture was made and Continue editing pressed."""
    screen.generate("a red fox")
    with screen.answered():
        screen.result.locator("[data-do=continue]:visible").click()
    expect(versions(screen)).to_have_count(1)
    return screen


def versions(screen: Screen) -> Locator:
    """The small pictures above the prompt."""
    return screen.page.locator("#continuing-notice [data-do=go_on]")


def next_turn(screen: Screen, prompt: str) -> None:
    """Says what to change, and waits until the conversation goes on from what came."""
    count = versions(screen).count()
    screen.generate(prompt)
    expect(versions(screen)).to_have_count(count + 1)
    expect(screen.prompt).to_have_value("")  # said and done


def roles(screen: Screen) -> list[str]:
    """Who said what in the request of the result on the table."""
    return [turn.get("role", "user") for turn in screen.request()["contents"]]


def test_a_conversation_goes_on_from_its_newest_picture(following: Screen) -> None:
    """A2: "add snow" went on from the picture before "make it night", and lost the night."""
    screen, line = following, following.page.locator("#continuing-notice")
    expect(screen.prompt).to_be_focused()
    expect(screen.prompt).to_have_attribute("placeholder", ENGLISH("prompt.hints.edit"))
    tools = screen.page.locator("#prompttools .tools")
    assert tools.evaluate("tools => tools.scrollWidth <= tools.clientWidth"), "they run out of their box"
    expect(line).to_contain_text(ENGLISH("versions.along", count=1))
    next_turn(screen, "make it night")
    assert roles(screen) == ["user", "model", "user"]
    expect(line).to_contain_text(ENGLISH("versions.from", number=2))
    expect(line).to_contain_text(ENGLISH("versions.along", count=2))
    shown = screen.result.locator(".photo:visible img").get_attribute("src") or ""
    marked = versions(screen).and_(screen.page.locator("[aria-pressed=true]"))
    assert (marked.get_attribute("data-picture") or "").split("/")[0] == shown.split("/")[-2]
    next_turn(screen, "add snow")
    assert roles(screen) == ["user", "model", "user", "model", "user"]
    # A branch: any version can be the one to go on from, and is shown.
    versions(screen).first.click()
    expect(screen.result.locator("h2.prompt")).to_have_text("a red fox")
    expect(line).to_contain_text(ENGLISH("versions.from", number=1))
    next_turn(screen, "make it yellow")
    assert roles(screen) == ["user", "model", "user"]
    screen.result.locator(".statusline [data-do=open]").click()  # leads back to what it went on from
    expect(screen.result.locator("h2.prompt")).to_have_text("a red fox")
    # The history's tree shows the same pictures.
    screen.page.locator("#strip [data-do=album]").click()
    screen.page.locator("#history .tile [data-open]").first.click()
    expect(screen.page.locator("#history .lineage [data-kin]")).to_have_count(versions(screen).count())
    screen.page.locator("#history [data-back]:visible").click()
    screen.page.locator("#history [data-back]:visible").click()
    with screen.answered():
        line.locator("[data-do=stop_continuing]").click()
    expect(versions(screen)).to_have_count(0)
    expect(screen.prompt).to_have_attribute("placeholder", ENGLISH("prompt.hints.text"))
    screen.generate("a blue whale")
    assert roles(screen) == ["user"]


def test_words_that_were_typed_meanwhile_stay(screen: Screen) -> None:
    screen.generate("a red fox")
    screen.prompt.fill("make it snow")
    with screen.answered():
        screen.result.locator("[data-do=continue]:visible").click()
    expect(versions(screen)).to_have_count(1)
    expect(screen.prompt).to_have_value("make it snow")


def test_the_tab_stays_and_another_picture_to_edit_begins_anew(screen: Screen) -> None:
    """A2: it moved to the first tab, and stayed active when another picture was added in Edit."""
    screen.page.locator("[data-tile=night]:visible").last.click()
    expect(screen.tray("edit")).to_have_count(1)
    screen.generate()
    with screen.answered():
        screen.result.locator("[data-do=continue]:visible").click()
    expect(screen.page.locator("#tabs [aria-selected=true]:visible")).to_have_attribute("data-tab-id", "edit")
    expect(screen.tray("edit")).to_have_count(0)  # it is part of the turn that goes along
    next_turn(screen, "add snow")
    assert roles(screen) == ["user", "model", "user"]
    screen.open_settings()
    screen.page.locator("#ratio label", has=screen.page.locator("[value='9:16']")).click()
    expect(screen.page.locator("#settings")).to_contain_text("9:16")
    with screen.answered():
        screen.result.locator("[data-do=edit]:visible").click()
    expect(screen.tray("edit")).to_have_count(1)
    expect(screen.page.locator("#settings")).to_contain_text("auto shape")  # or it would have bars
    expect(versions(screen)).to_have_count(0)
    with screen.answered():
        screen.result.locator("[data-do=continue]:visible").click()
    expect(versions(screen)).to_have_count(2)
    # In another tab it waits, over a reload, too; what can be taken back stays so when it is come back to.
    screen.tab("text")
    expect(versions(screen)).to_have_count(0)
    screen.reload()
    screen.prompt.fill("something else")
    with screen.answered():
        screen.page.locator("#tiles [data-tile]:visible").first.click()
    undo = screen.page.locator("#form-notice [data-undo]:visible")
    expect(undo).to_be_visible()
    screen.tab("edit")
    expect(versions(screen)).to_have_count(2)
    expect(undo).to_be_visible()
    screen.page.locator("#tray-edit [data-picker]").set_input_files(pictures(1))
    expect(screen.tray("edit")).to_have_count(1)
    expect(versions(screen)).to_have_count(0)


def test_another_model_gets_the_picture_alone_and_the_page_says_so(following: Screen) -> None:
    following.open_settings()
    following.choose_model("Nano Banana Pro")
    line = following.page.locator("#continuing-notice")
    expect(line).to_contain_text(ENGLISH("versions.alone"))
    with following.answered():
        following.page.locator("#lang").click()
    expect(line).to_contain_text(words_for("zh")("versions.alone"))
    following.generate("make it night")
    assert roles(following) == ["user"]
    expect(following.result.locator(".note")).to_contain_text("没有带上之前的对话")
