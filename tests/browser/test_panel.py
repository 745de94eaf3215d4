"""The panel: its choices follow provider and model, and every one of them reaches the request."""

from __future__ import annotations

import pytest
from playwright.sync_api import Locator, expect

from playground.ui.words import words_for
from tests.browser.chromium import PHONE, Screen
from tests.browser.conftest import Visit

CAT = "a ginger cat"


def _labels(screen: Screen, group: str) -> list[str]:
    texts = screen.page.locator(f"#{group} label span").all_text_contents()
    return [text.split("\n")[0].strip() for text in texts]


def _chosen(screen: Screen, group: str) -> Locator:
    return screen.page.locator(f"#{group} input:checked")


@pytest.fixture
def settings(screen: Screen) -> Screen:
    """The app with open settings."""
    screen.open_settings()
    return screen


def test_every_choice_reaches_the_request_and_auto_leaves_it_out(settings: Screen) -> None:
    for group, label in (("ratio", "16:9"), ("size", "2K"), ("modalities", "Picture only")):
        settings.choose(group, label)
    settings.generate(CAT)
    assert settings.request()["generationConfig"] == {
        "responseModalities": ["IMAGE"],
        "imageConfig": {"aspectRatio": "16:9", "imageSize": "2K"},
    }
    for group, label in (("ratio", "Auto"), ("size", "Auto"), ("modalities", "Picture and text")):
        settings.choose(group, label)
    settings.generate(CAT)
    assert settings.request()["generationConfig"] == {"responseModalities": ["TEXT", "IMAGE"]}


def test_a_model_shows_what_it_has_and_the_shape_stays(settings: Screen) -> None:
    settings.choose("ratio", "16:9")
    assert _labels(settings, "thinking_level") == ["Auto", "Minimal", "Medium", "High"]
    settings.choose("thinking_level", "High")
    expect(settings.page.locator("#settings")).to_contain_text("thinking: High")
    settings.generate(CAT)
    assert settings.request()["generationConfig"]["thinkingConfig"] == {"thinkingLevel": "high"}
    settings.choose_model("Nano Banana: the first one")
    for gone in ("#size", "#thinking_level", "#moresettings"):
        expect(settings.page.locator(gone)).to_be_hidden()
    expect(_chosen(settings, "ratio")).to_have_value("16:9")
    settings.generate(CAT)
    sent = settings.request()["generationConfig"]
    assert sent["imageConfig"] == {"aspectRatio": "16:9"}
    assert "thinkingConfig" not in sent


def test_a_shape_that_the_new_model_lacks_goes_back_to_auto(settings: Screen) -> None:
    settings.page.locator("#moreratios").click()
    settings.choose("ratio", "8:1")
    settings.choose_model("Nano Banana Pro")
    expect(_chosen(settings, "ratio")).to_have_value("auto")
    assert "8:1" not in _labels(settings, "ratio")


def test_any_model_id_can_be_typed(settings: Screen) -> None:
    box = settings.page.locator("#model input")
    box.fill("gemini-9-image-someday")
    with settings.answered():
        box.press("Enter")
    expect(settings.page.locator("#settings")).to_contain_text("gemini-9-image-someday")
    expect(settings.page.locator("#modelbox code")).to_have_text("gemini-9-image-someday")


def test_provider_brings_its_models_sizes_and_formats(settings: Screen) -> None:
    settings.choose("ratio", "3:4")
    settings.open_connection()
    settings.choose_provider("UniAll")
    expect(settings.page.locator("#format")).to_be_visible()
    assert _labels(settings, "format") == ["Auto", "JPEG", "PNG"]
    expect(_chosen(settings, "ratio")).to_have_value("3:4")
    settings.choose_provider("Gateway")
    expect(settings.page.locator("#format")).to_be_hidden()
    assert _labels(settings, "size") == ["Auto", "0.5K", "1K", "2K", "4K"]
    expect(settings.page.locator("#base_url")).to_be_visible()
    settings.choose_provider("Google")
    expect(settings.page.locator("#base_url")).to_be_hidden()
    expect(settings.pill).to_have_text("Google · needs a key")


def test_a_key_is_for_one_provider_and_a_missing_one_is_asked_for_where_it_is_typed(screen: Screen) -> None:
    key = screen.page.locator("#key input")
    screen.open_connection()
    screen.choose_provider("Google")
    key.fill("canary-for-google")
    screen.choose_provider("UniAll")
    expect(key).to_have_value("")
    screen.choose_provider("Google")
    key.fill("")
    screen.page.locator("#closeconn").click()
    screen.prompt.fill(CAT)
    screen.go.click()
    expect(screen.page.locator("#connection-report")).to_contain_text("Google needs an API key.")
    expect(key).to_be_focused()
    expect(screen.prompt).to_have_value(CAT)


def test_a_tile_applies_its_shape_though_the_settings_were_never_opened(screen: Screen) -> None:
    with screen.answered():
        screen.page.locator("[data-tile=pig]").click()
    expect(screen.page.locator("#settings")).to_contain_text("4:3")
    screen.generate()
    expect(screen.result.locator("table.facts:visible tbody tr").first).to_contain_text("4:3")
    assert screen.request()["generationConfig"]["imageConfig"]["aspectRatio"] == "4:3"
    screen.open_settings()
    expect(_chosen(screen, "ratio")).to_have_value("4:3")


def test_settings_left_open_are_open_after_a_reload(settings: Screen) -> None:
    settings.choose_model("Nano Banana Pro")
    settings.reload()
    expect(settings.page.locator("#moreratios")).to_have_text("All 11")  # as this model has it
    expect(settings.page.locator("#count")).to_be_visible()
    expect(settings.page.locator("#settings")).to_have_attribute("aria-expanded", "true")


def test_checking_the_demo_says_that_it_is_ready(screen: Screen) -> None:
    screen.open_connection()
    screen.page.locator("#testconn").click()
    expect(screen.page.locator("#connection-report")).to_have_text("The demo is ready.")


@pytest.mark.parametrize("locale", ["en-US", "zh-CN"])
def test_on_a_phone_the_connection_says_in_words_what_it_is(visit: Visit, locale: str) -> None:
    screen = visit(size=PHONE, locale=locale)
    expect(screen.pill).to_have_text(words_for(locale[:2])("connection.demo"))
    seen = screen.pill.evaluate(
        "pill => [parseFloat(getComputedStyle(pill).fontSize), pill.scrollWidth <= pill.clientWidth + 1]"
    )
    assert seen == [pytest.approx(13, abs=1), True]


def test_a_search_names_its_sources_under_the_picture_today_and_after_a_reload(settings: Screen) -> None:
    settings.choose("search", "Web and pictures")
    settings.generate(CAT)
    assert settings.request()["tools"] == [
        {"googleSearch": {"searchTypes": {"webSearch": {}, "imageSearch": {}}}}
    ]
    settings.reload()
    links = settings.result.locator(".sources a:visible")
    expect(links).to_have_count(2)
    expect(links.first).to_have_attribute("href", "https://example.com/")
    suggestions = settings.page.frame_locator(".sources iframe").locator("a")
    expect(suggestions).to_have_text("A search would be suggested here")
    _choose_search_lacking_model(settings)
    expect(settings.page.locator("#search")).to_be_hidden()


def _choose_search_lacking_model(settings: Screen) -> None:
    if not settings.page.locator("#count").is_visible():
        settings.open_settings()
    settings.choose_model("Nano Banana 2 Lite")
