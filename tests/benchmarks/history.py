"""How fast the history is with 100,000 generations, on each engine that is here.

    python -m tests.benchmarks.history --json

SQLite always; PostgreSQL where PLAYGROUND_TEST_POSTGRESQL names a server, or where its programs are
installed: one is then started in a temporary folder. "newest_50" is the question to the index, and "as
entries" with the values built from it; all other times are of `History`'s own methods.
"""

from __future__ import annotations

import argparse
import contextlib
import gc
import json
import os
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from playground.history import History, Query, search
from playground.history.rows import Row, row
from playground.record import Record
from playground.result import PicturePart
from tests.history_samples import NOON, SERVER, add, opened, record
from tests.postgresql_server import installed, running

_ENGLISH = """a red fox cat dog house snow city night watercolour portrait of the woman with umbrella rain
neon street mountain lake sunrise cinematic lighting highly detailed background kitchen wooden table coffee
cup vintage poster blueprint astronaut riding horse across desert dunes"""
_CHINESE = """一只 猫咪 坐在 窗台 上面 看着 外面 下雪 城市 夜晚 霓虹 灯光 水彩 风格 老人 微笑 肖像 山水
画卷 红色 狐狸 森林 清晨 薄雾 湖面 倒影 未来 科幻 飞船 海边 日落 少女 旗袍 宣纸 书法 熊猫 竹林 咖啡 杯子
木桌"""
ENGLISH, CHINESE = _ENGLISH.split(), _CHINESE.split()
SEARCHES = (
    *("猫", "鹰", "的", "猫咪", "貓頭", "坐在窗", "貓頭鷹", "一只猫咪坐在窗台", "狐狸 森林"),
    *(
        "a",
        "q",
        "zq",
        "ca",
        "fox",
        "cat",
        "watercolour",
        "red fox",
        "number997",
        "number9",
        "ring ac",
        "xyzzy",
    ),
    *("red 猫", "sunrise coffee umbrella"),
)
TRIES = 12
ADDED = 30
PICTURE_BYTES = 2_000_000


@dataclass(frozen=True)
class Sizes:
    """How many generations are searched, and how many folders are read."""

    generations: int = 100_000
    folders: int = 10_000


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--json", action="store_true", help="print JSON alone")
    parser.add_argument("--generations", type=int, default=Sizes.generations)
    parser.add_argument("--engine", choices=("sqlite", "postgresql"), help="only this one")
    parser.add_argument("--folders", type=int, default=Sizes.folders)
    given = parser.parse_args()
    sizes = Sizes(given.generations, given.folders)
    figures: dict[str, dict[str, Any]] = {}
    for engine, server in _engines():
        if given.engine not in (None, engine):
            continue
        with server:
            figures[engine] = measure(engine, sizes, quiet=given.json)
    print(json.dumps(figures, indent=2))


def _engines() -> Iterator[tuple[str, contextlib.AbstractContextManager[Any]]]:
    yield "sqlite", contextlib.nullcontext()
    if os.environ.get(SERVER):
        yield "postgresql", contextlib.nullcontext()
    elif installed():
        yield "postgresql", _started()


@contextlib.contextmanager
def _started() -> Iterator[None]:
    with running() as address:
        os.environ[SERVER] = address
        try:
            yield
        finally:
            del os.environ[SERVER]


def measure(engine: str, sizes: Sizes, *, quiet: bool) -> dict[str, Any]:
    """The figures of one engine."""

    def tell(what: str) -> None:
        if not quiet:
            sys.stderr.write(f"{engine}: {what}\n")

    figures: dict[str, Any] = {}
    with tempfile.TemporaryDirectory(prefix="playground-history-") as folder:
        with opened(Path(folder, "many"), engine) as history:
            tell(f"indexing {sizes.generations} generations")
            rows = list(_rows(sizes.generations))
            started = time.perf_counter()
            for start in range(0, len(rows), 2000):
                some = rows[start : start + 2000]
                history._index.run(lambda index, some=some: index.load(some))
            figures["index_100000_s"] = round(time.perf_counter() - started, 1)
            tell("asking")
            gc.collect()
            gc.freeze()  # the rows for the plain scan are ours: no collection while timing shall visit them
            figures |= _asked(history, rows)
            figures |= _added(history)
            gc.unfreeze()
        with opened(Path(folder, "folders"), engine) as history:
            tell(f"reading {sizes.folders} folders")
            figures |= _rebuilt(history, sizes.folders, tell)
    return figures


def _asked(history: History, rows: Sequence[Row]) -> dict[str, Any]:
    newest = _milliseconds(lambda: history.page("me"), 300)
    index_only = _milliseconds(
        lambda: history._index.run(lambda index: index.page("me", Query(), None, 50)), 300
    )
    words = [row.words for row in rows]
    times: list[float] = []
    slowest, exact = ("", 0.0), True
    for text in SEARCHES:
        asked = search.terms(text)
        scanned = (
            rows[n].id for n in range(len(rows) - 1, -1, -1) if all(word in words[n] for word in asked)
        )
        expected = [found for found, _ in zip(scanned, range(50), strict=False)]
        exact &= [entry.id for entry in history.page("me", Query(text=text)).entries] == expected
        some = _milliseconds(lambda text=text: history.page("me", Query(text=text)), TRIES)
        slowest = max(slowest, (text, statistics.median(some)), key=lambda pair: pair[1])
        times += some
    return {
        "newest_50_ms_p95": _p95(index_only),
        "newest_50_ms_median": round(statistics.median(index_only), 3),
        "newest_50_as_entries_ms_median": round(statistics.median(newest), 3),
        "search_ms_p95": _p95(times),
        "search_ms_median": round(statistics.median(times), 3),
        "search_slowest": {"text": slowest[0], "ms_median": round(slowest[1], 2)},
        "search_exact": exact,
    }


def _added(history: History) -> dict[str, Any]:
    """One generation after another into the large index: a picture of 2 MB, its record, its row."""
    taken: list[float] = []
    for number in range(ADDED):
        data = random.Random(number).randbytes(PICTURE_BYTES)
        generation = history.new_id()
        part = PicturePart(data=data, mime_type="image/png", width=1024, height=1024)
        started = time.perf_counter()
        saved = history.save_picture(generation, 1, 1, part)
        history.save_record(record(saved, "me", _prompt(number), "Here it is.", 1e7 + number))
        taken.append((time.perf_counter() - started) * 1000)
    return {"add_ms_median": round(statistics.median(taken), 2), "add_ms_p95": _p95(taken)}


def _rebuilt(history: History, count: int, tell: Callable[[str], None]) -> dict[str, Any]:
    first = add(history, prompt=_prompt(0))
    root = history.folder(first).parent
    kept = json.loads((root / first / "record.json").read_text(encoding="utf-8"))
    data = (root / first / "1-1.png").read_bytes()
    for number in range(1, count):
        folder = root / f"folder{number:06d}"
        folder.mkdir()
        (folder / "1-1.png").write_bytes(data)
        mine = kept | {"id": folder.name, "prompt": _prompt(number)}
        (folder / "record.json").write_text(json.dumps(mine, ensure_ascii=False), encoding="utf-8")
    told: list[int] = []
    started = time.perf_counter()
    history.start(lambda done, total: told.append(done))
    seconds = time.perf_counter() - started
    complete = history.usage("me").count == count and told[-1:] == [count - 1]
    tell(f"rebuilt, told {len(told)} times, complete: {complete}")
    return {"rebuild_10000_s": round(seconds, 1), "rebuild_complete": complete}


def _rows(count: int) -> Iterator[Row]:
    chance = random.Random(1)
    for number in range(count):
        digest = f"{number:064x}"
        picture = {"name": "1-1.png", "sha256": digest, "bytes": PICTURE_BYTES, "width": 1024, "height": 1024}
        text = f"Here is your picture. {' '.join(chance.choices(ENGLISH, k=12))}"
        values = {
            "started": (NOON + timedelta(minutes=number - count)).isoformat(),
            "owner": "me",
            "mode": chance.choice(["text", "edit", "compose"]),
            "provider": "demo",
            "model": "some-model",
            "prompt": _prompt(number, chance),
            "seconds": 3.2,
            "outcomes": [{"call": 1, "pictures": [picture], "text": text}],
        }
        yield row(Record.read(values, id=f"generation{number:012d}"), None, "")


def _prompt(number: int, chance: random.Random | None = None) -> str:
    chance = chance or random.Random(number)
    if number % 2:
        rare = f" number{number}" if number % 997 == 0 else ""
        return " ".join(chance.choices(ENGLISH, k=chance.randint(8, 40))) + rare
    rare = "貓頭鷹" if number % 1998 == 0 else ""
    phrases = ("".join(chance.choices(CHINESE, k=chance.randint(2, 6))) for _ in range(chance.randint(2, 6)))
    return "，".join(phrases) + rare


def _milliseconds(act: Callable[[], object], times: int) -> list[float]:
    act()
    taken = []
    for _ in range(times):
        started = time.perf_counter()
        act()
        taken.append((time.perf_counter() - started) * 1000)
    return taken


def _p95(taken: Sequence[float]) -> float:
    return round(sorted(taken)[int(len(taken) * 0.95)], 3)


if __name__ == "__main__":
    main()
