"""Pictures come out of all three tabs, with no key and no network."""

from __future__ import annotations

import hashlib
from pathlib import Path

from playwright.sync_api import Route, expect

from playground.ui.words import words_for
from tests.browser.chromium import Screen
from tests.browser.pictures import picture, pictures

LACKING = [
    ("text", "", "prompt_missing"),
    ("edit", "make it night", "image_missing"),
    ("compose", "put them together", "images_missing"),
]
"""Tab, prompt, and what is told when Generate is pressed."""


def _shows_a_picture(screen: Screen) -> None:
    shown = screen.result.locator(".photo:visible img")
    expect(shown).to_be_visible()
    screen.page.wait_for_function(
        "() => document.querySelector('.photo:not([hidden]) img').naturalWidth >= 512"
    )


def test_text_to_image_shows_a_picture_its_facts_and_its_file(screen: Screen, tmp_path: Path) -> None:
    screen.generate("a red fox in the snow")
    _shows_a_picture(screen)
    expect(screen.result.locator(".answer:visible")).to_contain_text("not by an AI model")
    expect(screen.result.locator("h2.prompt")).to_have_text("a red fox in the snow")
    asked, received = screen.result.locator("table.facts:visible tbody tr").all()
    assert asked.locator("td").all_inner_texts() == ["Auto", "1K", "Auto"]
    assert received.locator("td").all_inner_texts() == ["1:1", "1024 × 1024", "JPEG"]

    with screen.page.expect_download() as download:
        screen.result.locator("a[download]:visible").click()
    download.value.save_as(tmp_path / "saved")
    served = screen.page.request.get(
        screen.result.locator(".photo:visible img").evaluate("image => image.src")
    )
    assert served.headers["content-type"] == "image/jpeg"
    assert (
        hashlib.sha256(served.body()).digest() == hashlib.sha256((tmp_path / "saved").read_bytes()).digest()
    )
    assert download.value.suggested_filename.endswith(".jpg")


def test_edit_and_compose(screen: Screen) -> None:
    screen.tab("edit")
    screen.add("edit", [picture("first.png")])
    expect(screen.tray("edit")).to_have_count(1)
    screen.page.locator("#tray-edit .x").click()
    expect(screen.tray("edit")).to_have_count(0)
    screen.add("edit", [picture("second.png")])  # in its place
    expect(screen.tray("edit").locator(".cap span")).to_have_text("second.png")
    screen.generate("make it night")
    _shows_a_picture(screen)
    parts = screen.request()["contents"][0]["parts"]
    assert [sorted(part) for part in parts] == [["text"], ["inline_data"]]

    screen.tab("compose")
    screen.add("compose", pictures(3))
    expect(screen.tray("compose")).to_have_count(3)
    screen.generate("put image 1 and image 2 onto image 3")
    _shows_a_picture(screen)
    assert len(screen.request()["contents"][0]["parts"]) == 4


def test_generate_waits_for_a_picture_that_is_still_on_its_way(screen: Screen) -> None:
    screen.tab("edit")
    screen.prompt.fill("make it night")
    held: list[Route] = []
    screen.page.route("**/gradio_api/upload*", lambda route: held.append(route))
    with screen.page.expect_request("**/gradio_api/upload*"):
        screen.add("edit", [picture("house.png")])
    screen.go.click()
    expect(screen.state("empty")).to_be_visible()
    held[0].continue_()
    screen.wait_for("done")


def test_what_the_form_lacks_is_told_at_it_and_the_table_stays(screen: Screen) -> None:
    screen.generate("a red fox")
    before = screen.job()
    for mode, prompt, lacking in LACKING:
        if mode != "text":
            screen.tab(mode)
        screen.prompt.fill(prompt)
        screen.go.click()
        what = words_for("en")(f"outcome.{lacking}.what", allowed=2)
        expect(screen.page.locator("#form-notice")).to_contain_text(what)
        expect(screen.page.locator("#live")).to_contain_text(what)
        missing = screen.page.locator(f"#tray-{mode} [data-add]")
        expect(screen.prompt if mode == "text" else missing).to_be_focused()
        expect(screen.state("done")).to_be_visible()
        expect(screen.go).to_be_enabled()
        assert screen.job() == before
