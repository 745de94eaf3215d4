"""Several processes, one service: each shows, stops and, where need be, ends the jobs of all.

Each tells the others of its jobs by rows in the database that they share, and looks at the rows once a
second: every loop is the same, and none waits for another. A page that comes by at another process than the
one that runs its job follows it there. A process that says nothing any more is taken for ended, and whoever
sees that first records its jobs as interrupted, with the pictures that came. Nothing is ever sent again: the
visitors' keys are in the memory of the process that they were typed into and nowhere else.

While the database is away, every process goes on with what it has, and takes nobody for ended.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, TypeVar

from playground.catalogue import Catalogue
from playground.errors import PlaygroundError
from playground.history import LOST_SECONDS, History, Notice
from playground.jobs.job import Job
from playground.jobs.records import interrupted, job_of, record_of
from playground.jobs.registry import JobRegistry
from playground.providers.progress import Phase, Progress
from playground.record import Record

if TYPE_CHECKING:
    from playground.history.notices import JobNotices

T = TypeVar("T")
STEP_SECONDS = 1.0
PATIENCE_SECONDS = 300.0
"""How long a page whose line is back waits for a database that is away."""
_JUDGING_SECONDS = LOST_SECONDS / 3
_WELL_SECONDS = LOST_SECONDS / 2
"""For how long a process has to be in step itself before it takes another for ended: each that lives has said
so by then, also where the database was away for all."""
_log = logging.getLogger(__name__)


class Sharing:
    """Keeps this process in step with the others. Does nothing where the history shares no database."""

    def __init__(self, catalogue: Catalogue, history: History, jobs: JobRegistry) -> None:
        self._catalogue = catalogue
        self._history = history
        self._jobs = jobs
        self._told: dict[str, tuple[int, bool]] = {}  # job -> what its row says: outcomes, stopped
        self._well_since = self._last_step = time.monotonic()
        self._is_away = False
        self._is_behind = False
        self._judging: asyncio.Task[None] | None = None
        self._following: asyncio.Task[None] | None = None

    # ── asked by pages ──────────────────────────────────────────────────────────────────────────────────────

    async def load_others(self, owner: str, *, is_patient: bool = False) -> None:
        """Makes an owner's jobs of other processes known to the registry.

        Args:
            is_patient: waits for a database that is away.
        """
        known = [job.id for job in self._jobs.of(owner)]
        patience = PATIENCE_SECONDS if is_patient else 0
        for notice in await self._asked(lambda notices: notices.of(owner, known), patience):
            job = await asyncio.to_thread(self._seen, notice)
            job.seen = job.is_done  # there
            if self._jobs.get(job.id, owner) is None:
                self._jobs.add(job)

    async def take_interrupted(self, owner: str) -> tuple[Job, ...]:
        """An owner's jobs whose process ended; each is returned once, by whichever process."""
        told = await self._asked(lambda notices: notices.take_untold(owner))
        for record in told:
            job, known = await asyncio.to_thread(self._job, record), self._jobs.get(record.id, owner)
            if known is None:
                job.seen = True  # it is told in its own way
                self._jobs.add(job)
            else:  # somebody may be watching it
                known.follow(job)
        return tuple(filter(None, (self._jobs.get(record.id, owner) for record in told)))

    async def _asked(self, question: Callable[[JobNotices], list[T]], patience: float = 0) -> list[T]:
        """The answer of the table; none where there is no table, or it is away for so many seconds."""
        notices, deadline = self._history.notices, time.monotonic() + patience
        while True:
            try:
                return [] if notices is None else await asyncio.to_thread(question, notices)
            except PlaygroundError as error:
                if time.monotonic() >= deadline:
                    _log.error("jobs of other processes cannot be looked up: %s", error)
                    return []
            await asyncio.sleep(STEP_SECONDS)

    # ── once a second ───────────────────────────────────────────────────────────────────────────────────────

    async def run(self, stopping: asyncio.Event) -> None:
        """Keeps in step until a stop."""
        notices = self._history.notices
        if notices is None:
            return
        with ThreadPoolExecutor(1, "sharing") as thread:  # its own: whoever is silent is taken for ended
            while not stopping.is_set():
                await self._attempt(notices, thread)
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(stopping.wait(), STEP_SECONDS)
        if tasks := [task for task in (self._judging, self._following) if task is not None]:
            await asyncio.wait(tasks)

    async def _attempt(self, notices: JobNotices, thread: Executor) -> None:
        try:
            await self._step(notices, thread)
        except (PlaygroundError, OSError) as error:
            self._well_since = time.monotonic()
            if not self._is_away:
                _log.error("out of step with other processes: %s", error)
            self._is_away = True
        else:
            self._is_away = False
            self._judge(notices)
            if not _is_under_way(self._following):
                self._following = asyncio.create_task(self._follow(notices))

    async def _step(self, notices: JobNotices, thread: Executor) -> None:
        own = {job.id: job for job in self._jobs.unsettled()}
        said = {job.id: (len(job.outcomes), job.stopped) for job in own.values()}
        news = [(record_of(job), job.token) for job in own.values() if self._told.get(job.id) != said[job.id]]
        progress = {job.id: _told_progress(job) for job in own.values()}
        stops = [(job.owner, job.id) for job in self._jobs.unsettled(elsewhere=True) if job.stopped]

        def work() -> dict[str, bool]:  # no files: whoever waits for them is silent meanwhile
            for record, token in news:
                notices.publish(record, token)
            for owner, generation in stops:
                notices.stop(owner, generation)
            return notices.beat(progress)

        known = await asyncio.get_running_loop().run_in_executor(thread, work)
        self._told = {job_id: said[job_id] for job_id in known}
        for job_id, is_stopped in known.items():
            if is_stopped and not own[job_id].stopped:
                own[job_id].stop()

    async def _follow(self, notices: JobNotices) -> None:
        """Has the jobs of other processes be as those say, however long their files take."""
        followed = self._jobs.unsettled(elsewhere=True)
        try:
            now = await asyncio.to_thread(notices.named, [job.id for job in followed]) if followed else []
            told = {notice.record.id: notice for notice in now}
            for job in followed:
                notice = told.get(job.id)
                seen = await asyncio.to_thread(self._seen, notice) if notice else await self._gone(job)
                job.follow(seen)
        except (PlaygroundError, OSError) as error:
            if not self._is_behind:
                _log.error("jobs of other processes cannot be followed: %s", error)
            self._is_behind = True
        else:
            self._is_behind = False

    async def _gone(self, job: Job) -> Job:
        """A job whose row is gone, as its record has it; without one it came to nothing."""
        try:
            found = await asyncio.to_thread(self._jobs.restored, job.id, job.owner)
        except PlaygroundError:
            found = None
        return found or replace(job, seconds=job.elapsed(), progress={})

    # ── processes that have ended ───────────────────────────────────────────────────────────────────────────

    def _judge(self, notices: JobNotices) -> None:
        """Looks for jobs whose process is lost, unless this one itself was away or stood still lately."""
        now, before = time.monotonic(), self._last_step
        self._last_step = now
        if now - before > _JUDGING_SECONDS:
            self._well_since = now
        if now - self._well_since > _WELL_SECONDS and not _is_under_way(self._judging):
            self._well_since += _JUDGING_SECONDS
            self._judging = asyncio.create_task(asyncio.to_thread(self._end_lost, notices))

    def _end_lost(self, notices: JobNotices) -> None:
        with _logged():
            for known in notices.take_lost():
                with _logged():
                    self._end(notices, known)
        with _logged():
            notices.sweep()

    def _end(self, notices: JobNotices, known: Record) -> None:
        """Records that a job was cut off, with what came, as `Studio.recover` does."""
        record = self._history.interrupted(known)
        if record is None:  # it had ended, or come to nothing, when its process did
            notices.forget([known.id])
        elif record.seconds is None:
            self._history.save_record(interrupted(record, self._job(record)))
        else:
            notices.end(record)

    # ── rows and jobs ───────────────────────────────────────────────────────────────────────────────────────

    def _seen(self, notice: Notice) -> Job:
        """The job as its process tells it. Looks for files."""
        job = self._job(notice.record)
        job.token, job.stopped = notice.token, job.stopped or notice.stopped
        if notice.is_running:
            job.seconds = None
            job.usual_seconds = None if job.free else job.model.seconds(job.request.image_size)
            job.progress, job.places = _read_progress(notice.progress)
        return job

    def _job(self, record: Record) -> Job:
        job = job_of(record, record.owner, self._catalogue, self._history)
        job.is_elsewhere = True
        job.started_clock = time.monotonic() - (datetime.now(UTC) - job.started).total_seconds()
        return job


def _is_under_way(task: asyncio.Task[None] | None) -> bool:
    return task is not None and not task.done()


@contextlib.contextmanager
def _logged() -> Iterator[None]:
    """What fails is tried again at a later look, and keeps nothing else from being done."""
    try:
        yield
    except (PlaygroundError, OSError) as error:
        _log.error("jobs that were cut off cannot be ended yet: %s", error)


def _told_progress(job: Job) -> str:
    now = time.monotonic()
    told = {
        call: {
            "phase": one.phase,
            "done": one.bytes_done,
            "total": one.bytes_total,
            "attempt": one.attempt,
            "retry": None if one.retry_at is None else one.retry_at - now,
            "place": job.queue_position(call),
        }
        for call, one in job.progress.items()
    }
    return json.dumps(told)


def _read_progress(told: Mapping[str, Any]) -> tuple[dict[int, Progress], dict[int, int]]:
    """Progress and places by call, as `_told_progress` wrote them, perhaps in another release, which may have
    said more or less. What cannot be read is left out."""
    progress, places = {}, {}
    for call, one in told.items():
        with contextlib.suppress(AttributeError, TypeError, ValueError):
            progress[int(call)] = _progress(one)
            if place := one.get("place"):
                places[int(call)] = int(place)
    return progress, places


def _progress(told: Mapping[str, Any]) -> Progress:
    phase = next((phase for phase in Phase if phase == told.get("phase")), Phase.WAITING)
    total, retry = told.get("total"), told.get("retry")
    return Progress(
        phase,
        int(told.get("done", 0)),
        None if total is None else int(total),
        int(told.get("attempt", 1)),
        None if retry is None else time.monotonic() + retry,
    )
