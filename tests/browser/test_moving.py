"""Pictures on their way into the form: pasted, dropped, and dragged from wherever they stand."""

from __future__ import annotations

import base64

from playwright.sync_api import expect

from tests.browser.chromium import Screen
from tests.browser.pictures import picture

_PASTE = """([name, type, text]) => {
  const data = new DataTransfer();
  const bytes = Uint8Array.from(atob(text), (one) => one.charCodeAt(0));
  data.items.add(new File([bytes], name, { type }));
  const event = new ClipboardEvent('paste', { clipboardData: data, bubbles: true, cancelable: true });
  document.querySelector('#prompt textarea').dispatchEvent(event);
}"""


def paste(screen: Screen, name: str, kind: str = "image/png") -> None:
    data = base64.b64encode(picture(name)["buffer"]).decode()
    screen.page.evaluate(_PASTE, [name, kind, data])


def test_a_picture_pasted_beside_text_is_asked_what_it_is_for(screen: Screen) -> None:
    offer = screen.page.locator("#offer")
    paste(screen, "notes.txt", "text/plain")
    expect(offer).to_contain_text("Not a picture that can be read here: notes.txt.")
    expect(offer.locator("[data-use]:visible")).to_have_count(0)
    paste(screen, "mine.png")
    expect(offer.locator("img")).to_have_count(1)
    offer.get_by_role("button", name="Compose").click()
    expect(screen.tray("compose")).to_have_count(1)
    expect(offer).to_have_count(0)
    paste(screen, "next.png")  # from now on a tray is open
    expect(screen.tray("compose")).to_have_count(2)


def test_pictures_are_dragged_from_result_strip_and_history_into_tray_and_prompt(screen: Screen) -> None:
    page = screen.page
    screen.generate("a red fox")
    page.locator(".photo [data-view]").drag_to(screen.prompt)
    page.locator("#offer [data-use=compose]").click()
    expect(screen.tray("compose")).to_have_count(1)
    page.locator("#strip [data-picture]").drag_to(screen.prompt)
    expect(screen.tray("compose")).to_have_count(2)
    page.locator("#strip [data-do=album]").click()
    page.locator("#history .tile .shot").drag_to(page.locator("#tray-compose .addpic"))
    expect(screen.tray("compose")).to_have_count(3)
    assert screen.names("compose") == ["a red fox"] * 3
    screen.generate("put image 1, image 2 and image 3 together")
    assert len(screen.request()["contents"][0]["parts"]) == 4
