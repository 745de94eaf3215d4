"""Measures the first minute of a visitor who has no key, on a freshly started app in a real browser.

`python -m tests.first_minute` prints a table, and that of the walk of ten minutes (`tests.ten_minutes`), and
ends with 1 when something is missed; `--json` prints the first minute alone, as JSON. A test asserts the rows
one by one.
"""

from __future__ import annotations

import gzip
import itertools
import json
import os
import re
import socket
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from axe_core_python.base import AXE_SCRIPT
from playwright.sync_api import Browser, Locator, Page, Request, Response, expect

from tests.app_process import START_SECONDS, answers, until
from tests.browser.chromium import DESKTOP, PHONE, Screen, chromium, context
from tests.browser.visitors import Visitors

SIZES = (DESKTOP, PHONE)
LOCALES = ("en-US", "zh-CN")
LOOKS = (
    (DESKTOP, "light", "en-US"),
    (DESKTOP, "dark", "zh-CN"),
    (PHONE, "light", "zh-CN"),
    (PHONE, "dark", "en-US"),
)
STATES = ("empty", "settings", "connection", "result", "error")
MAX_CONTROLS = {DESKTOP: 12, PHONE: 9}
MAX_SECONDS, BARE_SECONDS = 1.0, 0.75
MAX_KIB, MAX_REQUESTS = 400, 65  # 60 of them before the page kept the form and looked after its line
MAX_SIZES, MIN_SIZE = 5, 12
LOADS = 5

SCRIPT = Path(__file__).with_suffix(".js").read_text(encoding="utf-8")
"""What is asked of a page; only `usableAt` has to be there before the page's own scripts."""

_APP = Path(__file__).parent.parent / "app.py"
_BARE = """
import gradio
with gradio.Blocks() as page:
    gradio.Textbox(elem_id="prompt")
    gradio.Button("Go")
    gradio.Image()
page.launch(quiet=True, run_history=False)
"""
_TEXT = ("text/", "javascript", "json", "svg", "xml")


@dataclass(frozen=True)
class Row:
    """One line of the table.

    Attributes:
        number: its place in the list of measures.
        name: what is measured.
        measured: what was found.
        must: what it has to be.
        met: whether it is.
    """

    number: int
    name: str
    measured: str
    must: str
    met: bool


@contextmanager
def started(*program: str, **environment: str) -> Iterator[str]:
    """The app on the demo, or another program, in a process of its own; yields its address."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    with tempfile.TemporaryDirectory(prefix="first-minute-") as folder:
        own = {
            "PLAYGROUND_SEPARATE_VISITORS": "yes",  # each measure begins with a first visit
            "GRADIO_ANALYTICS_ENABLED": "False",
            "GRADIO_SERVER_PORT": str(port),
            "GRADIO_TEMP_DIR": f"{folder}/uploads",
            "PLAYGROUND_DATA_DIR": f"{folder}/data",
        }
        plain = {name: value for name, value in os.environ.items() if "API_KEY" not in name}
        process = subprocess.Popen(
            [sys.executable, *(program or (str(_APP),))], env={**plain, **own, **environment}
        )
        try:
            until(lambda: answers(f"http://127.0.0.1:{port}"), START_SECONDS)
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()
            process.wait(20)


@contextmanager
def visitor(
    visitors: Visitors, base_url: str, size: tuple[int, int] = DESKTOP, **options: str
) -> Iterator[Screen]:
    """A new visitor, at the first screen."""
    with visitors.one(size, **options) as page:
        page.add_init_script(SCRIPT)
        yield Screen(page, base_url).open()


def row_1(visitors: Visitors, base_url: str) -> list[Row]:
    """Prompt and Generate are there without scrolling."""
    hidden, tops = [], []
    for size, locale in _product(SIZES, LOCALES):
        with visitor(visitors, base_url, size, locale=locale) as screen:
            for selector in ("#prompt textarea", "#go"):
                if not screen.page.evaluate("selector => measured.isWholeInView(selector)", selector):
                    hidden.append(f"{selector} at {size[0]} {locale}")
            if size == PHONE:
                tops.append(
                    screen.page.evaluate("document.querySelector('#prompt').getBoundingClientRect().top")
                )
    return [
        Row(
            1,
            "Prompt and Generate in view",
            f"hidden: {', '.join(hidden) or 'none'}; phone prompt at {max(tops):.0f} px",
            "all; phone prompt <= 300 px",
            not hidden and max(tops) <= 300,
        )
    ]


def row_2(visitors: Visitors, base_url: str) -> list[Row]:
    """How many controls the first screen shows."""
    found: dict[tuple[int, int], list[str]] = {}
    for size in SIZES:
        with visitor(visitors, base_url, size) as screen:
            found[size] = screen.page.evaluate("measured.controls()")
    return [
        Row(
            2,
            "Visible controls",
            "; ".join(f"{len(names)} at {size[0]} ({', '.join(names)})" for size, names in found.items()),
            f"<= {MAX_CONTROLS[DESKTOP]} desktop, <= {MAX_CONTROLS[PHONE]} phone",
            all(len(names) <= MAX_CONTROLS[size] for size, names in found.items()),
        )
    ]


def row_3(visitors: Visitors, base_url: str) -> list[Row]:
    """Presses until the first picture: by an example, and by typing."""
    presses: dict[str, int] = {}
    for size in SIZES:
        for way, first in (("example", "[data-tile=pig]"), ("typing", "#prompt textarea")):
            with visitor(visitors, base_url, size) as screen:
                screen.page.evaluate("measured.countPresses()")
                screen.page.locator(first).click()
                if way == "typing":
                    screen.page.keyboard.type("a red fox")
                expect(screen.prompt).not_to_have_value("")
                screen.go.click()
                screen.wait_for("done")
                presses[f"{way} at {size[0]}"] = screen.page.evaluate("measured.presses")
    return [
        Row(
            3,
            "Presses to the first picture",
            ", ".join(f"{count} by {way}" for way, count in presses.items()),
            "2",
            set(presses.values()) == {2},
        )
    ]


def row_5(visitors: Visitors, base_url: str) -> list[Row]:
    """Seconds from the start of navigation until the prompt can be typed in, in a browser that has nothing.

    The limit holds for an idle machine of a certain speed. A Gradio page with a field, a button and an
    image takes 0.75 s there, so where the limit is missed, such a page is measured at the same time and the
    limit grows with it. The best of several loads counts then: what else the machine does can only add.
    """
    browser = visitors.browser
    ours = _median_seconds(browser, base_url)
    said, limit = f"{ours:.2f} s", MAX_SECONDS
    if ours > MAX_SECONDS:
        with started("-c", _BARE) as bare:
            pairs = [
                (seconds_to_prompt(browser, base_url), seconds_to_prompt(browser, bare)) for _ in range(LOADS)
            ]
        again, floor = (min(seconds) for seconds in zip(*pairs, strict=True))
        said += f", at best {again:.2f} s while a bare page took {floor:.2f} s"
        ours, limit = again, floor * MAX_SECONDS / BARE_SECONDS
    must = f"<= {MAX_SECONDS} s where a bare page takes {BARE_SECONDS} s"
    return [Row(5, "Seconds to a usable prompt", said, must, ours <= limit)]


def _median_seconds(browser: Browser, base_url: str) -> float:
    return statistics.median(seconds_to_prompt(browser, base_url) for _ in range(LOADS))


def seconds_to_prompt(browser: Browser, base_url: str) -> float:
    """From the start of navigation until the prompt can be typed in, in a browser that has nothing."""
    visiting = context(browser)
    visiting.add_init_script(SCRIPT)
    try:
        page = visiting.new_page()
        page.goto(base_url)
        page.wait_for_function("measured.usableAt")
        return float(page.evaluate("measured.usableAt")) / 1000
    finally:
        visiting.close()


def row_6(visitors: Visitors, base_url: str) -> list[Row]:
    """What a cold load weighs, compressed, and whom it asks."""
    requests: list[Request] = []
    responses: list[Response] = []
    visiting = context(visitors.browser)
    visiting.add_init_script(SCRIPT)
    visiting.on("request", lambda request: requests.append(request))
    visiting.on("response", lambda response: responses.append(response))
    try:
        screen = Screen(visiting.new_page(), base_url).open()
        screen.page.wait_for_function("measured.isQuiet()")
        weight = sum(map(_weight, responses))
    finally:
        visiting.close()
    asked = [request.url for request in requests if not request.url.startswith(("data:", "blob:"))]
    outside = sorted({url for url in asked if not url.startswith(f"{base_url}/")})
    return [
        Row(
            6,
            "Cold weight",
            f"{weight / 1024:.0f} KiB in {len(asked)} requests; outside hosts: {', '.join(outside) or '0'}",
            f"<= {MAX_KIB} KiB gzip, <= {MAX_REQUESTS} requests, 0 outside hosts",
            weight <= MAX_KIB * 1024 and len(asked) <= MAX_REQUESTS and not outside,
        )
    ]


def _weight(response: Response) -> int:
    kind = response.headers.get("content-type", "")
    if "event-stream" in kind or response.status in (204, 304):
        return 0
    body = response.body()
    return len(gzip.compress(body, 6)) if any(word in kind for word in _TEXT) else len(body)


def row_7_8_9(visitors: Visitors, base_url: str) -> list[Row]:
    """Accessibility, sideways scroll and type, looked at together in every state of the page."""
    violations: list[str] = []
    overflows: list[str] = []
    type_sizes: dict[str, list[float]] = {}
    prompt_sizes, zooms = set(), set()
    for size, scheme, locale in LOOKS:
        with visitor(visitors, base_url, size, scheme=scheme, locale=locale) as screen:
            for state in STATES:
                _bring_to(screen, state)
                where = f"{state} {size[0]} {scheme} {locale[:2]}"
                violations += (f"{found} in {where}" for found in axe(screen))
                if wide := screen.page.evaluate("measured.sideways()"):
                    overflows.append(f"{wide} in {where}")
                type_sizes[where] = screen.page.evaluate("measured.typeSizes()")
            if size == PHONE:
                prompt_sizes.add(screen.prompt.evaluate("prompt => getComputedStyle(prompt).fontSize"))
            zooms.add(screen.page.evaluate("measured.allowsZoom()"))
    most = max(type_sizes, key=lambda where: len(type_sizes[where]))
    least = min(min(found) for found in type_sizes.values())
    return [
        Row(7, "axe serious and critical", "; ".join(violations) or "0", "0", not violations),
        Row(8, "Sideways scroll", "; ".join(overflows) or "0 px", "0 px", not overflows),
        Row(
            9,
            "Type",
            f"at most {len(type_sizes[most])} sizes ({_list(type_sizes[most])} in {most}), none under "
            f"{least:g} px, phone prompt {_list(prompt_sizes)}, "
            f"zoom {'allowed' if zooms == {True} else 'not allowed'}",
            f"<= {MAX_SIZES} sizes, none under {MIN_SIZE} px, phone prompt 16px, zoom allowed",
            len(type_sizes[most]) <= MAX_SIZES
            and least >= MIN_SIZE
            and prompt_sizes == {"16px"}
            and zooms == {True},
        ),
    ]


def _bring_to(screen: Screen, state: str) -> None:
    steps: dict[str, Callable[[], object]] = {
        "settings": screen.open_settings,
        "connection": screen.open_connection,
        "result": lambda: (
            screen.page.keyboard.press("Escape"),
            screen.generate("a red fox"),
            screen.request(),
        ),
        "error": lambda: screen.generate("demo: text only", until="refused"),
    }
    if state in steps:
        steps[state]()


def axe(screen: Screen) -> list[str]:
    """The serious and critical rules that the page breaks as it stands."""
    return broken_rules(screen.page)


def broken_rules(page: Page) -> list[str]:
    """The serious and critical rules of axe that any page breaks as it stands.

    Below an open dialog nothing can be seen or pressed, which axe does not know.
    """
    # A colour on its way to another one is no state of the page.
    page.wait_for_function("document.getAnimations().every(one => one.playState !== 'running')")
    place = "dialog:modal" if page.locator("dialog:modal").count() else None
    if not page.evaluate("'axe' in window"):  # half a megabyte, read once for each page
        page.evaluate(AXE_SCRIPT)
    ask = "place => axe.run(place ?? document, { resultTypes: ['violations'] }).then(told => told.violations)"
    found = page.evaluate(ask, place)
    return [
        f"{rule['id']} ({len(rule['nodes'])}: {rule['nodes'][0]['html'][:80]})"
        for rule in found
        if rule["impact"] in ("serious", "critical")
    ]


def row_16(visitors: Visitors, base_url: str) -> list[Row]:
    """The empty page: one sentence, examples that fill in the form, and nothing dead."""
    problems: list[str] = []
    for size in SIZES:
        with visitor(visitors, base_url, size) as screen:
            words = screen.state("empty").locator("p:visible").inner_text()
            dead = screen.page.locator("button:visible:disabled").count()
            tiles = screen.state("empty").locator("[data-tile]").all()
            for tile in tiles:
                problems += _unfilled(screen, tile)
    sentences = len(re.findall(r"[.!?](?:\s|$)", words))
    return [
        Row(
            16,
            "Empty state",
            f"{sentences} sentences, {len(tiles)} examples, {dead} dead buttons; "
            f"{', '.join(problems) or 'all fill in'}",
            "1 sentence, 3 to 4 examples that fill in the form, 0 dead buttons",
            sentences == 1 and 3 <= len(tiles) <= 4 and not dead and not problems,
        )
    ]


def _unfilled(screen: Screen, tile: Locator) -> list[str]:
    """What pressing an example leaves open: no prompt of its own, too few pictures, or something sent."""
    name, before = tile.get_attribute("data-tile"), screen.prompt.input_value()
    with screen.answered():
        tile.click()
    try:
        expect(screen.prompt).not_to_have_value(before)
        mode = screen.page.evaluate("playground.then(script => script.mode(''))")
        if mode != "text":
            expect(screen.tray(mode)).to_have_count({"edit": 1, "compose": 2}[mode])
        expect(screen.state("empty")).to_be_visible()
    except AssertionError as missing:
        return [f"{name}: {str(missing).splitlines()[0]}"]
    return []


def _product(*many: Any) -> list[Any]:
    """All combinations."""
    return list(itertools.product(*many))


def _list(found: Any) -> str:
    return ", ".join(f"{one:g}" if isinstance(one, float | int) else str(one) for one in sorted(found))


Measure = Callable[[Visitors, str], list[Row]]
ROWS: tuple[Measure, ...] = (row_1, row_2, row_3, row_5, row_6, row_7_8_9, row_16)
"""Everything that is measured, in the order of the bar."""


def main(arguments: list[str]) -> int:
    """Measures, prints, and says whether the bar is met."""
    from tests import ten_minutes  # which itself needs what is above

    as_json = "--json" in arguments
    with started() as base_url, chromium() as browser:
        visitors = Visitors(browser)
        rows = [row for measure in ROWS for row in measure(visitors, base_url)]
        walked, is_walk_met = ([], True) if as_json else ten_minutes.table(visitors, base_url)
    if as_json:
        print(json.dumps([asdict(row) for row in rows], ensure_ascii=False, indent=2))
    else:
        print("row | measured | must | met")
        for row in rows:
            print(f"{row.number} {row.name} | {row.measured} | {row.must} | {'yes' if row.met else 'NO'}")
        print("", *walked, sep="\n")
    return 0 if is_walk_met and all(row.met for row in rows) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
