"""The ordered tray of Compose: up to 14 pictures, moved by mouse, keys and fingers."""

from __future__ import annotations

import pytest
from playwright.sync_api import FilePayload, expect

from tests.browser.chromium import DESKTOP, PHONE, Screen
from tests.browser.conftest import Visit
from tests.browser.pictures import picture, pictures


def _drop(screen: Screen, file: FilePayload) -> None:
    data = screen.page.evaluate_handle(
        "([name, bytes]) => { const data = new DataTransfer();"
        " data.items.add(new File([new Uint8Array(bytes)], name, { type: 'image/png' })); return data }",
        [file["name"], list(file["buffer"])],
    )
    screen.page.dispatch_event("#tray-compose .trayhost", "drop", {"dataTransfer": data})


@pytest.fixture
def compose(screen: Screen) -> Screen:
    """The tab Compose with three pictures."""
    screen.tab("compose")
    screen.add("compose", pictures(3))
    expect(screen.tray("compose")).to_have_count(3)
    return screen


def test_fourteen_fit_and_the_fifteenth_is_refused_in_words(screen: Screen) -> None:
    screen.tab("compose")
    screen.add("compose", pictures(14))
    expect(screen.tray("compose")).to_have_count(14)
    expect(screen.page.locator("#tray-compose .addpic")).to_have_count(0)
    _drop(screen, picture("late.png"))
    expect(screen.page.locator("#tray-compose .said")).to_have_text(
        "Room for 14 pictures only. Not added: late.png."
    )
    expect(screen.tray("compose")).to_have_count(14)
    screen.generate("a collage of all pictures")
    screen.result.locator("[data-do=compose]:visible").click()
    told = "Room for 14 pictures only. Not added: a collage of all pictures."
    expect(screen.page.locator("#form-notice")).to_contain_text(told)
    expect(screen.tray("compose")).to_have_count(14)


def test_of_too_many_at_once_the_first_fourteen_are_taken(screen: Screen) -> None:
    screen.tab("compose")
    notes = {"name": "notes.txt", "mimeType": "text/plain", "buffer": b"words"}
    screen.add("compose", [*pictures(16), notes])
    expect(screen.tray("compose")).to_have_count(14)
    said = screen.page.locator("#tray-compose .said")
    expect(said).to_contain_text("Not added: p15.png, p16.png.")
    expect(said).to_contain_text("Not a picture that can be read here: notes.txt.")
    for size in (DESKTOP, (1024, 768), PHONE):
        screen.page.set_viewport_size({"width": size[0], "height": size[1]})
        screen.page.evaluate("scrollTo(0, 0)")
        seen = [screen.page.locator(part).bounding_box() for part in ("#prompt textarea", "#go")]
        prompt, go = [(box["y"], box["y"] + box["height"]) for box in seen if box]
        assert prompt[1] <= go[0]
        assert go[1] <= size[1]


def test_pictures_are_moved_sent_in_their_order_and_removed(compose: Screen) -> None:
    tray, said = compose.tray("compose"), compose.page.locator("#tray-compose .said")
    tray.nth(2).locator(".pic").focus()
    compose.page.keyboard.press("ArrowLeft")
    assert compose.names("compose") == ["p1.png", "p3.png", "p2.png"]
    compose.page.keyboard.press("ArrowLeft")
    assert compose.names("compose") == ["p3.png", "p1.png", "p2.png"]
    expect(tray.nth(0).locator(".pic")).to_be_focused()
    expect(tray.nth(0).locator(".cap b")).to_have_text("1")
    expect(said).to_have_text("Picture moved to place 1")

    sizes = {file["name"]: len(file["buffer"]) for file in pictures(3)}
    compose.generate("put image 1, image 2 and image 3 together")
    text, *images = compose.request()["contents"][0]["parts"]
    assert text == {"text": "put image 1, image 2 and image 3 together"}
    sent = [image["inline_data"]["data"] for image in images]
    wanted = [sizes[name] for name in ("p3.png", "p1.png", "p2.png")]
    assert [str(size) in data.replace(",", "") for size, data in zip(wanted, sent, strict=True)] == [True] * 3

    tray.nth(0).locator(".pic").drag_to(tray.nth(2).locator(".pic"))
    assert compose.names("compose") == ["p1.png", "p2.png", "p3.png"]
    tray.nth(0).locator(".pic").focus()
    compose.page.keyboard.press("Delete")
    assert compose.names("compose") == ["p2.png", "p3.png"]
    compose.page.get_by_role("button", name="Remove picture 2").click()
    assert compose.names("compose") == ["p2.png"]


def test_fingers_move_a_picture_by_its_arrows(visit: Visit) -> None:
    screen = visit(size=PHONE)
    screen.tab("compose")
    screen.add("compose", pictures(2))
    expect(screen.tray("compose")).to_have_count(2)
    screen.page.get_by_role("button", name="Move picture 2 to place 1").tap()
    assert screen.names("compose") == ["p2.png", "p1.png"]


def test_what_is_dropped_what_is_no_picture_and_what_is_never_mentioned(compose: Screen) -> None:
    note = compose.page.locator("#tray-compose .lint")
    compose.prompt.fill("put image 1 on image 3")
    expect(note).to_have_text("Not in the prompt: picture 2.")
    compose.prompt.fill("put image 1 and 2 on image 3")
    expect(note).to_be_hidden()
    compose.add("compose", [{"name": "notes.txt", "mimeType": "text/plain", "buffer": b"words"}])
    expect(compose.page.locator("#tray-compose .said")).to_contain_text("read here: notes.txt")
    expect(compose.tray("compose")).to_have_count(3)
    _drop(compose, picture("dropped.png"))
    expect(compose.tray("compose")).to_have_count(4)
    assert compose.names("compose")[-1] == "dropped.png"


def test_a_long_name_is_cut_in_its_middle(screen: Screen) -> None:
    name = "IMG_20261122_074412_portrait_of_a_fox_final_2.png"
    screen.tab("compose")
    screen.add("compose", [picture(name)])
    expect(screen.tray("compose").locator(".cap span")).to_have_text(name)
    cap = screen.tray("compose").locator(".cap").bounding_box()
    tail = screen.tray("compose").locator(".cap bdi").last
    expect(tail).to_have_text("al_2.png")
    end = tail.bounding_box()
    assert cap is not None
    assert end is not None
    assert end["x"] + end["width"] <= cap["x"] + cap["width"] + 1
