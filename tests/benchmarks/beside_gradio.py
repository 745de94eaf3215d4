"""The page beside a bare Gradio page that does the same: `python -m tests.benchmarks.beside_gradio`.

Both ask one gateway on this machine, which answers at once with the same picture; the bare page hands it to a
Gallery. Measured are the seconds until the prompt can be typed in, in a browser that has nothing, and the
milliseconds from the press of Generate until the picture is on the screen. The two take turns; medians.
"""

from __future__ import annotations

import base64
import itertools
import statistics
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, Final

from playwright.sync_api import Browser, Page
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from playground.demo.painter import Commission, paint
from tests import first_minute
from tests.app_server import serve
from tests.browser.chromium import Screen, chromium, context

ROUNDS: Final = 8
PICTURES: Final = 5
MOST_OF_PRESS: Final = 0.5
KEY: Final = "canary-" + "key-of-a-page-beside-another"
_BARE: Final = """
import base64, io, os
import gradio, httpx
from PIL import Image

def draw(prompt):
    asked = {"contents": [{"parts": [{"text": prompt}]}]}
    answer = httpx.post(os.environ["GATEWAY"], json=asked, timeout=60, trust_env=False).json()
    parts = answer["candidates"][0]["content"]["parts"]
    return [Image.open(io.BytesIO(base64.b64decode(part["inlineData"]["data"]))) for part in parts]

with gradio.Blocks() as page:
    prompt = gradio.Textbox(elem_id="prompt")
    go = gradio.Button("Generate", elem_id="go")
    go.click(draw, prompt, gradio.Gallery(elem_id="result"))
page.launch(quiet=True, run_history=False)
"""
_PRESS: Final = """() => new Promise((tell) => {
  const pictures = () => [...document.querySelectorAll("#result img")];
  const before = new Set(pictures().map((one) => one.src));
  const isNew = (one) => !before.has(one.src) && one.complete && one.naturalWidth > 300;
  const start = performance.now();
  document.querySelector("#go").click();
  const look = () => requestAnimationFrame(() => {
    if (pictures().some(isNew)) requestAnimationFrame(() => tell(performance.now() - start));
    else look();
  });
  look();
})"""


@contextmanager
def _gateway() -> Iterator[str]:
    """One that answers every call at once, with another picture of 1024 x 1024 each time: Gradio gives equal
    ones the same address."""
    answers = itertools.cycle([_answer(variation) for variation in range(PICTURES)])

    async def draw(request: Request) -> JSONResponse:
        await request.body()
        return JSONResponse(next(answers))

    with serve(Starlette(routes=[Route("/{rest:path}", draw, methods=["GET", "POST"])])) as url:
        yield url


def _answer(variation: int) -> dict[str, Any]:
    picture = paint(Commission("a red fox in the snow", 1024, 1024, variation=variation))
    part = {"inlineData": {"mimeType": picture.mime_type, "data": base64.b64encode(picture.data).decode()}}
    return {"candidates": [{"content": {"role": "model", "parts": [part]}, "finishReason": "STOP"}]}


def _press(page: Page, number: int) -> float:
    page.locator("#prompt textarea").fill(f"a red fox in the snow, {number}")
    page.wait_for_timeout(600)  # what typing sets going has ended
    return float(page.evaluate(_PRESS))


def _said(name: str, unit: str, ours: float, bare: float, must: str) -> str:
    digits = 2 if unit == "s" else 0
    return f"{name} | {ours:.{digits}f} {unit} | {bare:.{digits}f} {unit} | {ours / bare:.2f} | {must}"


def _prompts(browser: Browser, ours: str, bare: str) -> tuple[float, float]:
    pairs = [
        (first_minute.seconds_to_prompt(browser, ours), first_minute.seconds_to_prompt(browser, bare))
        for _ in range(ROUNDS)
    ]
    one, other = (statistics.median(column) for column in zip(*pairs, strict=True))
    return one, other


def _presses(browser: Browser, ours: str, bare: str) -> tuple[float, float]:
    screen = Screen(context(browser).new_page(), ours).open()
    page = context(browser).new_page()
    page.goto(bare)
    page.locator("#prompt textarea").wait_for()
    pairs = [(_press(screen.page, number), _press(page, number)) for number in range(ROUNDS + 1)]
    one, other = (statistics.median(column) for column in zip(*pairs[1:], strict=True))  # the first warms up
    return one, other


def main() -> int:
    """Measures and prints; 1 when a press takes too long."""
    with ExitStack() as there:
        gateway = there.enter_context(_gateway())
        rows = Path(there.enter_context(tempfile.TemporaryDirectory())) / "providers.toml"
        rows.write_text(f'[providers.google]\nbase_url = "{gateway}"\n', encoding="utf-8")
        asked = {"PLAYGROUND_PROVIDERS": str(rows), "GEMINI_API_KEY": KEY, "PLAYGROUND_USE_PROXY": "no"}
        ours = there.enter_context(first_minute.started(**asked))
        bare = there.enter_context(first_minute.started("-c", _BARE, GATEWAY=gateway))
        browser = there.enter_context(chromium())
        prompts, presses = _prompts(browser, ours, bare), _presses(browser, ours, bare)
    print("what | ours | bare Gradio | of it | at most")
    most = first_minute.MAX_SECONDS / first_minute.BARE_SECONDS
    print(_said("usable prompt", "s", *prompts, f"{most:.2f}"))
    print(_said("press of Generate to picture on screen", "ms", *presses, f"{MOST_OF_PRESS}"))
    return 1 if presses[0] > MOST_OF_PRESS * presses[1] else 0


if __name__ == "__main__":
    raise SystemExit(main())
