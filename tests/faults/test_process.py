"""F12, the jobs' part: a process that is told to stop, and one that is killed in the middle of anything."""

from __future__ import annotations

import asyncio
import contextlib
import json
import random
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from playground.catalogue import Catalogue
from playground.history import History
from playground.jobs.studio import Studio
from playground.providers.client import Provider
from tests.app_process import AppProcess, forked
from tests.faults import child
from tests.faults.oracle import assert_no_trace, assert_nothing_half_done, files_below
from tests.faults.server import Connection, gateway, good
from tests.faults.test_people import ROWS, start_call
from tests.wire.samples import picture

STOP_SECONDS = 0.2
"""How long open pages hold up a stop here, where nobody is to wait for what a visitor would."""
LONGER = 1.5


# ── told to stop ────────────────────────────────────────────────────────────────────────────────────────────


@contextmanager
def app(folder: Path, gateway_url: str, grace: float) -> Iterator[AppProcess]:
    rows = folder / "rows.toml"
    rows.write_text(ROWS.format(base_url=gateway_url), encoding="utf-8")
    environment = {
        "PLAYGROUND_DATA_DIR": str(folder / "data"),
        "PLAYGROUND_PROVIDERS": str(rows),
        "PLAYGROUND_USE_PROXY": "no",
        "PLAYGROUND_GRACE_SECONDS": str(grace),
    }
    process = AppProcess(folder / "log", environment, {"playground.application.STOP_SECONDS": STOP_SECONDS})
    process.start()
    try:
        process.wait_for()
        yield process
    finally:
        process.send(signal.SIGKILL)
        assert process.ends_within(60)


def records(folder: Path) -> list[dict[str, object]]:
    paths = (folder / "data" / "generations").glob("*/record.json")
    return [json.loads(path.read_text(encoding="utf-8")) for path in paths]


@pytest.mark.slow
def test_f12_a_stop_waits_for_the_call_that_runs_and_keeps_its_picture(tmp_path: Path) -> None:
    may_answer = threading.Event()

    def think(connection: Connection) -> None:
        may_answer.wait(90)
        connection.send(good())

    with gateway(think) as server, app(tmp_path, server.base_url, grace=90) as running:
        start_call(running.base_url)
        assert server.arrived.wait(60)
        running.send(signal.SIGTERM)
        assert not running.ends_within(LONGER)  # than the pages are waited for
        may_answer.set()
        assert running.ends_within(60)
        assert running.exit_code in (0, -signal.SIGTERM)
    (record,) = records(tmp_path)
    assert not record["interrupted"]
    kept = [path for path in files_below(tmp_path / "data") if path.name == "1-1.png"]
    assert [path.read_bytes() for path in kept] == [picture()]
    assert list((tmp_path / "data" / "incoming").iterdir()) == []
    assert len(server.requests) == 1


@pytest.mark.slow
def test_f12_what_the_grace_does_not_cover_is_marked_as_interrupted(tmp_path: Path) -> None:
    with gateway(lambda connection: connection.wait_for_end() and None) as server:
        with app(tmp_path, server.base_url, grace=0.5) as running:
            start_call(running.base_url)
            assert server.arrived.wait(60)
            running.send(signal.SIGTERM)
            assert running.ends_within(60)
            assert running.exit_code in (0, -signal.SIGTERM)
            assert server.someone_hung_up.wait(30)
        (record,) = records(tmp_path)
        assert record["interrupted"]
        assert [outcome["error"]["code"] for outcome in record["outcomes"]] == ["interrupted"]
        assert list((tmp_path / "data" / "incoming").iterdir()) == []  # a program's: nobody is to be told


@pytest.mark.slow
def test_f12_told_twice_to_stop_it_waits_no_longer(tmp_path: Path) -> None:
    with gateway(lambda connection: connection.wait_for_end() and None) as server:
        with app(tmp_path, server.base_url, grace=3600) as running:
            start_call(running.base_url)
            assert server.arrived.wait(60)
            running.send(signal.SIGTERM)
            assert not running.ends_within(LONGER)
            running.send(signal.SIGINT)
            assert running.ends_within(60)
        (record,) = records(tmp_path)
        assert record["interrupted"]


# ── killed ──────────────────────────────────────────────────────────────────────────────────────────────────


def recovered(catalogue: Catalogue, data: Path) -> set[str]:
    """Ids of the jobs that a new run says were cut off; everything else has to be whole."""
    studio = Studio(catalogue, Provider(catalogue), History(data))
    studio.recover()
    cut_off = {job.id for job in asyncio.run(studio.take_interrupted("me"))}
    assert asyncio.run(studio.take_interrupted("me")) == ()
    studio.history.close()
    return cut_off


def kill_at_a_random_moment(data: Path, base_url: str, chance: random.Random) -> None:
    """Runs a child that makes pictures, and kills it while it does."""
    context = forked()
    told, tells = context.Pipe(duplex=False)
    process = context.Process(target=child.run, args=(data, base_url, tells), daemon=True)
    process.start()
    tells.close()
    assert told.poll(60)
    assert told.recv_bytes() == child.GOING
    process.join(chance.uniform(0, 0.5))
    assert process.is_alive()
    process.kill()
    process.join()


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_f12_after_a_kill_every_call_that_reached_the_gateway_is_accounted_for(
    catalogue: Catalogue, tmp_path: Path
) -> None:
    chance, data = random.Random(12), tmp_path / "data"
    reached: set[str] = set()

    def draw(connection: Connection) -> None:
        with contextlib.suppress(ValueError):  # killed while it was still sending
            reached.add(json.loads(connection.body)["contents"][0]["parts"][0]["text"])
        connection.send(good())

    deadline, cut_off = time.monotonic() + 240, set()
    with gateway(draw) as server:
        for _ in range(20):
            kill_at_a_random_moment(data, server.base_url, chance)
            cut_off |= recovered(catalogue, data)
            known = {str(record["prompt"]) for record in records(tmp_path)}
            assert reached <= known
            if time.monotonic() > deadline:  # a very busy machine: fewer moments
                break
    told = {str(record["id"]) for record in records(tmp_path) if record["interrupted"]}
    assert told == cut_off
    assert len(reached) > 20
    for path in files_below(data / "generations"):
        if path.name.endswith(".png"):
            assert path.read_bytes() == picture()
        assert_no_trace(path.read_bytes().decode("latin-1"))
    history = History(data)
    history.start()  # which sweeps what was being written
    history.close()
    assert_nothing_half_done(data)
