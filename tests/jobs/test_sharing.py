"""Several processes on one PostgreSQL: each shows, stops and ends the jobs of all. Here they are studios."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from playground.catalogue import Catalogue
from playground.errors import PlaygroundError
from playground.history import History, Notice
from playground.jobs import sharing
from playground.jobs.records import job_of
from playground.jobs.registry import JobRegistry
from playground.jobs.sharing import Sharing
from playground.jobs.studio import Job, Studio
from playground.providers.progress import Phase, Progress
from playground.record import Record
from playground.settings import StorageSettings
from tests.history_samples import ENGINES, database_url
from tests.jobs.test_studio_jobs import Gate, ended, start, until
from tests.mocked import provider_of
from tests.wire.samples import picture

pytestmark = pytest.mark.skipif("postgresql" not in ENGINES, reason="there is no PostgreSQL")


class Machines:
    """Processes that share a database, and their pictures by a folder or an object store."""

    def __init__(self, catalogue: Catalogue, folder: Path, url: str, pictures_url: str | None) -> None:
        self._catalogue = catalogue
        self._folder = folder
        self._storage = StorageSettings(database_url=url, pictures_url=pictures_url, min_free=0)
        self._stopping: dict[Studio, tuple[asyncio.Event, asyncio.Task[None]]] = {}

    def begin(self, gate: Gate) -> Studio:
        """One more process, as it starts."""
        number = len(self._stopping) if self._storage.pictures_url else 0
        history = History(self._folder / f"data{number}", self._storage)
        studio = Studio(self._catalogue, provider_of(self._catalogue, gate), history)
        studio.recover()
        stopping = asyncio.Event()
        self._stopping[studio] = stopping, asyncio.create_task(studio.share(stopping))
        return studio

    async def stop(self, studio: Studio, grace: float = 0) -> None:
        """As on SIGTERM."""
        stopping, sharing = self._stopping[studio]
        if not stopping.is_set():
            await studio.aclose(grace)
            stopping.set()
            await sharing
            studio.history.close()

    def silence(self, studio: Studio) -> None:
        """It says nothing any more, and goes on."""
        stopping, sharing = self._stopping[studio]
        sharing.cancel()
        self._stopping[studio] = stopping, asyncio.create_task(asyncio.sleep(0))

    async def kill(self, studio: Studio, job: Job) -> None:
        """As on SIGKILL: nothing more is written, and the locks are given back."""
        stopping, sharing = self._stopping[studio]
        stopping.set()
        sharing.cancel()
        studio.history._staging._lock.release()
        for task in (*job.calls, job.ending):
            task.cancel()
        await asyncio.gather(sharing, *job.calls, job.ending, return_exceptions=True)
        await studio.provider.aclose()
        studio.history._index.close()

    async def aclose(self) -> None:
        for studio in self._stopping:
            await self.stop(studio)


@pytest.fixture(params=["folder", "store"])
async def machines(
    request: pytest.FixtureRequest, catalogue: Catalogue, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Machines]:
    monkeypatch.setattr("playground.jobs.sharing.STEP_SECONDS", 0.02)
    monkeypatch.setattr("playground.jobs.sharing._JUDGING_SECONDS", 0.5)
    monkeypatch.setattr("playground.jobs.sharing._WELL_SECONDS", 1.5)
    monkeypatch.setattr("playground.history.notices.LOST_SECONDS", 1.5)
    store = f"file://{tmp_path}/store" if request.param == "store" else None
    with database_url("postgresql") as url:
        made = Machines(catalogue, tmp_path, str(url), store)
        yield made
        await made.aclose()


async def met(studio: Studio, job: Job) -> Job:
    """Another process's view of a job, as a page there asks for it."""
    await studio.load_others("me")
    found = studio.job(job.id, owner="me")
    assert found is not None
    return found


async def test_a_job_is_shown_and_stopped_from_another_process(machines: Machines) -> None:
    gate = Gate()
    one, two = machines.begin(gate), machines.begin(Gate())
    job = await start(one, "a cat", count=3, token="press")
    await until(lambda: len(gate.arrived) == 3)
    gate.let(1)
    await until(lambda: len(job.outcomes) == 1)
    seen = await met(two, job)
    assert (seen.request, seen.is_done) == (job.request, False)
    assert two.started_by("press", owner="me") is seen is two.running("me")
    await two.load_others("you")
    assert two.job(job.id, owner="you") is None
    await until(lambda: len(seen.outcomes) == 1)
    (shown,) = seen.pictures
    path = await asyncio.to_thread(two.history.find_file, "me", job.id, shown.name)
    assert path is not None
    assert path.read_bytes() == picture()
    await until(lambda: [one.phase for one in seen.progress.values()] == [Phase.WAITING] * 2)
    two.stop(job.id, owner="you")
    two.stop(job.id, owner="me")
    await ended(seen)
    assert job.is_settled
    assert (job.stopped, job.interrupted, seen.stopped, len(seen.pictures)) == (True, False, True, 1)
    assert [len(await studio.take_interrupted("me")) for studio in (one, two)] == [0, 0]


def test_what_another_release_says_of_its_progress_is_read_as_far_as_it_is_known() -> None:
    assert sharing._progress({"phase": "dreaming", "dreams": 3}) == Progress(Phase.WAITING)
    told = {"phase": "receiving", "done": 5, "total": 9, "attempt": 2, "place": 3}
    odd = {"1": told, "first": told, "2": None, "3": {"done": "most"}, "4": {"retry": "soon"}}
    assert sharing._read_progress(odd) == ({1: Progress(Phase.RECEIVING, 5, 9, 2)}, {1: 3})


class Notices:
    """A table in which one job of another process runs, and two have lost theirs."""

    def __init__(self) -> None:
        self.beats = 0
        self.ended: list[str] = []
        self.is_swept = False

    def beat(self, _: object) -> dict[str, bool]:
        self.beats += 1
        return {}

    def named(self, _: object) -> list[Notice]:
        return [Notice(Record(id="elsewhere", owner="me"), "", is_running=True, stopped=False, progress={})]

    def take_lost(self) -> list[Record]:
        return [Record(id=name, owner="me") for name in ("damaged", "fine")]

    def forget(self, generations: list[str]) -> None:
        self.ended += generations

    def sweep(self) -> None:
        self.is_swept = True


async def test_a_process_is_heard_while_the_files_of_others_are_slow(
    catalogue: Catalogue, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("playground.jobs.sharing.STEP_SECONDS", 0.01)
    history, notices, stopping, slow = History(tmp_path), Notices(), asyncio.Event(), threading.Event()
    jobs = JobRegistry(catalogue, history, lambda _: None)
    followed = job_of(Record(id="elsewhere", owner="me"), "me", catalogue, history)
    followed.is_elsewhere, followed.seconds = True, None
    jobs.add(followed)
    monkeypatch.setattr(history, "notices", notices)
    monkeypatch.setattr(Sharing, "_seen", lambda *_: slow.wait(10) and followed)
    running = asyncio.create_task(Sharing(catalogue, history, jobs).run(stopping))
    try:
        async with asyncio.timeout(5):
            await until(lambda: notices.beats > 2)
    finally:
        slow.set()
        stopping.set()
        await running


def test_a_lost_job_that_cannot_be_ended_keeps_no_other_from_it(
    catalogue: Catalogue, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(_: History, known: Record) -> None:
        if known.id == "damaged":
            raise OSError("unreadable")

    monkeypatch.setattr(History, "interrupted", interrupted)
    history, notices = History(tmp_path), Notices()
    jobs = JobRegistry(catalogue, history, lambda _: None)
    Sharing(catalogue, history, jobs)._end_lost(notices)
    assert (notices.ended, notices.is_swept) == (["fine"], True)


async def test_a_job_that_ended_elsewhere_is_found_by_its_press(machines: Machines) -> None:
    gate = Gate()
    one, two = machines.begin(gate), machines.begin(Gate())
    gate.let(1)
    job = await ended(await start(one, token="press"))
    await two.load_others("me")
    found = two.started_by("press", owner="me")
    assert found is not None
    assert found.is_settled
    assert [(p.name, p.sha256) for p in found.pictures] == [(p.name, p.sha256) for p in job.pictures]
    assert await start(two, token="press") is found  # and the same press starts nothing again
    assert gate.arrived == ["a cat"]


async def test_what_a_killed_process_ran_is_ended_and_told_once_by_another(machines: Machines) -> None:
    gate = Gate()
    one, two = machines.begin(gate), machines.begin(Gate())
    job = await start(one, "a pig", count=3)
    await until(lambda: len(gate.arrived) == 3)
    gate.let(1)
    seen = await met(two, job)
    await until(lambda: seen.outcomes)
    await machines.kill(one, job)
    await ended(seen)
    assert (seen.interrupted, len(seen.pictures)) == (True, 1)
    assert [error.code for error in seen.errors] == ["interrupted", "interrupted"]
    three = machines.begin(Gate())  # it finds the files of the first, too, and has nothing to tell
    told = [[one.id for one in await studio.take_interrupted("me")] for studio in (three, two, three)]
    assert told == [[job.id], [], []]
    for studio in (two, three):
        (entry,) = studio.history.page("me").entries
        assert (entry.id, len(entry.pictures)) == (job.id, 1)
    record = three.history.record("me", job.id)
    assert record is not None
    assert [bool(one.text) for one in record.outcomes] == [True, False, False]  # as its process had told


async def test_what_a_stop_cuts_off_is_told_by_another_process(machines: Machines) -> None:
    gate = Gate()
    one, two = machines.begin(gate), machines.begin(Gate())
    waited_for = await start(one, "waited for")
    await until(lambda: gate.arrived)
    seen = await met(two, waited_for)
    stopping = asyncio.create_task(machines.stop(one, grace=60))
    await until(lambda: one._stopping)
    gate.let(1)
    await stopping
    await ended(seen)
    assert (seen.interrupted, len(seen.pictures)) == (False, 1)
    three = machines.begin(gate)
    cut = await start(three, "cut off")
    await until(lambda: len(gate.arrived) == 2)
    await machines.stop(three)
    assert [job.id for job in await two.take_interrupted("me")] == [cut.id]


async def test_who_was_silent_and_is_not_dead_has_the_last_word(machines: Machines) -> None:
    gate = Gate()
    one, two = machines.begin(gate), machines.begin(Gate())
    job = await start(one)
    await until(lambda: gate.arrived)
    seen = await met(two, job)
    machines.silence(one)
    await ended(seen)
    assert seen.interrupted
    gate.let(1)
    await ended(job)
    assert [len(entry.pictures) for entry in two.history.page("me").entries] == [1]
    record = two.history.record("me", job.id)
    assert record is not None
    assert not record.interrupted
    assert await two.take_interrupted("me") == ()


async def test_a_page_whose_line_is_back_waits_for_a_database_that_is_away(
    machines: Machines, monkeypatch: pytest.MonkeyPatch
) -> None:
    gate = Gate()
    one, two = machines.begin(gate), machines.begin(Gate())
    job = await start(one, token="press")
    await until(lambda: gate.arrived)
    asked = []

    def away(*_: object) -> None:
        asked.append("of")
        raise PlaygroundError("history_failed", reason="gone")

    with monkeypatch.context() as patch:
        patch.setattr(two.history.notices, "of", away)
        await two.load_others("me")  # a press goes on without
        assert two.job(job.id, owner="me") is None
        waiting = asyncio.create_task(two.load_others("me", is_patient=True))
        await until(lambda: len(asked) > 2)
        assert not waiting.done()
    await waiting
    assert two.started_by("press", owner="me") is two.job(job.id, owner="me") is not None
    gate.let(1)
