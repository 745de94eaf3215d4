"""Scrolls a long history from end to end and says how long the page's tasks take on its main thread:
`python -m tests.benchmarks.scrolling`.

A task is what the browser does in one piece, while nobody can press anything. One of our own is one in which
the page's script runs; what it makes the browser lay out at once is part of it. Milliseconds are those of the
processor: a machine that does something else meanwhile only makes the others longer.

    --pictures   how many there are (2000)
    --kept       a folder that an earlier run has filled, or that this one fills
"""

from __future__ import annotations

import argparse
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from playwright.sync_api import Browser, Page, expect

from playground.settings import Settings
from tests.app_server import run_app
from tests.browser.chromium import Screen, chromium, context
from tests.browser.kept import keep

MOST_MS: Final = 50
_STEP, _PAUSE = 900, 60  # pixels of one turn of the wheel, milliseconds after it
_SIZE: Final = (320, 240)
_OURS: Final = "/look/"
"""What the address of each of our modules has in it."""
_AT_END = "scrollY + innerHeight >= document.documentElement.scrollHeight - 5"
_TILES = "document.querySelectorAll('#history .tile').length"

Event = Mapping[str, Any]


@dataclass(frozen=True)
class Task:
    """One task of the main thread.

    Attributes:
        milliseconds: of the processor.
        ours: the script in it is, at least in part, the page's own.
        parts: what took longest in it, by the browser's names.
    """

    milliseconds: float
    ours: bool
    parts: tuple[str, ...]


def scrolled(browser: Browser, url: str, pictures: int) -> list[Task]:
    """The tasks while the history is scrolled until all of its tiles have been in sight."""
    visitor = context(browser)
    visitor.set_default_timeout(120_000)
    screen = Screen(visitor.new_page(), url).open()
    page = screen.page
    page.locator("#strip [data-do=album]").click()
    expect(page.locator("#history .tile").first).to_be_visible()
    with _traced(browser) as events:
        page.mouse.move(900, 500)
        _scroll(page, pictures)
    visitor.close()
    return tasks(events)


def _scroll(page: Page, pictures: int) -> None:
    while page.evaluate(_TILES) < pictures or not page.evaluate(_AT_END):
        page.mouse.wheel(0, _STEP)
        page.wait_for_timeout(_PAUSE)


@contextmanager
def _traced(browser: Browser) -> Iterator[list[Event]]:
    """What the browser's processes note of themselves in the block."""
    session, events, ended = browser.new_browser_cdp_session(), [], []
    session.on("Tracing.dataCollected", lambda more: events.extend(more["value"]))
    session.on("Tracing.tracingComplete", lambda _: ended.append(True))
    wanted = {"includedCategories": ["toplevel", "devtools.timeline"], "excludedCategories": ["*"]}
    session.send("Tracing.start", {"traceConfig": wanted, "transferMode": "ReportEvents"})
    yield events
    session.send("Tracing.end")
    while not ended:
        browser.contexts[0].pages[0].wait_for_timeout(100)
    session.detach()


def tasks(events: Sequence[Event]) -> list[Task]:
    """The tasks of the thread on which scripts ran most."""
    ran = Counter((one["pid"], one["tid"]) for one in events if one["name"] == "FunctionCall")
    ((thread, _),) = ran.most_common(1)
    there = sorted(
        (one for one in events if (one["pid"], one["tid"]) == thread and one.get("ph") == "X"),
        key=lambda one: (one["ts"], -one["dur"]),
    )
    found: list[Task] = []
    inner: list[Event] = []
    outer: Event | None = None
    for one in there:
        if outer is not None and one["ts"] < outer["ts"] + outer["dur"]:
            inner.append(one)
            continue
        found += [_task(outer, inner)] if outer is not None else []
        outer, inner = (one if one["name"].endswith("RunTask") else None), []
    return found


def _task(outer: Event, inner: Sequence[Event]) -> Task:
    longest = sorted(inner, key=lambda one: -_milliseconds(one))[:6]
    parts = tuple(f"{one['name']} {_milliseconds(one):.0f}" for one in longest if _milliseconds(one) >= 5)
    return Task(_milliseconds(outer), any(map(_is_ours, inner)), parts)


def _is_ours(event: Event) -> bool:
    data = event.get("args", {}).get("data") or {}
    is_script = event["name"] in ("FunctionCall", "EvaluateScript", "v8.evaluateModule")
    return is_script and _OURS in str(data.get("url") or data.get("fileName") or "")


def _milliseconds(event: Event) -> float:
    return float(event.get("tdur", 0)) / 1000


def main(arguments: Sequence[str] | None = None) -> int:
    """Measures and prints; 1 when a task of our own is too long."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--pictures", type=int, default=2000, help=argparse.SUPPRESS)
    parser.add_argument("--kept", type=Path, help=argparse.SUPPRESS)
    asked = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="scrolling-") as temporary:
        folder = asked.kept or Path(temporary)
        if not (folder / "generations").exists():
            keep(folder, count=asked.pictures, size=_SIZE)
        with run_app(Settings(data_dir=folder, use_proxy=False), {}) as url, chromium() as browser:
            found = scrolled(browser, url, asked.pictures)
    own = max((one for one in found if one.ours), key=lambda one: one.milliseconds)
    longest = sorted(found, key=lambda one: -one.milliseconds)[:3]
    print(f"{asked.pictures} pictures scrolled end to end: {len(found)} tasks")
    print(f"longest of our own: {own.milliseconds:.0f} ms, at most {MOST_MS} ({', '.join(own.parts)})")
    print(f"longer than {MOST_MS} ms, of anybody: {sum(one.milliseconds > MOST_MS for one in found)}")
    for one in longest:
        print(f"  {one.milliseconds:.0f} ms{' (ours)' * one.ours}: {', '.join(one.parts)}")
    return 1 if own.milliseconds > MOST_MS else 0


if __name__ == "__main__":
    raise SystemExit(main())
