"""Makes pictures of the app on the demo, which a person then looks at.

`python -m tests.tour` makes the README's: it starts the app on an empty data folder, does what a visitor
would do, and writes `assets/tour/<stop>-<scheme>.webp`. `python -m tests.tour FOLDER` goes through every
state of the page, in both languages and schemes and at every size of `SIZES`, and writes
`FOLDER/<language>-<scheme>-<size>-<state>.png`. With `--axe` it tells what breaks axe's serious and critical
rules in each of them, with or without a folder, and ends with 1 where something does.
"""

from __future__ import annotations

import argparse
import io
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from PIL import Image
from playwright.sync_api import Browser, FilePayload, Page, expect

from playground.demo.rendering import Renderer
from playground.settings import Settings
from playground.ui.words import words_for
from tests.app_server import run_app
from tests.browser.chromium import DESKTOP, Screen, chromium, context
from tests.first_minute import broken_rules

FOLDER: Final = Path(__file__).parent.parent / "assets" / "tour"
SCHEMES: Final = ("light", "dark")
_SAMPLES: Final = Path(__file__).parent.parent / "playground" / "ui" / "static" / "samples"
_QUALITY = 82
_ALL_PICTURES_SHOWN = "[...document.images].every((one) => one.complete || !one.offsetParent)"


def first_picture(screen: Screen) -> None:
    """A prompt, and the picture that it brought."""
    screen.generate("a red fox in the snow at dusk, a lighthouse behind it")


def edit(screen: Screen) -> None:
    """One picture of one's own, changed by words."""
    screen.tab("edit")
    screen.add("edit", [_sample("house")])
    screen.generate("make it night, with fireworks in the sky")


def compose(screen: Screen) -> None:
    """Many pictures put together, named by their numbers."""
    screen.tab("compose")
    screen.add("compose", [_sample("room"), _sample("cat"), _sample("house")])
    expect(screen.tray("compose")).to_have_count(3)
    screen.generate("put the cat from image 2 and the house from image 3 onto image 1")


def refusal(screen: Screen) -> None:
    """What a person reads when no picture comes."""
    screen.tab("text")
    screen.generate("demo: blocked", until="refused")


def history(screen: Screen) -> None:
    """Everything that was made."""
    for prompt in ("a teapot on a plinth", "a poster that says JAZZ NIGHT", "an ink painting of mountains"):
        screen.generate(prompt)
    screen.page.locator("#strip [data-do=album]").click()
    screen.wait_for("history")
    expect(screen.page.locator("#history .tile").first).to_be_visible()


STOPS: Final[tuple[Callable[[Screen], None], ...]] = (first_picture, edit, compose, refusal, history)
"""In the order in which they are visited: each begins where the one before it ended."""


PATIENCE: Final = 300
"""Seconds that several pictures may take: two looks are gone through beside each other."""
SIZES: Final = ((390, 844), (844, 390), (820, 1180), (1024, 768), (1400, 950))
"""Width and height of a phone, the same on its side, a tablet, an old projector, a desktop."""

PASTE: Final = """text => {
  const data = new DataTransfer();
  data.setData("text/plain", text);
  const event = new ClipboardEvent("paste", { clipboardData: data, bubbles: true, cancelable: true });
  document.querySelector("#prompt textarea").dispatchEvent(event);
}"""
PASTED: Final = """curl "https://g.example.org/v1beta/models/gemini-3-pro-image-preview:generateContent" \\
  -H "Authorization: Bearer $KEY" -d '{"contents": [{"parts": [{"text": "a red fox"}]}]}'"""
"""What a person may paste into the prompt, and how."""

PROMPTS: Final = {
    "en-US": ("a red fox in the snow at dusk", "make it night", "make it friendlier", "demo: blocked"),
    "zh-CN": ("黄昏雪地里的一只红狐狸", "变成夜晚", "更友好一点", "演示：拦截"),
}


def _settings(screen: Screen) -> None:
    screen.page.locator("#settings").click()
    expect(screen.page.locator("#count")).to_be_visible()


def _close_settings(screen: Screen) -> None:
    screen.page.locator("#settings").click()


def _paste(screen: Screen) -> None:
    screen.page.keyboard.press("Escape")
    screen.page.evaluate(PASTE, PASTED)
    expect(screen.page.locator("#form-notice [data-offered]")).to_be_visible()


def _follow_link(screen: Screen) -> None:
    screen.page.locator("#form-notice [data-undo]").click()
    screen.page.evaluate("link => { location.hash = link }", "1=Q2ImKhSlpiik5VcQYyI2l9UCAA")
    expect(screen.prompt).to_have_value("a red fox")


def _connection(screen: Screen) -> None:
    screen.page.locator("#form-notice [data-undo]").click()
    screen.page.locator("#pill").click()
    expect(screen.page.locator(".rehearsals")).to_be_visible()


def _code(screen: Screen) -> None:
    screen.page.locator("#prompttools [data-share]").click()
    expect(screen.page.locator("dialog.code [data-language] pre:visible")).to_be_visible()


def _prompts(screen: Screen) -> None:
    screen.page.keyboard.press("Escape")
    screen.page.locator("[data-prompts-open]").click()
    expect(screen.page.locator("#prompts li").first).to_be_visible()


def _spending(screen: Screen) -> None:
    screen.page.locator("#spending-open").click()
    expect(screen.page.locator("#spending .meter")).to_be_visible()
    screen.page.locator("#savelimits").scroll_into_view_if_needed()


def _several(screen: Screen) -> None:
    screen.page.keyboard.press("Escape")
    _settings(screen)
    screen.page.locator("#count label").nth(3).click()
    _close_settings(screen)
    screen.generate()


def _compared(screen: Screen) -> None:
    _settings(screen)
    for tick in ("demo/gemini-3-pro-image", "demo/gemini-3.1-flash-lite-image", "21:9"):
        with screen.answered():
            screen.page.locator(f'#versus input[name="{tick}"]').check()
    screen.page.locator("#versus-calls li").last.scroll_into_view_if_needed()


def _compare_models(screen: Screen) -> None:
    _close_settings(screen)
    screen.generate()


def _back_to_one(screen: Screen) -> None:
    _close_settings(screen)  # the same press unfolds them
    for box in screen.page.locator("#versus input:checked").all()[::-1]:
        with screen.answered():
            box.uncheck()
    _close_settings(screen)


def _view(screen: Screen) -> None:
    screen.result.locator(".photo.chosen [data-view]").click()
    expect(screen.page.locator("dialog.viewer:not(.brush)[open] .mine[data-loaded=original]")).to_be_visible()


def _compare(screen: Screen) -> None:
    screen.page.keyboard.press("c")


def _present(screen: Screen) -> None:
    screen.page.keyboard.press("c")
    screen.page.keyboard.press("p")


def _stroke(screen: Screen, *points: tuple[float, float]) -> None:
    """One stroke on the open board, by shares of the picture's sides."""
    box = screen.page.locator("dialog.brush canvas.drawn").bounding_box()
    assert box
    at = [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in points]
    screen.page.mouse.move(*at[0])
    screen.page.mouse.down()
    for one in at[1:]:
        screen.page.mouse.move(*one, steps=8)
    screen.page.mouse.up()


def _brush(screen: Screen) -> None:
    screen.page.locator("#tray-edit [data-mark]").click()
    expect(screen.page.locator("dialog.brush [data-loaded=original]")).to_be_visible()
    for row in (0.2, 0.26, 0.32):
        _stroke(screen, (0.55, row), (0.7, row + 0.03), (0.85, row))


def _locked(screen: Screen) -> None:
    screen.page.keyboard.press("Escape")
    expect(screen.page.locator(".pic[data-masked]")).to_be_visible()
    screen.generate("make it night")
    expect(screen.page.locator("#stage .wall img").nth(1)).to_be_visible()


def _extend(screen: Screen) -> None:
    screen.open_settings()
    screen.page.locator("#ratio label", has_text="16:9").first.click()
    screen.page.locator("[data-extend]").check()
    expect(screen.page.locator(".pic[data-extended]")).to_be_visible()


def _doodle(screen: Screen) -> None:
    screen.page.keyboard.press("Escape")
    expect(screen.page.locator(".pic[data-masked]")).to_be_visible()
    screen.tab("compose")
    screen.page.locator("#tray-compose .drop + [data-draw]").click()
    house = [(0.3, 0.8), (0.3, 0.5), (0.5, 0.25), (0.7, 0.5), (0.7, 0.8), (0.3, 0.8)]
    _stroke(screen, *house)
    screen.page.locator("dialog.brush [data-ink]").nth(3).click()
    _stroke(screen, (0.8, 0.2), (0.85, 0.2), (0.85, 0.25), (0.8, 0.25), (0.8, 0.2))


def _templates(screen: Screen) -> None:
    screen.tab("text")
    screen.prompt.focus()
    screen.page.locator("[data-do=templates]").click()
    expect(screen.page.locator("dialog.templates")).to_be_visible()


def _report(screen: Screen) -> Page:
    """What is passed on of a history, on a page of its own."""
    screen.page.locator("#history .menu summary").first.click()
    with screen.page.expect_download() as report:
        screen.page.locator("#history [data-report-all]").click()
    page = screen.page.context.new_page()
    page.set_content(report.value.path().read_text("utf-8"))
    return page


def _detail(screen: Screen) -> None:
    screen.page.locator("#history button[data-open]").first.click()
    expect(screen.page.locator("#history .statusline")).to_be_visible()


def _checkup(screen: Screen) -> None:
    """The demo, pasted as somebody's gateway."""
    screen.open()
    screen.open_connection()
    language = screen.page.locator("html").get_attribute("lang") or "en"
    screen.choose_provider(words_for(language[:2])("providers.Gateway"))
    screen.page.locator("#base_url textarea").fill("http://demo.invalid/v1beta/models")
    screen.page.locator("#key input").fill("made-up")
    screen.page.locator("#testconn").click()
    screen.page.locator("[data-do=probe]").click()
    expect(screen.page.locator(".checkup")).to_be_visible()
    expect(screen.page.locator("[data-do=probe]")).to_have_count(0)


def _batch(screen: Screen) -> None:
    """A table of which one row is wrong."""
    screen.open()
    screen.tab("batch")
    places = ("kitchen table", "desk", "beach", "garden wall", "snowy field")
    rows = [f"{what},{where},1:1" for what in ("red mug", "blue teapot") for where in places]
    screen.page.locator("#batch-table").fill(
        "\n".join(["product,place,aspect_ratio", *rows, "lamp,desk,7:77"])
    )
    screen.prompt.fill("A {product} on a {place}")
    screen.page.locator("[data-look]").click()
    expect(screen.page.locator("[data-batch-state=preview]")).to_be_visible()


def _batched(screen: Screen) -> None:
    screen.page.locator("[data-via=calls]").click()
    expect(screen.page.locator("[data-batch-state=ended]")).to_be_visible(timeout=60_000)


def _at_provider(screen: Screen) -> None:
    """Sent as at Google at half the price: one of three is made there, each of a picture of its own."""
    page = screen.page
    page.locator("[data-act=new]").click()
    page.locator("[data-pictures-file]").set_input_files([_sample("house")])
    expect(page.locator("[data-beside] li")).to_have_count(1)
    slow = [f"house.jpg,demo: slow 120 {change}" for change in ("in the snow", "as a watercolour")]
    page.locator("#batch-table").fill("\n".join(["picture,change", "house.jpg,at night", *slow]))
    screen.prompt.fill("{change}")
    page.locator("[data-look]").click()
    page.locator("[data-via=provider]").click()
    words = words_for((page.locator("html").get_attribute("lang") or "en")[:2])
    told = words("batch.there_running", over=1, count=3)
    expect(page.locator("#batch")).to_contain_text(told, timeout=60_000)


def _states(prompts: tuple[str, ...]) -> Iterator[tuple[str, Callable[[Screen], object]]]:
    """Every state by name, and what brings it about from the one before."""
    words, change, beyond, blocked = prompts
    yield "empty", lambda screen: None
    yield "settings", _settings
    yield (
        "running",
        lambda screen: (
            _close_settings(screen),
            screen.prompt.fill(f"demo: slow 120 {words}"),
            screen.go.click(),
            screen.wait_for("running"),
        ),
    )
    yield "stopped", lambda screen: (screen.stop.click(), screen.wait_for("refused"))
    yield "done", lambda screen: screen.generate(words)
    yield "code", _code
    yield "prompts", _prompts
    yield "pasted", _paste
    yield "linked", _follow_link
    yield "connection", _connection
    yield "spending", _spending
    yield "four", _several
    yield "versus", _compared
    yield "compared", _compare_models
    yield "viewer", lambda screen: (_back_to_one(screen), _view(screen))
    yield "comparison", _compare
    yield "presenter", _present
    yield (
        "edit-empty",
        lambda screen: (
            screen.page.keyboard.press("Escape"),
            screen.page.keyboard.press("Escape"),
            screen.tab("edit"),
        ),
    )
    yield "edit", lambda screen: (screen.add("edit", [_sample("house")]), screen.generate(change))
    yield "words-only", lambda screen: screen.generate(beyond, until="refused")
    yield "brush", _brush
    yield "locked", _locked
    yield "extend", _extend
    yield "doodle", _doodle
    yield (
        "compose",
        lambda screen: (
            screen.page.locator("dialog.brush [data-brush=cancel]").click(),
            screen.add("compose", [_sample("room"), _sample("cat")] * 7),
        ),
    )
    yield "roles", lambda screen: screen.page.locator("#tray-compose select").first.select_option("style")
    yield (
        "writing",
        lambda screen: (
            screen.page.locator("#writer .improve").click(),
            expect(screen.page.locator("#writing .choose")).to_be_visible(),
        ),
    )
    yield "templates", _templates
    yield "fields", lambda screen: screen.page.locator("[data-template=poster_event]").click()
    yield "blocked", lambda screen: screen.generate(blocked, until="refused")
    yield (
        "history",
        lambda screen: (screen.page.locator("#strip [data-do=album]").click(), screen.wait_for("history")),
    )
    yield "report", _report
    yield "history-detail", _detail
    yield "batch-preview", _batch
    yield "batch", _batched
    yield "batch-provider", _at_provider
    yield "checkup", _checkup


Look = Callable[[Page, str], None]
"""What is done with a page in a state and at a size, by name."""


def every_state(look: Look, only: str) -> None:
    """Looks at every state at every size, for each language and scheme whose name begins with ``only``."""
    with chromium() as browser:
        for locale in PROMPTS:
            for scheme in SCHEMES:
                if f"{locale[:2]}-{scheme}".startswith(only):
                    _go_through(browser, look, locale, scheme)


def _go_through(browser: Browser, look: Look, locale: str, scheme: str) -> None:
    with _app() as url:
        visitor = context(browser, DESKTOP, locale=locale, scheme=scheme)
        # A window that fills the whole screen cannot be given another size.
        visitor.add_init_script("Element.prototype.requestFullscreen = async () => { throw new Error() }")
        screen = Screen(visitor.new_page(), url).open()
        screen.patience = PATIENCE
        for state, bring_about in _states(PROMPTS[locale]):
            other = bring_about(screen)
            page = other if isinstance(other, Page) else screen.page
            for width, height in SIZES:
                page.set_viewport_size({"width": width, "height": height})
                page.wait_for_function(_ALL_PICTURES_SHOWN)
                look(page, f"{locale[:2]}-{scheme}-{width}x{height}-{state}")
        visitor.close()


def _looked_at(folder: Path | None, only: str, *, with_axe: bool) -> list[str]:
    """Takes pictures of every state where there is a folder for them; returns what axe finds, if asked."""
    found: list[str] = []

    def look(page: Page, name: str) -> None:
        if folder:
            page.screenshot(animations="disabled", path=folder / f"{name}.png")
        broken = broken_rules(page) if with_axe else []
        found.extend(broken)
        for rule in broken:
            print(f"{name}: {rule}", flush=True)

    if folder:
        folder.mkdir(parents=True, exist_ok=True)
    every_state(look, only)
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, nargs="?", help="for pictures of every state")
    parser.add_argument("--only", default="", help="en, zh, en-dark, ...")
    parser.add_argument("--axe", action="store_true", help="tell what breaks axe's rules")
    asked = parser.parse_args()
    if asked.folder or asked.axe:
        broken = _looked_at(asked.folder, asked.only, with_axe=asked.axe)
        if asked.axe:
            print(f"axe, serious and critical: {len(broken)}")
        sys.exit(1 if broken else 0)
    FOLDER.mkdir(parents=True, exist_ok=True)
    with chromium() as browser:
        for scheme in SCHEMES:
            _visit(browser, scheme)


@contextmanager
def _app() -> Iterator[str]:
    with (
        tempfile.TemporaryDirectory() as data,
        run_app(Settings(data_dir=Path(data), use_proxy=False), {}, renderer=Renderer) as url,
    ):
        yield url


def _visit(browser: Browser, scheme: str) -> None:
    with _app() as url:
        visitor = context(browser, DESKTOP, scheme=scheme, device_scale_factor=1.5)
        screen = Screen(visitor.new_page(), url).open()
        for stop in STOPS:
            stop(screen)
            screen.page.wait_for_function(_ALL_PICTURES_SHOWN)
            _save(
                screen.page.screenshot(animations="disabled"),
                FOLDER / f"{stop.__name__.replace('_', '-')}-{scheme}.webp",
            )
        visitor.close()


def _sample(name: str) -> FilePayload:
    return {
        "name": f"{name}.jpg",
        "mimeType": "image/jpeg",
        "buffer": (_SAMPLES / f"{name}.jpg").read_bytes(),
    }


def _save(screenshot: bytes, file: Path) -> None:
    with Image.open(io.BytesIO(screenshot)) as image:
        image.convert("RGB").save(file, "WEBP", quality=_QUALITY, method=6)


if __name__ == "__main__":
    main()
