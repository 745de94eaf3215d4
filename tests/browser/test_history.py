"""The history page: found, opened, starred, deleted and brought back, carried away and taken in."""

from __future__ import annotations

import base64
import re
import zipfile
from pathlib import Path, PurePosixPath

import pytest
from playwright.sync_api import Browser, Locator, Request, expect

from playground.server.visitors import Visitors
from playground.settings import Settings
from tests.app_server import run_app
from tests.browser.chromium import Screen, context
from tests.browser.conftest import Visit
from tests.browser.kept import keep
from tests.browser.pictures import picture

FOX, MOUNTAINS, WHALE = "a red fox in the snow", "雾中群山，水墨", "a blue whale"


def open_history(screen: Screen) -> Locator:
    """Opens the history from the strip and waits for its tiles."""
    screen.page.locator("#strip [data-do=album]").click()
    expect(tiles(screen).first).to_be_visible()
    return screen.page.locator("#history")


def tiles(screen: Screen) -> Locator:
    return screen.page.locator("#history .tile")


def captions(screen: Screen) -> Locator:
    return screen.page.locator("#history .tile .said")


def search(screen: Screen, words: str, found: list[str]) -> None:
    screen.page.locator("#history [data-search]").fill(words)
    expect(captions(screen)).to_have_text(found)


def open_entry(screen: Screen, prompt: str) -> Locator:
    """Opens one tile; the detail view."""
    tiles(screen).filter(has_text=prompt).locator("[data-open]").click()
    past = screen.page.locator("#history .past")
    expect(past).to_be_visible()
    return past


def press(past: Locator, button: str) -> None:
    """Presses a button of the detail, in its menu where it stands there."""
    if not past.locator(f"{button}:visible").count():
        past.locator(".actions:visible .menu summary").click()
    past.locator(f"{button}:visible").click()


@pytest.fixture
def three(visit: Visit) -> Screen:
    """Three results, newest last made, and the history open."""
    screen = visit(prompts=(FOX, MOUNTAINS, WHALE))
    open_history(screen)
    return screen


def test_the_newest_comes_first_and_what_is_searched_for_is_found(three: Screen, tmp_path: Path) -> None:
    page = three.page
    expect(captions(three)).to_have_text([WHALE, MOUNTAINS, FOX])
    expect(page.locator("#history h3").first).to_contain_text("Today")
    facts = tiles(three).first.locator("small")
    expect(facts).to_contain_text("Nano Banana")
    expect(facts).to_contain_text(re.compile(r"\d+\.\d s · free"))

    searches = {"fox": FOX, "WHALE": WHALE, "雾": MOUNTAINS, "群山": MOUNTAINS, "水墨": MOUNTAINS}
    for words, found in searches.items():
        search(three, words, [found])
    search(three, "submarine", [])
    expect(page.locator("#history .nothing")).to_contain_text("Nothing found")
    search(three, "", [WHALE, MOUNTAINS, FOX])

    page.locator("[data-filters]").click()
    page.locator("[data-filter=since]").fill("2999-01-01")
    expect(tiles(three)).to_have_count(0)
    page.locator("[data-clear-filters]").click()
    expect(tiles(three)).to_have_count(3)
    page.locator("[data-filter=mode]").select_option("text")
    expect(tiles(three)).to_have_count(3)

    choose(three, "data-clear")  # which asks first
    expect(page.locator("#history [data-keep]")).to_be_focused()
    page.locator("#history [data-keep]").click()
    expect(tiles(three)).to_have_count(3)
    Path(tmp_path, "no.zip").write_bytes(b"no zip at all")
    page.locator("#history [data-import-file]").set_input_files(tmp_path / "no.zip")
    expect(page.locator(".toast")).to_contain_text("or no ZIP at all")
    expect(tiles(three)).to_have_count(3)


def test_a_star_stays_and_is_found(three: Screen) -> None:
    tile = tiles(three).filter(has_text="fox")
    tile.hover()
    tile.locator("[data-star]").click()
    expect(three.page.locator(".toast")).to_contain_text("Starred")
    three.reload()
    open_history(three)
    three.page.locator("[data-which=starred]").click()
    expect(captions(three)).to_have_text([FOX])


def test_a_star_of_a_picture_is_the_same_wherever_it_stands(screen: Screen) -> None:
    screen.open_settings()
    screen.choose("count", "2")
    screen.generate("two lighthouses")
    star = screen.result.locator("figure").nth(1).locator("[data-star]")
    star.click()
    expect(star).to_have_attribute("aria-pressed", "true")
    screen.result.locator("figure").nth(1).locator("[data-view]").click()
    dialog = screen.page.locator("dialog[open]")
    expect(dialog.locator("[data-star]")).to_have_attribute("aria-pressed", "true")
    screen.page.keyboard.press("ArrowLeft")
    expect(dialog.locator("[data-star]")).to_have_attribute("aria-pressed", "false")
    screen.page.keyboard.press("Escape")
    screen.page.locator("#lang").click()  # the table is drawn anew
    expect(star).to_have_attribute("aria-pressed", "true")
    open_history(screen)
    for place in ("h2", "h3"):  # pictures are counted, on the page and on a day, and not calls
        expect(screen.page.locator(f"#history {place} small").first).to_contain_text("2 张")
    screen.page.locator("[data-which=starred]").click()
    expect(tiles(screen).locator("[data-star]")).to_have_attribute("aria-pressed", "true")
    tiles(screen).locator("[data-star]").click()
    expect(star).to_have_attribute("aria-pressed", "false")


def test_order_size_and_a_range(three: Screen) -> None:
    page = three.page
    page.locator("[data-filter=sort]").select_option("oldest")
    expect(captions(three)).to_have_text([FOX, MOUNTAINS, WHALE])
    expect(page.locator("#history h2 small")).to_have_text("3 pictures")
    before = tiles(three).first.locator("img").bounding_box()
    page.locator("[data-resize='1']").click()
    after = tiles(three).first.locator("img").bounding_box()
    assert before is not None
    assert after is not None
    assert after["height"] > before["height"] * 1.3
    page.locator("#history [data-filters]").click()
    page.locator("#history [data-last-days]").click()
    six_days_ago = "new Date(Date.now() - 6 * 864e5).toLocaleDateString('sv')"
    expect(page.locator("[data-filter=since]")).to_have_value(page.evaluate(six_days_ago))
    expect(captions(three)).to_have_text([FOX, MOUNTAINS, WHALE])
    page.locator("#history [data-clear-filters]").click()
    expect(page.locator("#history h2 small")).to_have_text("3 pictures")
    tiles(three).nth(1).locator(".shot").click(modifiers=["ControlOrMeta"])
    tiles(three).nth(2).locator(".shot").click(modifiers=["Shift"])
    expect(page.locator("#history .selection")).to_contain_text("2 chosen")
    page.locator("[data-delete-picked]").click()
    expect(captions(three)).to_have_text([FOX])
    expect(page.locator("#history h2 small")).to_have_text("1 picture")
    three.reload()
    open_history(three)
    expect(page.locator("#history [data-size=large] .tile")).to_have_count(1)


def test_deleted_and_brought_back_and_deleted_for_good(three: Screen) -> None:
    expect(three.page.locator("#strip [data-do=open]")).to_have_count(3)
    press(open_entry(three, "whale"), "[data-delete]")
    expect(captions(three)).to_have_text([MOUNTAINS, FOX])
    count = three.page.locator("#history :is(h2, h3) small")
    expect(count).to_have_text(["2 pictures"] * 2)
    undo = three.page.locator(".toast button")
    expect(undo).to_be_focused()
    undo.click()
    expect(captions(three)).to_have_text([WHALE, MOUNTAINS, FOX])
    expect(count).to_have_text(["3 pictures"] * 2)
    # The line with Undo goes after seconds; the menu has a way back for ten minutes, reloads or not.
    tiles(three).first.locator(".shot").click(modifiers=["ControlOrMeta"])
    three.page.locator("[data-delete-picked]").click()
    expect(tiles(three)).to_have_count(2)
    three.reload()
    open_history(three)
    for said in ("Back again.", "Nothing was deleted"):
        three.page.locator("#history .menu summary").first.click()
        three.page.locator("#history [data-restore]").click()
        expect(three.page.locator(".toast")).to_contain_text(said)
        expect(tiles(three)).to_have_count(3)
    press(open_entry(three, "whale"), "[data-delete]")
    with three.answered():
        three.page.locator("#history .albumbar [data-back]").click()
    expect(three.page.locator("#strip [data-do=open]")).to_have_count(2)
    expect(three.state("empty")).to_be_visible()


def test_back_leads_to_the_result_by_button_and_by_browser(screen: Screen) -> None:
    screen.generate("a red fox in the snow")
    open_history(screen)
    expect(screen.state("done")).to_be_hidden()
    open_entry(screen, "fox")
    screen.page.go_back()
    expect(tiles(screen).filter(has_text="fox").locator("[data-open]")).to_be_focused()
    screen.page.locator("#history .albumbar [data-back]").click()
    expect(screen.state("done")).to_be_visible()
    expect(screen.page.locator("#strip [data-do=album]")).to_be_focused()


def test_everything_goes_back_into_the_form_and_nothing_is_sent(screen: Screen) -> None:
    screen.open_settings()
    screen.choose("count", "2")
    screen.generate("a red fox in the snow")
    with screen.answered():
        screen.result.locator("[data-do=edit]:visible").first.click()
    screen.choose("count", "3")
    screen.generate("make it night")
    screen.tab("text")
    screen.choose("count", "1")
    screen.prompt.fill("something else")
    open_history(screen)
    past = open_entry(screen, "make it night")
    expect(past.locator(".given img")).to_have_count(1)
    with screen.answered():
        press(past, "[data-do=reuse]")
    expect(screen.prompt).to_have_value("make it night")
    expect(screen.page.locator("#tabs [aria-selected=true]:visible")).to_have_text("Edit")
    expect(screen.tray("edit")).to_have_count(1)
    expect(screen.page.locator("#count input:checked")).to_have_value("3")
    expect(screen.page.locator(".toast")).to_contain_text("Nothing was sent")
    expect(screen.state("running")).to_have_count(0)


def test_a_recipe_and_a_conversation_are_used_after_a_restart(tmp_path: Path, visit: Visit) -> None:
    settings = Settings(data_dir=tmp_path, use_proxy=False)
    with run_app(settings, {}) as base_url:
        before = visit(base_url=base_url)
        before.generate(FOX)
        with before.answered():
            before.result.locator("[data-do=continue]:visible").click()
        before.generate("add snow")
        said = before.request()
        with before.answered():
            before.result.locator("[data-do=edit]:visible").click()
        before.generate("make it night")
        before.page.goto("about:blank")
    assert len(said["contents"]) == 3
    with run_app(settings, {}) as base_url:
        after = visit(base_url=base_url)
        after.page.get_by_role("button", name="Show: make it night").click()
        expect(after.result.locator("#stage h2.prompt")).to_have_text("make it night")
        expect(after.result.locator("#stage .received .foot")).to_contain_text("free in the demo")
        open_history(after)
        past = open_entry(after, "make it night")
        expect(past.locator(".photo img")).to_have_js_property("complete", True)
        with after.answered():
            past.locator("[data-do=reuse]").click()
        expect(after.prompt).to_have_value("make it night")
        expect(after.tray("edit")).to_have_count(1)
        after.generate()
        assert len(after.request()["contents"][0]["parts"]) == 2

        open_history(after)
        past = open_entry(after, "add snow")
        with after.answered():
            past.locator("[data-do=reuse]").click()
        expect(after.page.locator("#continuing-notice .continuing")).to_be_visible()
        press(past, "[data-do=again]")
        expect(after.page.locator("#history")).to_be_hidden()
        expect(after.page.locator("#strip [data-do=open]")).to_have_count(5, timeout=60_000)
        assert after.request() == said
        after.page.goto("about:blank")


def test_the_prompt_is_copied_whole_from_a_generation(screen: Screen) -> None:
    screen.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    prompt = f'a red "fox",\n{"very " * 80}red'
    screen.generate(prompt)
    open_history(screen)
    press(open_entry(screen, "a red"), "[data-copy-text]:has-text('prompt')")
    expect(screen.page.get_by_role("button", name="Copied")).to_be_visible()
    assert screen.page.evaluate("navigator.clipboard.readText()") == prompt


def test_same_again_shows_the_run_and_a_new_one_takes_the_table_back(three: Screen) -> None:
    prompt = three.result.locator("#stage h2.prompt")
    press(open_entry(three, "fox"), "[data-do=again]")
    three.wait_for("done")
    expect(prompt).to_have_text(FOX)
    open_history(three)
    expect(tiles(three)).to_have_count(4)
    three.prompt.fill("a green frog")
    three.go.click()
    expect(three.page.locator("#history")).to_be_hidden()
    expect(prompt).to_have_text("a green frog", timeout=20_000)


def test_a_picture_goes_to_another_tab_and_the_language_is_switched_in_place(three: Screen) -> None:
    for mode in ("edit", "compose"):
        with three.answered():
            press(open_entry(three, "whale"), f"[data-do={mode}]")
        expect(three.tray(mode)).to_have_count(1)
        three.page.locator("#history [data-back]:visible").first.click()
    search(three, "fox", [FOX])
    three.page.locator("#lang").click()
    expect(three.page.locator("#history h2")).to_contain_text("历史")
    expect(three.page.locator("#history h3").first).to_contain_text("今天")
    expect(captions(three)).to_have_text([FOX])


def test_what_came_from_what(screen: Screen) -> None:
    screen.generate("a red fox in the snow")
    for step in ("make it night", "add a moon"):
        with screen.answered():
            screen.result.locator("[data-do=edit]:visible").click()
        expect(screen.tray("edit")).to_have_count(1)
        screen.generate(step)
    open_history(screen)
    past = open_entry(screen, "make it night")
    kin = past.locator(".lineage button")
    expect(kin).to_have_text(["a red fox in the snow", "make it night", "add a moon"])
    expect(past.locator(".lineage [aria-current]")).to_have_text("make it night")
    kin.first.click()
    expect(past.locator("h2.prompt")).to_have_text("a red fox in the snow")


def test_a_refusal_is_kept_with_its_reason(screen: Screen) -> None:
    screen.generate("a fox")
    screen.generate("demo: text only", until="refused")
    screen.generate("demo: no picture", until="refused")
    open_history(screen)
    fold = screen.page.locator("#history .failures")
    expect(fold.locator(".missed").first).to_be_hidden()
    expect(screen.page.locator("#history h2 small")).to_have_text("1 picture")
    fold.get_by_text("2 without a picture").click()
    expect(fold.locator(".missed").last).to_contain_text("answered in words")
    fold.locator("small").first.evaluate("line => line.append(' and much more')")
    lefts = fold.locator(".missed").evaluate_all("all => all.map((one) => one.getBoundingClientRect().left)")
    assert lefts[0] == lefts[1], "reasons stand in one column"
    screen.page.locator("[data-which=none]").click()
    expect(captions(screen)).to_have_text(["demo: no picture", "demo: text only"])
    past = open_entry(screen, "demo: text only")
    expect(past.locator(".refusal")).to_contain_text("answered in words")


def test_by_keyboard_alone(three: Screen) -> None:
    page = three.page
    tiles(three).first.locator("[data-open]").focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    past = page.locator("#history .past")
    expect(past.locator("h2.prompt")).to_have_text("雾中群山，水墨")
    page.keyboard.press("ArrowRight")
    expect(past.locator("h2.prompt")).to_have_text("a red fox in the snow")
    page.keyboard.press("Escape")
    expect(tiles(three).nth(2).locator("[data-open]")).to_be_focused()


# ── files out and in ────────────────────────────────────────────────────────────────────────────────────────


def choose(screen: Screen, action: str) -> None:
    """Presses something in the history's menu."""
    screen.page.locator("#history .menu summary").click()
    screen.page.locator(f"#history .menu [{action}]").click()


def test_a_zip_goes_out_and_comes_in(three: Screen, tmp_path: Path) -> None:
    choose(three, "data-select")
    for prompt in ("fox", "水墨"):
        tiles(three).filter(has_text=prompt).locator("[data-open]").click()
    expect(three.page.locator("#history .selection")).to_contain_text("2 chosen")
    with three.page.expect_download() as had:
        three.page.locator("#history [data-zip]").click()
    had.value.save_as(tmp_path / "history.zip")
    choose(three, "data-clear")
    three.page.locator("#history [data-delete-all]").click()
    expect(three.page.locator("#history .nothing")).to_be_visible()
    three.page.locator("#history [data-import-file]").set_input_files(tmp_path / "history.zip")
    expect(captions(three)).to_have_text(["雾中群山，水墨", "a red fox in the snow"])
    expect(three.page.locator(".toast")).to_contain_text("2 imported")
    expect(open_entry(three, "fox").locator("h2.prompt")).to_have_text("a red fox in the snow")


def test_a_zip_that_was_packed_again_says_what_it_lacks_and_what_is_not_ours(
    three: Screen, tmp_path: Path
) -> None:
    with three.page.expect_download() as had:
        choose(three, "data-zip-all")
    repacked = tmp_path / "again.zip"
    with zipfile.ZipFile(had.value.path()) as out, zipfile.ZipFile(repacked, "w") as again:
        records = {name: out.read(name) for name in out.namelist() if name.endswith("record.json")}
        fox = next(PurePosixPath(name).parent for name in records if b"red fox" in records[name])
        for name in out.namelist():
            if PurePosixPath(name).parent != fox or name.endswith("record.json"):
                again.writestr(f"my pictures/{name}", out.read(name))
        again.writestr("my pictures/notes.txt", "")
    choose(three, "data-clear")
    three.page.locator("#history [data-delete-all]").click()
    expect(three.page.locator("#history .nothing")).to_be_visible()
    three.page.locator("#history [data-import-file]").set_input_files(repacked)
    toast = three.page.locator(".toast")
    expect(toast).to_contain_text("3 imported.")
    expect(toast).to_contain_text("In 1 of them a picture is missing")
    expect(toast).to_contain_text("Not from this app and left out: notes.txt.")
    three.page.locator("#history .failures summary").click()
    expect(open_entry(three, "fox")).to_contain_text("was not in the ZIP")


# ── recognised ──────────────────────────────────────────────────────────────────────────────────────────────


def recipe(screen: Screen) -> Locator:
    return screen.page.locator("#recipe .recipe")


def test_a_picture_made_here_offers_its_recipe(three: Screen, tmp_path: Path) -> None:
    with three.page.expect_download() as had:
        open_entry(three, "fox").locator("a[download]:visible").click()
    had.value.save_as(tmp_path / "fox.jpg")
    three.tab("compose")
    with three.page.expect_file_chooser() as chooser:
        three.page.locator("#tray-compose [data-add]").click()
    chooser.value.set_files(tmp_path / "fox.jpg")
    expect(recipe(three)).to_contain_text("made here")
    with three.answered():
        recipe(three).locator("button").click()
    expect(three.prompt).to_have_value("a red fox in the snow")
    expect(three.page.locator("#tabs [aria-selected=true]:visible")).to_have_text("Text to image")


def drop(screen: Screen, name: str, data: bytes) -> None:
    """Lets go of a file over the form, beside any tray."""
    screen.page.evaluate(
        "([name, text]) => { const data = new DataTransfer();"
        " const bytes = Uint8Array.from(atob(text), (one) => one.charCodeAt(0));"
        " data.items.add(new File([bytes], name, { type: 'image/png' }));"
        " document.querySelector('#composer').dispatchEvent("
        "new DragEvent('drop', { dataTransfer: data, bubbles: true, cancelable: true })); }",
        [name, base64.b64encode(data).decode()],
    )


def test_dropped_where_there_is_no_tray(screen: Screen) -> None:
    screen.generate("a blue whale")
    address = screen.result.locator("#stage a[download]").first.get_attribute("href")
    made = screen.page.request.get(f"{screen.base_url}/{address}").body()
    drop(screen, "whale.png", made)
    expect(recipe(screen)).to_contain_text("made here")
    drop(screen, "unknown.png", picture("unknown.png")["buffer"])
    expect(recipe(screen)).to_be_hidden()
    screen.page.locator("#offer [data-use=edit]").click()
    expect(screen.tray("edit")).to_have_count(1)
    assert screen.names("edit") == ["unknown.png"]


def test_a_copy_carries_its_recipe_to_another_visitor(three: Screen, visit: Visit, tmp_path: Path) -> None:
    with three.page.expect_download() as had:
        press(open_entry(three, "fox"), "[data-with-recipe]")
    had.value.save_as(tmp_path / "copy.jpg")
    other = visit()
    other.tab("edit")
    with other.page.expect_file_chooser() as chooser:
        other.page.locator("#tray-edit [data-add]").click()
    chooser.value.set_files(tmp_path / "copy.jpg")
    expect(recipe(other)).to_contain_text("holds its prompt and settings")
    with other.answered():
        recipe(other).locator("button").click()
    expect(other.prompt).to_have_value("a red fox in the snow")


# ── whose it is, and for how long ───────────────────────────────────────────────────────────────────────────


def test_two_visitors_cannot_see_each_other(visit: Visit) -> None:
    mine = visit()
    mine.generate(FOX)
    address = mine.result.locator(".photo:visible img").get_attribute("src")
    other = visit()
    expect(other.state("empty")).to_be_visible()
    expect(other.page.locator("#strip [data-do=open]")).to_have_count(0)
    other.generate(WHALE)
    open_history(other)
    expect(captions(other)).to_have_text([WHALE])
    open_history(mine)
    expect(captions(mine)).to_have_text([FOX])
    assert other.page.request.get(f"{other.base_url}/{address}").status == 404
    assert mine.page.request.get(f"{mine.base_url}/{address}").status == 200


def test_a_browser_without_cookies_is_told(visit: Visit, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Visitors, "_new_cookie", lambda *_: "other=1")
    screen = visit()
    screen.generate("a red fox")
    screen.page.locator("#strip [data-do=album]").click()
    expect(screen.page.get_by_text("This browser sends no cookie")).to_be_visible()


# ── light on the line ───────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_a_hundred_pictures_of_4k_load_at_most_three_megabytes(tmp_path: Path, browser: Browser) -> None:
    assert keep(tmp_path, count=100, size=(4096, 4096)) > 100_000_000
    loaded: dict[str, int] = {}

    def count(request: Request) -> None:
        if request.url.endswith(".thumb.webp") or "/component_server" in request.url:
            place = f"{request.url} {len(loaded) if request.method == 'POST' else ''}"
            loaded[place] = max(loaded.get(place, 0), request.sizes()["responseBodySize"])

    with run_app(Settings(data_dir=tmp_path, use_proxy=False), {}) as base_url:
        visitor = context(browser)
        page = visitor.new_page()
        page.on("requestfinished", count)
        screen = Screen(page, base_url).open()
        open_history(screen)
        while tiles(screen).count() < 100:
            tiles(screen).last.scroll_into_view_if_needed()
        for number in range(0, 100, 5):
            tiles(screen).nth(number).scroll_into_view_if_needed()
        page.wait_for_function(
            "() => [...document.querySelectorAll('#history .tile img')].every((one) => one.naturalWidth > 0)",
            timeout=60_000,
        )
        visitor.close()
    assert sum(place.endswith(".thumb.webp ") for place in loaded) == 100
    assert 100_000 < sum(loaded.values()) <= 3_000_000
