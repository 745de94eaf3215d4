"""Milliseconds and memory of the demo painter.

`python -m tests.benchmarks.painter` prints a table and ends with 1 when a bar is missed; `--json` prints the
same as JSON, `--sizes 512,1K` measures less. Five kinds of picture, four sizes, PNG and JPEG. Each kind runs
in a process of its own. A picture is drawn by one thread, so its CPU time is its time on an idle machine, and
that is what the bars are held against: other programs may run meanwhile. Memory is the most that the process
held while drawing, above what it holds when it is idle; it needs Linux.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from playground.demo.painter import Commission, paint

SIZES = {"512": 512, "1K": 1024, "2K": 2048, "4K": 4096}
MIME_TYPES = ("image/jpeg", "image/png")
MAX_MS = {"1K": 500.0, "4K": 4000.0}
MAX_MIB = 600.0
SCENE = "a pig with wings and a top hat flying over a happy futuristic scifi city with lots of greenery"
KINDS = {
    "scene": (SCENE, 0),
    "subject": ("a white porcelain teapot on a round plinth", 0),
    "paper cut": (f"{SCENE}, paper cut", 0),
    "edit": ("watercolor", 1),
    "composition": ("a collage", 14),
}
"""Name -> prompt, and how many pictures it is given."""

_STATUS = Path("/proc/self/status")
_CLEAR = Path("/proc/self/clear_refs")


@dataclass(frozen=True)
class Row:
    """One measurement.

    Attributes:
        wall_ms, cpu_ms: time from commission to encoded bytes, the better of two runs.
        peak_mib: memory above the idle process.
        stall_ms: the longest time that another thread of the process could not run.
    """

    kind: str
    size: str
    mime_type: str
    wall_ms: float
    cpu_ms: float
    peak_mib: float
    stall_ms: float
    kib: int

    def missed(self) -> bool:
        """Whether a bar is missed."""
        return self.cpu_ms > MAX_MS.get(self.size, float("inf")) or self.peak_mib > MAX_MIB


class _Ticker:
    """A thread that would like to run every millisecond, and how long it had to wait at most."""

    def __init__(self) -> None:
        self.longest = 0.0
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._tick)

    def __enter__(self) -> _Ticker:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._end.set()
        self._thread.join()

    def _tick(self) -> None:
        last = time.perf_counter()
        while not self._end.wait(0.001):
            now = time.perf_counter()
            self.longest = max(self.longest, now - last)
            last = now


def measure(kind: str, sizes: list[str]) -> Iterator[Row]:
    """The rows of one kind; to be run in a process that did nothing else."""
    prompt, count = KINDS[kind]
    pictures = tuple(
        paint(Commission("a boat at sunset", 1600, 1200, variation=at)).data for at in range(count)
    )
    paint(Commission(prompt, 64, 64, pictures[:1]))
    idle = _memory("VmRSS")
    for size in sizes:
        for mime_type in MIME_TYPES:
            _CLEAR.write_text("5")
            runs = []
            with _Ticker() as ticker:
                for _ in range(2):
                    wall, cpu = time.perf_counter(), time.thread_time()
                    side = SIZES[size]
                    data = paint(Commission(prompt, side, side, pictures, mime_type)).data
                    runs.append((time.perf_counter() - wall, time.thread_time() - cpu))
            wall, cpu = (min(run[part] for run in runs) * 1000 for part in (0, 1))
            peak = (_memory("VmHWM") - idle) / 1024
            yield Row(kind, size, mime_type, wall, cpu, peak, ticker.longest * 1000, len(data) // 1024)


def _memory(field: str) -> int:
    """KiB that the kernel counts for this process."""
    lines = _STATUS.read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(f"{field}:"))


def rows(sizes: list[str]) -> Iterator[Row]:
    """All rows, each kind from a fresh process."""
    for kind in KINDS:
        command = [sys.executable, "-m", __spec__.name, "--kind", kind, "--sizes", ",".join(sizes), "--json"]
        done = subprocess.run(command, check=True, capture_output=True, text=True)
        yield from (Row(**row) for row in json.loads(done.stdout))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")
    parser.add_argument("--sizes", default=",".join(SIZES), help="which of 512, 1K, 2K and 4K")
    parser.add_argument("--kind", choices=KINDS, help="measure one kind, in this process")
    asked = parser.parse_args()
    sizes = [size for size in asked.sizes.split(",") if size in SIZES]
    measured: list[Row] = []
    if not asked.json:
        heads = ("wall ms", "CPU ms", "MiB", "stall ms", "KiB")
        print(f"{'kind':12} {'size':>4} {'format':>6}", *(f"{head:>8}" for head in heads))
    for row in measure(asked.kind, sizes) if asked.kind else rows(sizes):
        measured.append(row)
        if not asked.json:
            form = row.mime_type.removeprefix("image/")
            figures = (row.wall_ms, row.cpu_ms, row.peak_mib, row.stall_ms, row.kib)
            told = [f"{row.kind:12} {row.size:>4} {form:>6}", *(f"{figure:8.0f}" for figure in figures)]
            print(*told, "missed" if row.missed() else "")
    if asked.json:
        print(json.dumps([asdict(row) for row in measured]))
        return 0
    return int(any(row.missed() for row in measured))


if __name__ == "__main__":
    sys.exit(main())
