"""The use case: a press of Generate becomes a job, a job becomes pictures on disk.

A job belongs to this process and not to the page that started it: the screen only watches. Every wanted
picture is its own call; each success is saved and shown as it arrives, and the failure of one call takes
nothing from the others.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from playground import wire
from playground.catalogue import Catalogue, ModelRow
from playground.errors import NotStarted
from playground.history import History
from playground.jobs.continuing import Continuing
from playground.jobs.durations import Timings
from playground.jobs.inputs import Inputs
from playground.jobs.job import Job, Outcome, record
from playground.jobs.journal import Journal
from playground.jobs.queue import Limits, WaitingLine
from playground.jobs.recovery import entry, restored
from playground.jobs.runner import Runner, cancel, cancel_waiting
from playground.providers.client import Provider
from playground.providers.credentials import Credentials
from playground.providers.progress import Phase
from playground.request import ImageRequest, PreparedImage, check

__all__ = ["Job", "Outcome", "Studio"]

_KEPT_JOBS = 400
_TOLD_WITHIN = timedelta(days=30)
_log = logging.getLogger(__name__)


class Studio:
    """Starts, watches and stops jobs. One for the whole process."""

    def __init__(
        self,
        catalogue: Catalogue,
        provider: Provider,
        history: History,
        inputs: Path,
        *,
        limits: Limits | None = None,
        journal: Journal | None = None,
    ) -> None:
        """`inputs` is the folder for converted copies of the person's pictures."""
        self.catalogue = catalogue
        self.provider = provider
        self.history = history
        self._line = WaitingLine(limits or Limits())
        self._journal = journal or Journal(inputs.parent / "jobs")
        self._timings = Timings()
        self._inputs = Inputs(inputs)
        self._continuing = Continuing(
            catalogue, history, self._inputs, lambda job, owner: self.job(job, owner=owner)
        )
        self._runner = Runner(
            provider,
            history,
            self._journal,
            self._line,
            self._timings,
            alone=self._continuing.alone,
            moved=self._moved,
        )
        self._jobs: dict[str, Job] = {}
        self._by_token: dict[tuple[str, str], str] = {}
        self._cut_off: dict[str, list[Job]] = {}
        self._stopping = False

    async def start(
        self,
        request: ImageRequest,
        credentials: Credentials,
        *,
        owner: str,
        mode: str,
        listed: bool = True,
        token: str | None = None,
    ) -> Job:
        """Checks the request and starts its calls; returns at once.

        Args:
            request: what is wanted.
            credentials: the visitor's key and address.
            owner: who may see the job.
            mode: which tab asked.
            listed: it belongs to a person who looks through results.
            token: names one press of the button: the same press sent twice is one job.

        Raises:
            InvalidRequest: nothing was sent.
            NotStarted: "busy", "too_many_waiting" or "stopping"; nothing was sent.
        """
        if self._stopping:
            raise NotStarted("stopping")
        before = self._of_press(owner, token)
        if before is not None:
            self._inputs.forget(request, but=before.request)
            return before
        model = check(request, self.catalogue)
        self.provider.require_address(request.provider, credentials)
        self._line.require_room(owner, request.count)
        job = self._new(request, model, owner, mode, listed=listed)
        if token:
            self._by_token[owner, token] = job.id
        self._runner.begin(job, credentials)
        return job

    async def prepare(self, files: Sequence[Path], provider: str) -> tuple[PreparedImage, ...]:
        """The person's pictures, brought within the provider's limits; untouched where they are already.

        Raises:
            InvalidRequest: all together they are more than the provider takes.
            UnusablePicture: one of them cannot be sent.
        """
        return await self._inputs.prepare(files, self.catalogue.provider(provider))

    async def continue_from(
        self, request: ImageRequest, *, owner: str, generation: str, picture: str
    ) -> ImageRequest:
        """The request as the next turn after one of an owner's pictures; start it like any other.

        Args:
            request: the new instruction, with the person's new pictures if there are any.
            owner: whose the picture is.
            generation: id of the job that it came from.
            picture: its name.

        Raises:
            InvalidRequest: "continued_gone", or the pictures are more than the provider takes.
            UnusablePicture: the picture cannot be sent to this provider.
        """
        return await self._continuing.next_turn(request, owner=owner, generation=generation, picture=picture)

    def stop(self, job_id: str, *, owner: str) -> None:
        """Ends an owner's running job at once: the sockets are closed, and what has arrived stays.

        A call on its way may still be billed, see `Job.stop_reason`.
        """
        job = self.job(job_id, owner=owner)
        if job is None or job.is_done:
            return
        job.stopped = True
        cancel(job)

    def job(self, job_id: str, *, owner: str) -> Job | None:
        """An owner's job, or None: another's is as unknown as one that never was."""
        job = self._jobs.get(job_id)
        return job if job is not None and job.owner == owner else None

    def jobs(self, owner: str) -> list[Job]:
        """An owner's finished jobs of this run of the app, newest first."""
        found = (self._jobs.get(job_id) for job_id in self.history.listed(owner))
        return [job for job in found if job is not None]

    def running(self, owner: str) -> Job | None:
        """The newest of an owner's jobs that has not ended."""
        return next((job for job in self._of(owner) if not job.is_done), None)

    def latest(self, owner: str) -> Job | None:
        """The newest of an owner's jobs, running or ended: what a page that is loaded anew shows."""
        return next(self._of(owner), None)

    def interrupted(self, owner: str) -> tuple[Job, ...]:
        """An owner's jobs that the end of a former run of the app cut off, oldest first; told only once."""
        cut_off = tuple(self._cut_off.pop(owner, ()))
        for job in cut_off:
            self._forget_entry(job)
        return cut_off

    def recover(self) -> None:
        """Takes over the jobs that a former run of the app left unfinished. For before the first visitor.

        What came of them is kept, and each is recorded as interrupted, so that the history shows it.
        """
        for left in self._journal.adopt():
            job = restored(left, self.catalogue, self.history.folder(str(left["id"])))
            if job is not None and not left.get("recorded"):
                self.history.save_record(job.id, record(job))
                self._journal.write(job.id, entry(job))
            # Programs do not ask again, and visitors not for ever.
            if job is None or not job.listed or datetime.now(UTC) - job.started > _TOLD_WITHIN:
                self._journal.forget(str(left["id"]))
                continue
            self.history.list_generation(job.owner, job.id)
            self._jobs[job.id] = job
            self._cut_off.setdefault(job.owner, []).append(job)

    async def aclose(self, grace_seconds: float = 0.0, hurry: asyncio.Event | None = None) -> None:
        """Ends everything: waits for the calls that run, so long, and marks the rest as interrupted.

        Calls that still wait in line are not begun any more. What came is kept. `hurry` ends the wait.
        """
        self._stopping = True
        open_ones = [job for job in self._jobs.values() if not job.is_settled]
        finishers = [job._finisher for job in open_ones if job._finisher]
        for job in open_ones:
            cancel_waiting(job)
        if finishers and grace_seconds > 0:
            _log.warning("waiting up to %.0f s for the pictures under way", grace_seconds)
            await _settled(finishers, grace_seconds, hurry or asyncio.Event())
        for job in open_ones:
            if not job.is_done:
                job.interrupted = True
                cancel(job)
        if finishers:
            await asyncio.wait(finishers)
        await self.provider.aclose()
        await asyncio.to_thread(self._journal.close)

    def _alternatives(self, request: ImageRequest) -> tuple[tuple[str, ModelRow], ...]:
        models = self.catalogue.provider(request.provider).models
        return tuple((model, row) for model, row in models.items() if row.retirement is None)

    def _of(self, owner: str) -> Iterator[Job]:
        """An owner's jobs, newest first."""
        return (job for job in reversed(self._jobs.values()) if job.owner == owner)

    def _of_press(self, owner: str, token: str | None) -> Job | None:
        """The job that the same press of the button has started already."""
        return self.job(self._by_token.get((owner, token or ""), ""), owner=owner)

    def _new(self, request: ImageRequest, model: ModelRow, owner: str, mode: str, *, listed: bool) -> Job:
        model_id = model.id_for(request.model, request.image_size)
        free = self.catalogue.provider(request.provider).free
        known = None if free else model.seconds(request.image_size)
        job = Job(
            id=self.history.new_id(),
            owner=owner,
            mode=mode,
            request=request,
            model=model,
            sent=wire.elided(request, model),
            model_id=model_id,
            alternatives=self._alternatives(request),
            started=datetime.now(UTC),
            started_clock=time.monotonic(),
            usual_seconds=self._timings.usual(request, model_id) or known,
            free=free,
            listed=listed,
            _line=self._line,
        )
        self._jobs[job.id] = job
        for old in list(self._jobs.values())[:-_KEPT_JOBS]:
            if old.is_done:
                self._drop(old)
        return job

    def _moved(self) -> None:
        """The line has moved: whoever watches a job that waits may see by how much."""
        for job in self._jobs.values():
            if not job.is_done and any(p.phase is Phase.QUEUED for p in job.progress.values()):
                job.tell_soon()

    def _drop(self, old: Job) -> None:
        del self._jobs[old.id]
        self._by_token = {press: job for press, job in self._by_token.items() if job != old.id}
        self._inputs.forget(old.request)

    def sweep(self) -> None:
        """Removes converted copies that a former run of the app left behind."""
        self._inputs.sweep()

    def _forget_entry(self, job: Job) -> None:
        try:
            self._journal.forget(job.id)
        except OSError as error:
            _log.error("the entry of a job could not be removed: %s", error.strerror)


async def _settled(finishers: Sequence[asyncio.Task[None]], seconds: float, hurry: asyncio.Event) -> None:
    """Returns when all are done, when the time is over, or when `hurry` is set."""
    ends = [asyncio.create_task(hurry.wait()), asyncio.ensure_future(asyncio.wait(finishers))]
    await asyncio.wait(ends, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
    for end in ends:
        end.cancel()
