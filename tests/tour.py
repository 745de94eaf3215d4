"""Makes the README's tour: five pictures of the app on the demo, each in the light and in the dark scheme.

`python -m tests.tour` starts the app on an empty data folder, does what a visitor would do, and writes
`assets/tour/<stop>-<scheme>.webp`.
"""

from __future__ import annotations

import io
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Final

from PIL import Image
from playwright.sync_api import Browser, FilePayload, expect

from playground.settings import Settings
from tests.app_server import run_app
from tests.browser.chromium import DESKTOP, Screen, chromium, context

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


STOPS: Final[tuple[Callable[[Screen], None], ...]] = (first_picture, edit, compose, refusal, history)
"""In the order in which they are visited: each begins where the one before it ended."""


def main() -> None:
    FOLDER.mkdir(parents=True, exist_ok=True)
    with chromium() as browser:
        for scheme in SCHEMES:
            _visit(browser, scheme)


def _visit(browser: Browser, scheme: str) -> None:
    with (
        tempfile.TemporaryDirectory() as data,
        run_app(Settings(data_dir=Path(data), use_proxy=False), {}) as url,
    ):
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
