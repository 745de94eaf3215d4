"""`kill -9` at every step of a batch of the provider's: it is created once, and every answer is kept once.

Counted where it is paid: at a demo gateway on a port of this machine, which has the process killed at the
steps that matter: the answer to the upload, the one to the creation, a look, and the file of answers, twice.
"""

from __future__ import annotations

import multiprocessing
import time
from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from typing import Any

import pytest

from playground import catalogue as catalogue_module
from playground.demo import gateway
from playground.history import Batch, BatchRow, BatchState, History
from playground.settings import StorageSettings
from tests.app_server import serve
from tests.batches import killed
from tests.history_samples import NOON

STEPS = ["upload", "batchGenerateContent", "look", "download", "download"]
ROWS = 12


class Killing:
    """The demo gateway; at each of the steps, its answer is begun and the one who asks is killed."""

    def __init__(self) -> None:
        self._app = gateway.create_app(catalogue_module.load(), pending_seconds=0)
        self.steps = list(STEPS)
        self.seen: Counter[str] = Counter()
        self.kill: Callable[[], None] = lambda: None

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        step = _step(scope) if scope["type"] == "http" else ""
        self.seen[step] += 1
        is_last = bool(self.steps) and self.steps[0] == step

        async def sent(message: Any) -> None:
            # Of a file of answers the first part goes out, of everything else nothing.
            if is_last and (step != "download" or len(message.get("body", b"")) > 1000):
                await send(message) if step == "download" else None
                if self.steps and self.steps[0] == step:
                    self.steps.pop(0)
                    self.kill()
                return
            await send(message)

        await self._app(scope, receive, sent)


def _step(scope: Any) -> str:
    path, method = scope["path"], scope["method"]
    if ":" in path.rpartition("/")[2]:
        return str(path.rpartition(":")[2])
    if b"upload_id" in scope["query_string"]:
        return "upload"
    return "look" if method == "GET" and "/batches/" in path else f"{method} {path}"


@pytest.mark.slow
def test_a_batch_is_created_once_and_its_answers_kept_once_wherever_the_process_is_killed(
    tmp_path: Path,
) -> None:
    killing = Killing()
    with ExitStack() as stack:
        base_url = stack.enter_context(serve(killing))
        providers = tmp_path / "rows.toml"
        providers.write_text(killed.PROVIDER.format(base_url=base_url), encoding="utf-8")
        history = History(tmp_path / "data", StorageSettings(min_free=0), busy_seconds=60)
        stack.callback(history.close)
        batch = Batch(id=history.new_id(), owner="me", network="", created=NOON, via="provider")
        made = [BatchRow(number, number + 1, _fields(number)) for number in range(1, ROWS + 1)]
        history.batches.add(batch, made)
        context = multiprocessing.get_context("forkserver")
        context.set_forkserver_preload(["tests.batches.killed"])
        processes: list[ForkServerProcess] = []
        stack.callback(lambda: [process.kill() for process in processes])
        for _ in range(len(STEPS) + 1):
            arguments = (str(tmp_path / "data"), str(providers), None)
            process = context.Process(target=killed.run, args=arguments, daemon=True)
            killing.kill = process.kill
            processes.append(process)
            process.start()
            _wait(history, batch, process)
        assert killing.steps == []
        assert killing.seen["batchGenerateContent"] == 1
        rows = history.batches.rows(batch.id)
        assert [row.state.value for row in rows] == ["done"] * ROWS
        entries = history.entries("me", [row.generation(batch.id) for row in rows])
        assert [len(entry.pictures) for entry in entries] == [1] * ROWS
        assert len(history.page("me", limit=100).entries) == ROWS
        key = killed.KEY.encode()
        assert not [path for path in tmp_path.rglob("*") if path.is_file() and key in path.read_bytes()]


def _fields(number: int) -> dict[str, Any]:
    model = "gemini-nano-banana-2.1"
    return {"prompt": f"a teapot, number {number}", "provider": "mine", "model": model, "image_size": "1K"}


def _wait(history: History, batch: Batch, process: ForkServerProcess) -> None:
    """Returns when the process has been killed, or the batch has ended."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        process.join(0.05)
        found = history.batches.find(batch.id)
        assert found is not None
        assert found.state is not BatchState.PAUSED, f"it does not go on: {found.reason}"
        if not process.is_alive() or found.state is BatchState.ENDED:
            return
    raise AssertionError(f"the batch stands still: {history.batches.counts(batch.id)} {found.note}")
