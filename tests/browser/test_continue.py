"""Continue editing: the next instruction goes out with the earlier turns, until the person says otherwise."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from playground.ui.words import words_for
from tests.browser.chromium import Screen


@pytest.fixture
def following(screen: Screen) -> Screen:
    """The app after a picture was made and Continue editing pressed."""
    screen.generate("a red fox")
    with screen.answered():
        screen.result.locator("[data-do=continue]:visible").click()
    expect(screen.page.locator("#continuing-notice img")).to_be_visible()
    return screen


def roles(screen: Screen) -> list[str]:
    """Who said what in the request of the result on the table."""
    return [turn.get("role", "user") for turn in screen.request()["contents"]]


def test_it_leads_to_an_empty_prompt_and_says_what_it_goes_on_from(following: Screen) -> None:
    expect(following.prompt).to_have_value("")
    expect(following.prompt).to_be_focused()
    expect(following.page.locator("#continuing-notice")).to_contain_text(words_for("en")("done.continued"))
    shown = following.result.locator(".photo:visible img").get_attribute("src") or ""
    chip = following.page.locator("#continuing-notice img").get_attribute("src") or ""
    assert shown.split("/")[-2] == chip.split("/")[-2]


def test_the_earlier_turns_go_along(following: Screen) -> None:
    following.generate("make it night")
    assert roles(following) == ["user", "model", "user"]
    following.result.locator("[data-do=continue]:visible").click()
    expect(following.prompt).to_have_value("")
    following.generate("add a moon")
    assert roles(following) == ["user", "model", "user", "model", "user"]


def test_the_result_leads_back_to_the_picture_it_goes_on_from(following: Screen) -> None:
    following.generate("make it night")
    following.result.locator(".statusline [data-do=open]").click()
    expect(following.result.locator("h2.prompt")).to_have_text("a red fox")


def test_the_chip_stays_until_it_is_removed(following: Screen) -> None:
    following.generate("make it night")
    expect(following.page.locator("#continuing-notice img")).to_be_visible()
    following.page.locator("#continuing-notice [data-do=stop_continuing]").click()
    expect(following.page.locator("#continuing-notice img")).to_have_count(0)
    following.generate("a blue whale")
    assert roles(following) == ["user"]


def test_words_that_were_typed_meanwhile_stay(screen: Screen) -> None:
    screen.generate("a red fox")
    screen.prompt.fill("make it snow")
    with screen.answered():
        screen.result.locator("[data-do=continue]:visible").click()
    expect(screen.page.locator("#continuing-notice img")).to_be_visible()
    expect(screen.prompt).to_have_value("make it snow")


def test_another_model_gets_the_picture_alone_and_the_page_says_so(following: Screen) -> None:
    following.open_settings()
    following.choose_model("Nano Banana Pro")
    following.generate("make it night")
    assert roles(following) == ["user"]
    expect(following.result.locator(".note")).to_contain_text("without the earlier turns")


def test_the_chip_follows_the_language(following: Screen) -> None:
    with following.answered():
        following.page.locator("#lang").click()
    expect(following.page.locator("#continuing-notice")).to_contain_text(words_for("zh")("done.continued"))
    expect(following.page.locator("#continuing-notice img")).to_be_visible()
