"""What many visitors at once feel and cost, on the demo: seconds and megabytes.

`python -m tests.benchmarks.load` prints a table as Markdown and ends with 1 when a bar is missed; `--only`
names the cases to measure. The app runs in a process of its own, as `app.py` starts it, and keeps visitors
apart; what counts them by the minute is switched off, for it would refuse the load. Each visitor has an
address of its own on this machine and sends what the page's script sends. The load comes from the same cores
as what it is put on. Memory needs Linux.
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
import sys
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from io import BytesIO
from typing import Final

from PIL import Image

from tests.benchmarks.load_visitors import App, Visitor, running

Visitors = Callable[[int], list[Visitor]]
AT_ONCE: Final = 20
PROBES: Final = 30
FEW: Final = 3
"""Up to so many visitors with pictures have to do with less memory."""


@dataclass(frozen=True)
class Row:
    """One figure, and what it may be at most."""

    what: str
    reached: float
    at_most: float | None = None

    @property
    def is_met(self) -> bool:
        return self.at_most is None or self.reached <= self.at_most


async def many(app: App, visitors: Visitors, count: int = 200) -> list[Row]:
    """So many visitors with one call each, and meanwhile one who presses; then one visitor with all."""
    pressing = asyncio.gather(*(one.generate() for one in visitors(count)))
    answers = await _pressed(visitors(1)[0], pressing)
    waits = sorted(await pressing)
    whole = await _whole(visitors(1)[0], count)
    return [
        Row(f"{count} visitors x 1: fastest, s", waits[0]),
        Row(f"{count} visitors x 1: median, s", statistics.median(waits)),
        Row(f"{count} visitors x 1: slowest, s", waits[-1]),
        Row(f"{count} visitors x 1: slowest over fastest", waits[-1] / waits[0], 2.5),
        *(Row(f"meanwhile {what}: 95th percentile, ms", _p95(took), 200) for what, took in answers.items()),
        Row(f"1 visitor x {count}: whole, over {count} x 1", whole / waits[-1], 1.2),
    ]


async def _pressed(visitor: Visitor, until: asyncio.Future[list[float]]) -> Mapping[str, list[float]]:
    """How long each kind of press waits for its answer, in milliseconds."""
    took: dict[str, list[float]] = {"another tab": [], "Generate, queued": [], "Stop, stopped": []}
    while not until.done() and len(took["another tab"]) < PROBES:
        times = (await visitor.other_tab(), *await visitor.generate_and_stop())
        for what, seconds in zip(took, times, strict=True):
            took[what].append(1000 * seconds)
    return took


async def _whole(visitor: Visitor, count: int) -> float:
    """How long one visitor's calls take, asked for by eights."""
    began = time.perf_counter()
    await asyncio.gather(*(visitor.ask(min(8, count)) for _ in range(max(count // 8, 1))))
    return time.perf_counter() - began


async def beside(app: App, visitors: Visitors, count: int = 200) -> list[Row]:
    """A single call alone, and beside so many of another visitor's."""
    greedy, modest = visitors(2)
    await modest.generate()
    alone = statistics.median([await modest.generate() for _ in range(5)])
    pressing = asyncio.create_task(_whole(greedy, count))
    await asyncio.sleep(2)
    waits = [await modest.generate() for _ in range(5)]
    await pressing
    return [
        Row("a single call alone: median, s", alone),
        Row(f"beside {count} of another visitor, over alone: median", statistics.median(waits) / alone, 2),
        Row(f"beside {count} of another visitor, over alone: worst of 5", max(waits) / alone),
    ]


async def pictures(app: App, visitors: Visitors, count: int = 25) -> list[Row]:
    """So many visitors, each with eight calls that send fourteen pictures."""
    picture, those = _picture(), visitors(count)
    trays = [await one.upload([picture] * 14) for one in those]
    app.forget_peak()
    before = app.memory()
    await asyncio.gather(
        *(
            one.generate(8, mode="compose", **{"tray-compose": tray})
            for one, tray in zip(those, trays, strict=True)
        )
    )
    return [
        Row("resident before, MB", before),
        Row(
            f"14 pictures of {len(picture) / 1e6:.1f} MB x 8 calls x {count}: peak, MB",
            app.peak(),
            700 if count > FEW else 600,
        ),
    ]


async def memory(app: App, visitors: Visitors, count: int = 1000) -> list[Row]:
    """Memory after many calls, beside that after the first fifty."""
    pages = visitors(AT_ONCE)
    first = min(50, count // 2)
    await _calls(pages, first)
    early = app.memory()
    await _calls(pages, count - first)
    return [
        Row(f"after {first} calls, MB", early),
        Row(f"after {count} calls, over that", app.memory() / early, 1.05),
    ]


async def _calls(pages: Sequence[Visitor], count: int) -> None:
    left = iter(range(count))

    async def press(page: Visitor) -> None:
        for _ in left:
            await page.generate()

    await asyncio.gather(*map(press, pages))


def _picture() -> bytes:
    """A photograph of twelve megapixels, 1.7 MB."""
    noise = Image.effect_noise((1000, 750), 40).resize((4000, 3000))
    stream = BytesIO()
    noise.convert("RGB").save(stream, "JPEG", quality=60)
    return stream.getvalue()


def _p95(values: Sequence[float]) -> float:
    return sorted(values)[int(0.95 * len(values))]


CASES: Final[Mapping[str, Callable[..., Awaitable[list[Row]]]]] = {
    "many": many,
    "beside": beside,
    "pictures": pictures,
    "memory": memory,
}


async def measured(cases: Mapping[str, Mapping[str, int]]) -> list[Row]:
    """The rows of these cases, name -> what it is to have other than usual, on an app of their own."""
    async with AsyncExitStack() as closing:
        with running() as app:

            def visitors(count: int) -> list[Visitor]:
                made = [Visitor(app) for _ in range(count)]
                for one in made:
                    closing.push_async_callback(one.aclose)
                return made

            return [row for name, facts in cases.items() for row in await CASES[name](app, visitors, **facts)]


def table(rows: Sequence[Row]) -> str:
    """As Markdown."""
    lines = ["| what | reached | at most | |", "|---|--:|--:|---|"]
    for row in rows:
        limit = "–" if row.at_most is None else f"{row.at_most:g}"
        said = "" if row.at_most is None else "met" if row.is_met else "missed"
        lines.append(f"| {row.what} | {row.reached:.3g} | {limit} | {said} |")
    return "\n".join(lines)


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--only", nargs="+", choices=CASES, default=[*CASES])
    rows = [row for name in parser.parse_args().only for row in asyncio.run(measured({name: {}}))]
    print(table(rows))
    return int(not all(row.is_met for row in rows))


if __name__ == "__main__":
    sys.exit(main())
