"""What was typed survives a reload and a restart of the browser, a key does not; filling in can be undone."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from gradio.utils import get_upload_folder
from playwright.sync_api import expect

from tests.browser.chromium import DESKTOP, PHONE, Screen
from tests.browser.conftest import Visit
from tests.browser.pictures import pictures

KEY = "AIza" + "Sy-kept_form_0123456789abcdefghijklmno"  # in two pieces: no scanner shall take it for a key
NAME = "playground.form"
PROMPT = "put image 1\non image 2 “so” 龙"


def kept(screen: Screen, storage: str = "localStorage") -> Any:
    """What the browser has kept."""
    text = screen.page.evaluate(f"{storage}.getItem('{NAME}')")
    return json.loads(text) if text else None


def has_kept(screen: Screen, prompt: str) -> None:
    """Returns when a prompt has been kept."""
    screen.page.wait_for_function(
        f"prompt => (localStorage.getItem('{NAME}') ?? '').includes(JSON.stringify(prompt).slice(1, -1))",
        arg=prompt,
    )


def next_visit(screen: Screen, form: Any, version: int = 1) -> Screen:
    """The page once more in the same browser, which has kept a form that the page did not write."""
    page = screen.page.context.new_page()
    text = json.dumps({"version": version, "form": form})
    page.add_init_script(f"localStorage.setItem({json.dumps(NAME)}, {json.dumps(text)})")
    return Screen(page, screen.base_url).open()


def new_tab(screen: Screen) -> Screen:
    """The page once more in the same browser."""
    return Screen(screen.page.context.new_page(), screen.base_url).open()


def filled_in(screen: Screen) -> None:
    """Every field that is kept, as nobody finds it at first."""
    screen.tab("compose")
    screen.add("compose", pictures(2))
    expect(screen.tray("compose")).to_have_count(2)
    screen.open_settings()
    screen.choose("count", "4")
    screen.open_connection()
    screen.choose_provider("Gateway")
    expect(screen.pill).to_contain_text("Gateway")
    with screen.answered():
        screen.page.locator("#base_url input, #base_url textarea").fill("https://me:pw@gw.example/v1?key=q")
        screen.page.locator("#base_url input, #base_url textarea").blur()
    with screen.answered():
        screen.page.locator("#key input").fill(KEY)
        screen.page.locator("#key input").blur()
    screen.page.locator("#closeconn").click()
    screen.prompt.fill(PROMPT)
    has_kept(screen, PROMPT)


def is_as_filled_in(screen: Screen, base_url: str = "https://gw.example/v1") -> None:
    expect(screen.prompt).to_have_value(PROMPT)
    expect(screen.tray("compose")).to_have_count(2)
    assert screen.names("compose") == ["p1.png", "p2.png"]
    expect(screen.page.locator("#tabs [role=tab][aria-selected=true]:visible")).to_have_text("Compose")
    expect(screen.page.locator("#price-text")).to_contain_text("4 pictures")
    expect(screen.pill).to_contain_text("Gateway")
    loaded = "image => image.complete && image.naturalWidth > 0"
    expect(screen.tray("compose").locator("img").first).to_be_visible()
    screen.page.wait_for_function(f"[...document.querySelectorAll('#tray-compose img')].every({loaded})")
    screen.open_connection()
    expect(screen.page.locator("#key input")).to_have_value("")
    address = screen.page.locator("#base_url input, #base_url textarea")
    expect(address).to_have_value(base_url)


def stored(screen: Screen) -> str:
    """All that the browser keeps."""
    return str(screen.page.evaluate("JSON.stringify([{...localStorage}, {...sessionStorage}])"))


def test_everything_but_the_key_comes_back_after_an_undo_a_reload_and_a_new_start(screen: Screen) -> None:
    screen.page.evaluate("sessionStorage.setItem('playground.waiting', '[[\"batch\", \"x/1-1.png\"]]')")
    screen.reload()
    filled_in(screen)
    screen.prompt.fill(f"my key is {KEY}")
    screen.page.wait_for_function(f"!('prompt' in JSON.parse(localStorage.getItem('{NAME}')).form)")
    for secret in (KEY, "pw@", "key=q"):
        assert secret not in stored(screen)
    form = kept(screen)
    assert form["version"] == 1
    assert "key" not in form["form"]
    assert len(json.dumps(form)) < 5_000
    screen.prompt.fill(PROMPT)
    has_kept(screen, PROMPT)

    screen.page.get_by_role("button", name="Clear the form").click()
    expect(screen.prompt).to_have_value("")
    assert screen.page.evaluate("sessionStorage.getItem('playground.waiting')") == "[]"
    expect(screen.pill).to_contain_text("Demo")
    screen.page.wait_for_function(f"!localStorage.getItem('{NAME}').includes('image 1')")
    for storage in ("localStorage", "sessionStorage"):
        text = json.dumps(kept(screen, storage))
        assert "gw.example" not in text
        assert "p1.png" not in text
    screen.page.locator("#form-notice").get_by_role("button", name="Undo").click()
    is_as_filled_in(screen, "https://me:pw@gw.example/v1?key=q")  # this page has never forgotten it
    has_kept(screen, PROMPT)

    screen.reload()
    is_as_filled_in(screen)
    visitor = screen.page.context
    screen.page.close()  # with the tab goes what belongs to it alone
    screen = Screen(visitor.new_page(), screen.base_url).open()
    is_as_filled_in(screen)
    for secret in (KEY, "pw@", "key=q"):
        assert secret not in stored(screen)


def test_what_is_sent_afterwards_is_what_was_put_back(screen: Screen) -> None:
    screen.tab("edit")
    screen.add("edit", pictures(1))
    expect(screen.tray("edit")).to_have_count(1)
    screen.prompt.fill("make it night")
    has_kept(screen, "make it night")
    has_kept(screen, "p1.png")
    (item,) = kept(screen)["form"]["tray_edit"]
    assert Path(item["path"]).is_relative_to(Path(get_upload_folder()).resolve())
    screen.reload()
    expect(screen.tray("edit")).to_have_count(1)
    screen.generate()
    text, image = screen.request()["contents"][0]["parts"]
    assert text == {"text": "make it night"}
    assert "inline_data" in image


def test_two_tabs_keep_what_was_typed_in_each(screen: Screen) -> None:
    screen.prompt.fill("a red fox")
    has_kept(screen, "a red fox")
    other = new_tab(screen)
    expect(other.prompt).to_have_value("a red fox")
    other.prompt.fill("a blue whale")
    has_kept(other, "a blue whale")
    screen.reload()
    expect(screen.prompt).to_have_value("a red fox")
    other.reload()
    expect(other.prompt).to_have_value("a blue whale")


def test_pictures_that_are_gone_are_told(screen: Screen) -> None:
    screen.tab("compose")
    screen.add("compose", pictures(3))
    expect(screen.tray("compose")).to_have_count(3)
    screen.prompt.fill("put them together")
    has_kept(screen, "p3.png")
    paths = [item["path"] for item in kept(screen)["form"]["tray_compose"]]
    Path(paths[0]).unlink()
    Path(paths[2]).unlink()
    screen.reload()
    notice = screen.page.locator("#form-notice")
    expect(notice).to_contain_text("2 pictures are no longer on the server. Add them again.")
    assert screen.names("compose") == ["p2.png"]


def test_another_visitors_picture_is_not_put_back(screen: Screen, visit: Visit) -> None:
    screen.generate("a red fox")
    screen.result.get_by_role("button", name="Edit", exact=True).first.click()
    expect(screen.tray("edit")).to_have_count(1)
    has_kept(screen, "picture")
    other = next_visit(visit(), kept(screen)["form"])
    expect(other.page.locator("#form-notice")).to_contain_text("1 picture is no longer on the server.")
    expect(other.tray("edit")).to_have_count(0)


def test_a_path_that_is_no_upload_is_not_put_back(screen: Screen) -> None:
    paths = ["/etc/passwd", "../../etc/passwd", "a\0b", "", 7, None]
    tray = [{"path": path, "name": "x"} for path in paths]
    screen = next_visit(screen, {"provider": "demo", "mode": "compose", "tray_compose": tray})
    expect(screen.page.locator("#form-notice")).to_contain_text("6 pictures are no longer on the server.")
    expect(screen.tray("compose")).to_have_count(0)


def test_values_that_are_no_longer_offered_are_set_back_with_a_word(screen: Screen) -> None:
    form = {"provider": "gone", "mode": "sculpt", "aspect_ratio": "7:5", "count": "4", "prompt": "a red fox"}
    screen = next_visit(screen, form)
    notice = screen.page.locator("#form-notice")
    expect(notice).to_have_text("No longer offered, so it was set back: Provider, Shape.")
    expect(screen.prompt).to_have_value("a red fox")
    expect(screen.page.locator("#price-text")).to_contain_text("4 pictures")
    screen.generate(until="done")


def test_what_cannot_be_read_leaves_the_page_as_new(screen: Screen) -> None:
    unreadable: list[tuple[Any, int]] = [
        ({"prompt": "a red fox"}, 2),
        ({"prompt": ["a"], "tray_edit": "x", "count": {}}, 1),
        ([], 1),
    ]
    for form, version in unreadable:
        visited = next_visit(screen, form, version)
        expect(visited.prompt).to_have_value("")
        expect(visited.state("empty")).to_be_visible()
        visited.generate("a blue whale")


def test_a_tile_is_undone_by_its_button_and_by_ctrl_z_until_something_is_typed(screen: Screen) -> None:
    notice = screen.page.locator("#form-notice")
    screen.prompt.fill("my own words")
    has_kept(screen, "my own words")
    screen.page.locator("[data-tile=together]:visible").first.click()
    expect(screen.tray("compose")).to_have_count(2)
    notice.get_by_role("button", name="Undo").click()
    expect(screen.prompt).to_have_value("my own words")
    expect(screen.page.locator("#tabs [role=tab][aria-selected=true]:visible")).to_have_text("Text to image")
    expect(notice.locator("p")).to_have_count(0)

    tile = screen.page.locator("[data-tile=pig]").first
    tile.click()
    expect(notice).to_contain_text("What stood in the form was replaced.")
    screen.prompt.press("Control+z")
    expect(screen.prompt).to_have_value("my own words")
    tile.click()
    expect(notice).to_contain_text("What stood in the form was replaced.")
    screen.prompt.press("End")
    screen.prompt.press_sequentially(" and more")
    screen.prompt.press("Control+z")
    expect(screen.prompt).not_to_have_value("my own words")


def test_a_new_visit_opens_on_an_empty_table_at_the_top(screen: Screen) -> None:
    screen.generate("demo: refuse a red fox", until="refused")
    for width, height in (PHONE, (820, 1180), DESKTOP):
        page = screen.page.context.new_page()
        page.set_viewport_size({"width": width, "height": height})
        other = Screen(page, screen.base_url).open()
        expect(other.state("empty")).to_be_visible()
        page.evaluate("new Promise(drawn => requestAnimationFrame(() => requestAnimationFrame(drawn)))")
        assert page.evaluate("scrollY") == 0

    screen.generate("demo: overloaded", until="refused")  # nobody waits for it
    job = screen.result.locator("[data-do=again]").get_attribute("data-job")
    screen.page.evaluate("job => localStorage.setItem('playground.awaited', job)", job)
    expect(new_tab(screen).state("empty")).to_be_visible()


def test_a_reload_stays_with_what_stood_on_the_table_at_the_top(visit: Visit) -> None:
    screen = visit(size=PHONE)
    screen.generate("a red fox")
    screen.reload()
    expect(screen.result.locator("h2.prompt")).to_have_text("a red fox")
    assert screen.page.evaluate("scrollY") == 0


def test_storage_that_is_off_costs_nothing(visit: Visit) -> None:
    screen = visit()
    screen.page.add_init_script(
        "for (const name of ['localStorage', 'sessionStorage'])"
        " Object.defineProperty(window, name, { get() { throw new DOMException('off', 'SecurityError') } })"
    )
    screen.reload()
    screen.generate("a red fox")


def test_own_prompts_are_remembered_found_starred_and_saved(screen: Screen, tmp_path: Path) -> None:
    """Each prompt that was sent can be had back; a key never gets among them."""
    opener, rows = screen.page.locator("[data-prompts-open]"), screen.page.locator("#prompts li")
    expect(opener).to_be_hidden()
    screen.prompt.press("ArrowUp")  # nothing was sent yet
    screen.generate("a red fox")
    expect(opener).to_be_visible()
    screen.generate("demo: slow 1 a harbour\nat dawn", until="running")
    screen.prompt.fill("")
    screen.prompt.press("ArrowUp")
    expect(rows).to_have_count(2)
    screen.page.keyboard.type("FOX red")
    expect(rows).to_have_count(1)
    rows.hover()
    rows.locator("[data-star-prompt]").click()
    screen.page.locator("#prompts input[type=search]").press("Enter")
    expect(screen.prompt).to_have_value("a red fox")
    expect(screen.page.locator("#prompts .prompts")).to_be_hidden()
    opener.click()
    expect(rows).to_have_count(2)
    with screen.page.expect_download() as saved:
        screen.page.get_by_role("button", name="Save as a file").click()
    saved.value.save_as(tmp_path / "prompts.json")
    rows.filter(has_text="harbour").locator(".take").click()  # over the fox, which an undo brings back
    expect(screen.prompt).to_have_value("demo: slow 1 a harbour\nat dawn")
    screen.page.locator("#form-notice [data-undo]").click()
    expect(screen.prompt).to_have_value("a red fox")
    opener.click()
    for left in (1, 0):
        rows.first.hover()
        rows.first.locator("[data-forget]").click()
        expect(rows).to_have_count(left)
    for file, count in ((Path(__file__), 0), (tmp_path / "prompts.json", 2)):
        screen.page.locator("#prompts input[type=file]").set_input_files(file)
        expect(screen.page.locator("#prompts .told")).to_contain_text(
            "holds no prompts" if not count else "2"
        )
        expect(rows).to_have_count(count)
    expect(rows.filter(has_text="fox").locator("[data-star-prompt]")).to_have_attribute(
        "aria-pressed", "true"
    )
    screen.page.locator("#prompts input[type=search]").press("Escape")
    expect(screen.page.locator("#prompts .prompts")).to_be_hidden()
    expect(screen.prompt).to_be_focused()
    screen.open_connection()
    screen.choose_provider("Gateway")
    screen.page.locator("#base_url input, #base_url textarea").fill("http://127.0.0.1:9")
    screen.page.locator("#key input").fill(KEY)
    screen.page.locator("#closeconn").click()
    screen.prompt.fill(f"a blue whale {KEY}")
    screen.go.click()
    screen.wait_for("refused")
    screen.prompt.fill("a green house")
    screen.go.click()
    screen.page.wait_for_function(
        "(localStorage.getItem('playground.prompts') ?? '').includes('green house')"
    )
    assert KEY not in screen.page.evaluate("JSON.stringify(localStorage)")
