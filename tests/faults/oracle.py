"""What must hold whatever happens to a call; checked after every fault.

The key is nowhere; no temporary file and no record without its whole pictures is left; the event loop was
never held up; no descriptor leaks; one plain message; and a neighbour's call is as if nothing had happened.

How the loop is watched: a heartbeat every 5 ms notes how much processor time the loop's own thread has used
since the last beat. That is what holding up the loop costs, and it does not grow when the machine is busy
with other things. Blocking without computing is caught by the clock, with a limit that a busy machine keeps.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import hashlib
import json
import logging
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from playground.catalogue import Catalogue
from playground.errors import PlaygroundError
from playground.history import History
from playground.jobs.job import Job
from playground.jobs.studio import Studio
from playground.providers.client import Provider
from playground.providers.credentials import Credentials, Key, install_log_redaction
from playground.request import ImageRequest
from playground.ui.explain import explain
from playground.ui.words import LANGUAGES, words_for
from tests.faults.server import answering, gateway, good
from tests.mocked import Pauses
from tests.wire.samples import picture

CANARY = "canary+key/0123456789"
MODEL = "gemini-3-pro-image"
MAX_GAP_SECONDS = 0.050
MAX_STALL_SECONDS = 5.0
_BEAT_SECONDS = 0.005
_TRACES = (CANARY, "canary%2Bkey%2F0123456789", "canary+key", "canary%2Bkey")


@dataclass
class Loop:
    """What the heartbeat saw."""

    longest_gap: float = 0.0
    longest_stall: float = 0.0


@asynccontextmanager
async def heartbeat() -> AsyncIterator[Loop]:
    """Watches the running loop while the block runs."""
    seen = Loop()
    beating = asyncio.create_task(_beat(seen))
    try:
        yield seen
    finally:
        beating.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await beating


async def _beat(seen: Loop) -> None:
    used, now = time.thread_time(), time.monotonic()
    while True:
        await asyncio.sleep(_BEAT_SECONDS)
        used_before, before = used, now
        used, now = time.thread_time(), time.monotonic()
        seen.longest_gap = max(seen.longest_gap, used - used_before)
        seen.longest_stall = max(seen.longest_stall, now - before)


@contextmanager
def logged(path: Path) -> Iterator[None]:
    """Everything that any library logs, at DEBUG, in a file."""
    root, factory = logging.getLogger(), logging.getLogRecordFactory()
    level, handler = root.level, logging.FileHandler(path, encoding="utf-8")
    install_log_redaction()
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    try:
        yield
    finally:
        root.removeHandler(handler)
        root.setLevel(level)
        handler.close()
        logging.setLogRecordFactory(factory)


def descriptors() -> int:
    """How many files and sockets this process holds open."""
    gc.collect()
    return len(list(Path("/proc/self/fd").iterdir()))


@dataclass
class Watched:
    """A studio under watch."""

    studio: Studio
    folder: Path
    neighbours: str
    pauses: Pauses
    told: list[str] = field(default_factory=list)

    def start(self, base_url: str, **fields: Any) -> Any:
        """A press of Generate by one visitor at an address of their own."""
        wanted = {"prompt": "a cat", "provider": "google", "model": MODEL, **fields}
        owner = wanted.pop("owner", "me")
        return self.studio.start(
            ImageRequest(**wanted), Credentials(Key(CANARY), base_url), owner=owner, mode="text"
        )

    async def run(self, base_url: str, **fields: Any) -> Job:
        """A call at `base_url`, and a neighbour's beside it, which has to be as if nothing happened."""
        async with asyncio.timeout(100):
            job = await self.start(base_url, **fields)
            other = await self.start(self.neighbours, owner="neighbour")
            await ended(job)
            await ended(other)
        assert [saved.path.read_bytes() for saved in other.pictures] == [picture()]
        self.note(job)
        return job

    async def failure(self, base_url: str, **fields: Any) -> PlaygroundError:
        """The one error of a call that has to fail, told in one plain message in each language."""
        job = await self.run(base_url, **fields)
        assert job.complete_pictures == ()
        (error,) = job.errors
        for language in LANGUAGES:
            told = explain(error, words_for(language))
            assert told.code == error.code, "it has no words of its own"
            assert all(part.strip() and "<" not in part for part in (told.what, told.why, told.do))
            self.told.append(repr(told))
        return error

    def note(self, job: Job) -> None:
        """Keeps for the search for the key what a page could show of a job."""
        self.told.append(repr(job))
        for error in job.errors:
            self.told += [str(error), repr(error.args), repr(vars(error)), repr(error.__context__)]


async def ended(job: Job) -> Job:
    async for _ in job.watch():
        pass
    return job


@asynccontextmanager
async def watched(catalogue: Catalogue, folder: Path) -> AsyncIterator[Watched]:
    """A studio on real sockets. Fails at the end where anything of the list above does not hold."""
    data, log = folder / "data", folder / "debug.log"
    data.mkdir()
    before = descriptors()
    with gateway(answering(good())) as neighbours, logged(log):
        pauses, history = Pauses(), History(data)
        provider = Provider(catalogue, staging_dir=history.staging_dir, pace=pauses.pace)
        studio = Studio(catalogue, provider, history)
        bench = Watched(studio, data, neighbours.base_url, pauses)
        # Everything is imported and warm from here on.
        await ended(await bench.start(neighbours.base_url))
        assert [words_for(language)("app.name") for language in LANGUAGES]
        async with heartbeat() as loop:
            yield bench
        assert len(studio._queue._running) == 0, "a place in the line is lost"
        await studio.aclose()
        left = list(history.staging_dir.iterdir())
        await asyncio.to_thread(history.close)
    assert not [path.name for path in left if path.name.startswith(".tmp-")], "a temporary file is left"
    for _ in range(50):  # sockets that were closed go in one of the loop's next turns
        if descriptors() <= before:
            break
        await asyncio.sleep(0)
    assert descriptors() <= before, "a socket or file is left open"
    assert loop.longest_gap <= MAX_GAP_SECONDS, f"the loop was held up for {loop.longest_gap * 1000:.0f} ms"
    assert loop.longest_stall <= MAX_STALL_SECONDS, f"the loop stood still for {loop.longest_stall:.1f} s"
    assert_nothing_half_done(data)
    for text in (*bench.told, log.read_text(encoding="utf-8", errors="replace")):
        assert_no_trace(text)
    for path in files_below(data):
        assert_no_trace(path.read_bytes().decode("latin-1"))


def assert_nothing_half_done(data: Path) -> None:
    """No temporary file, and every record's pictures are there, whole."""
    names = [path.name for path in files_below(data)]
    assert not [name for name in names if name.startswith((".tmp-", ".new-"))], names
    assert not [path for path in files_below(data / "incoming") if path.name != "lock"]
    for record in data.glob("generations/*/record.json"):
        for outcome in json.loads(record.read_text(encoding="utf-8"))["outcomes"]:
            for saved in outcome["pictures"]:
                content = (record.parent / saved["name"]).read_bytes()
                assert hashlib.sha256(content).hexdigest() == saved["sha256"]


def assert_no_trace(text: str) -> None:
    for trace in _TRACES:
        assert trace not in text


def files_below(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]
