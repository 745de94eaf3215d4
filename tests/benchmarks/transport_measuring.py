"""How one process measures itself."""

from __future__ import annotations

import asyncio
import gc
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

BEAT_S = 0.001
_CLEAR_PEAK = "5"  # the kernel's proc(5): resets VmHWM to what is resident now
_T = TypeVar("_T")


@dataclass(frozen=True)
class Measurement:
    """What one run cost.

    Attributes:
        wall_s: time by the clock, seconds.
        cpu_s: processor time of all threads, seconds.
        peak_mb: most memory at any moment over what was resident before, MB (10^6 bytes).
        gap_ms: longest time during which the event loop did not turn, milliseconds; None without a loop.
    """

    wall_s: float
    cpu_s: float
    peak_mb: float
    gap_ms: float | None


class Heartbeat:
    """Wakes up every millisecond and remembers the longest pause between two beats."""

    def __init__(self, clock: Callable[[], float] = time.perf_counter) -> None:
        self._clock = clock
        self.restart()

    def restart(self) -> None:
        self._last = self._clock()
        self.longest_s = 0.0

    def beat(self) -> None:
        now = self._clock()
        self.longest_s = max(self.longest_s, now - self._last)
        self._last = now

    async def run(self) -> None:
        while True:
            await asyncio.sleep(BEAT_S)
            self.beat()


async def measured(work: Callable[[], Awaitable[_T]]) -> tuple[Measurement, _T]:
    """Runs `work` and says what it cost, and what it returned."""
    gc.collect()
    heartbeat = Heartbeat()
    beating = asyncio.create_task(heartbeat.run())
    await asyncio.sleep(10 * BEAT_S)
    before = restart_peak()
    heartbeat.restart()
    cpu, wall = time.process_time(), time.perf_counter()
    result = await work()
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    heartbeat.beat()
    peak = memory("VmHWM") - before
    beating.cancel()
    return Measurement(wall, cpu, peak / 1e6, heartbeat.longest_s * 1e3), result


def restart_peak() -> int:
    """Forgets the peak so far; returns the bytes that are resident now."""
    Path("/proc/self/clear_refs").write_text(_CLEAR_PEAK)
    return memory("VmRSS")


def memory(name: str) -> int:
    """A value of /proc/self/status, in bytes."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith(f"{name}:"):
            return int(line.split()[1]) * 1024
    raise KeyError(name)
