"""`kill -9` in the middle of a batch, again and again: no row is sent twice, and none is missing.

Counted where it is paid: at a demo gateway on a port of this machine. A short form runs in the suite, on
PostgreSQL too; `python -m tests.batches.test_kill` does it with 500 rows and 20 kills, and prints figures.
"""

from __future__ import annotations

import asyncio
import json
import multiprocessing
import random
import sys
import tempfile
import time
from collections import Counter
from contextlib import ExitStack
from dataclasses import dataclass
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from typing import Any

import pytest

from playground.history import Batch, BatchRow, BatchState, History, RowState
from playground.settings import StorageSettings
from tests.app_server import hasty_demo, serve
from tests.batches import killed
from tests.history_samples import ENGINES, NOON, database_url

LONGEST_SECONDS = 1800
SHORT = {"rows": 60, "kills": 3}
LOST_SECONDS = 6.0
"""After which a silent process is taken for lost in the suite, which need not wait for all of the 15 s."""
THINKING_SECONDS = 0.3
"""How long the gateway takes for a row at least: a fast machine still has rows left to be killed in."""


class Counting:
    """The demo gateway, counting how often it was asked for each prompt: once a request is all there."""

    def __init__(self) -> None:
        self._app = hasty_demo()
        self.asked: Counter[str] = Counter()

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        body = bytearray()

        async def counted() -> Any:
            message = await receive()
            if message["type"] == "http.request" and scope["method"] == "POST":
                body.extend(message.get("body", b""))
                if not message.get("more_body"):
                    self.asked[json.loads(body)["contents"][0]["parts"][0]["text"]] += 1
                    await asyncio.sleep(THINKING_SECONDS)
            return message

        await self._app(scope, counted, send)


@dataclass
class Run:
    """What a batch went through."""

    kills: int
    seconds: float
    asked: Counter[str]
    rows: list[BatchRow]
    pictured: set[str]

    def check(self) -> str:
        """The figures, once they are right."""
        prompts = [row.fields["prompt"] for row in self.rows]
        twice = [prompt for prompt, times in self.asked.items() if times > 1]
        assert twice == [], f"{len(twice)} rows were sent twice"
        states = Counter(row.state.value for row in self.rows)
        assert states.keys() <= {"done", "unclear"}, f"rows are missing: {states}"
        done = {row.fields["prompt"] for row in self.rows if row.state is RowState.DONE}
        assert done <= self.pictured, "a picture is missing"
        assert self.asked.keys() - done <= set(prompts) - done
        unclear = set(prompts) - done
        paid = len(unclear & self.asked.keys())
        return (
            f"{len(prompts)} rows, {self.kills} kills, {self.seconds:.0f} s: {len(done)} done, "
            f"{len(unclear)} unclear ({paid} of them had reached the gateway), {self.asked.total()} calls "
            f"at the gateway, {len(twice)} twice, 0 missing"
        )


def killed_again_and_again(
    folder: Path, rows: int, kills: int, url: str | None = None, at_once: int = 1, *lost: float
) -> Run:
    """Runs a batch in `at_once` processes, one of which is killed and started anew each time."""
    counting, started = Counting(), time.monotonic()
    with ExitStack() as stack:
        base_url = stack.enter_context(serve(counting))
        providers = folder / "rows.toml"
        providers.write_text(killed.PROVIDER.format(base_url=base_url), encoding="utf-8")
        storage = StorageSettings(database_url=url, min_free=0)
        history = History(folder / "data", storage, busy_seconds=60)
        stack.callback(history.close)
        batch = Batch(id=history.new_id(), owner="me", network="", created=NOON)
        made = [BatchRow(number, number + 1, _fields(number)) for number in range(1, rows + 1)]
        history.batches.add(batch, made)
        context = multiprocessing.get_context("forkserver")
        context.set_forkserver_preload(["tests.batches.killed"])

        def start() -> ForkServerProcess:
            arguments = (str(folder / "data"), str(providers), url, *lost)
            process = context.Process(target=killed.run, args=arguments, daemon=True)
            process.start()
            return process

        processes = [start()]
        stack.callback(lambda: [_end(process) for process in processes])
        _wait(history, batch, 1, processes[0])  # it is the one that runs the batch, and that is killed first
        processes += [start() for _ in range(at_once - 1)]
        chance = random.Random(rows)
        for number in range(kills):
            # A part of the rows between two kills, whatever the machine is as fast as.
            _wait(history, batch, rows * (number + 0.5) / (kills + 1), processes[0])
            processes[0].join(chance.uniform(0, 0.3))  # a moment by chance
            found = history.batches.find(batch.id)
            assert found is not None
            assert found.state is BatchState.RUNNING, history.batches.rows(batch.id, [RowState.FAILED])
            _end(processes.pop(0))
            processes.append(start())
        _wait(history, batch, rows, processes[0])
        found = history.batches.rows(batch.id)
        entries = history.entries("me", [row.generation(batch.id) for row in found])
        pictured = {entry.prompt for entry in entries if entry.pictures}
    return Run(kills, time.monotonic() - started, counting.asked, found, pictured)


def _fields(number: int) -> dict[str, Any]:
    return {
        "prompt": f"a teapot, number {number}",
        "provider": "mine",
        "model": "gemini-nano-banana-2.1",
        "image_size": "1K",
    }


def _wait(history: History, batch: Batch, wanted: float, process: ForkServerProcess) -> None:
    """Returns when so many rows have come to an end, or the whole batch has."""
    deadline = time.monotonic() + LONGEST_SECONDS
    while time.monotonic() < deadline:
        found, counts = history.batches.find(batch.id), history.batches.counts(batch.id)
        over = sum(counts.values()) - counts[RowState.WAITING] - counts[RowState.SENT]
        if over >= wanted or (found is not None and found.state is BatchState.ENDED):
            return
        assert found is not None
        assert found.state is BatchState.RUNNING, f"it does not go on: {found.reason}"
        assert process.is_alive(), "a child failed; its traceback is above"
        process.join(0.05)
    raise AssertionError(f"the batch stands still: {counts}")


def _end(process: ForkServerProcess) -> None:
    process.kill()
    process.join()


@pytest.mark.slow
def test_no_row_is_sent_twice_and_none_is_missing_however_often_the_process_is_killed(tmp_path: Path) -> None:
    print(killed_again_and_again(tmp_path, **SHORT).check())


@pytest.mark.slow
@pytest.mark.skipif(
    "postgresql" not in ENGINES, reason="needs a PostgreSQL server, which the tests start where CI is set"
)
def test_another_process_takes_over_and_sends_nothing_again(tmp_path: Path) -> None:
    with database_url("postgresql") as url:
        print(killed_again_and_again(tmp_path, 30, 1, url, 2, LOST_SECONDS).check())


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as place:
        sys.stdout.write(f"one process, SQLite: {killed_again_and_again(Path(place), 500, 20).check()}\n")
