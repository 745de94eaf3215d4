"""The use case: a press of Generate becomes a job, a job becomes pictures on disk.

A job belongs to a process and not to the page that started it: the screen only watches. Every wanted
picture is its own call; each success is saved and shown as it arrives, and the failure of one call takes
nothing from the others.
"""

from __future__ import annotations

import asyncio
import logging
import shutil
import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from playground import wire
from playground.catalogue import Catalogue, ModelRow
from playground.errors import InvalidRequest, NotStarted, ProviderError
from playground.history import Entry, History
from playground.jobs import earlier_entries
from playground.jobs.conversation import Conversations
from playground.jobs.durations import Durations
from playground.jobs.inputs import Inputs
from playground.jobs.job import Job, OnCall, Once, Outcome, ignore_call
from playground.jobs.queue import FairQueue, Limits, Line
from playground.jobs.records import alternatives, compared, interrupted, job_of, recorded_inputs, served
from playground.jobs.registry import JobRegistry
from playground.jobs.runner import Runner
from playground.jobs.sharing import Sharing
from playground.providers.client import Answer, Provider
from playground.providers.credentials import Credentials
from playground.record import Record
from playground.request import ImageRequest, PreparedImage, Turn, check
from playground.result import ImageResult

__all__ = ["Job", "Outcome", "Studio"]

_REPORTED_WITHIN = timedelta(days=30)
_log = logging.getLogger(__name__)


class Studio:
    """Starts, watches and stops jobs. One for the whole process."""

    def __init__(
        self,
        catalogue: Catalogue,
        provider: Provider,
        history: History,
        *,
        limits: Limits | None = None,
        on_call: OnCall = ignore_call,
    ) -> None:
        self.catalogue = catalogue
        self.provider = provider
        self.history = history
        self._queue = FairQueue(limits or Limits())
        self._durations = Durations()
        self._inputs = Inputs(history)
        self._jobs = JobRegistry(catalogue, history, lambda job: self._inputs.forget(job.request))
        self._conversations = Conversations(catalogue, history, self._jobs, self._inputs)
        self._runner = Runner(
            provider,
            history,
            self._queue,
            self._durations,
            self._conversations,
            on_call,
        )
        self._sharing = Sharing(catalogue, history, self._jobs)
        self._interrupted: dict[str, list[Job]] = {}
        self._stopping = False
        self._draining = False

    async def start(
        self,
        request: ImageRequest,
        credentials: Credentials,
        *,
        owner: str,
        mode: str,
        listed: bool = True,
        token: str | None = None,
        streams: bool = False,
        once: Once | None = None,
    ) -> Job:
        """Checks the request and starts its calls; returns at once.

        Args:
            request: what is wanted.
            credentials: the visitor's key and address.
            owner: who may see the job.
            mode: which tab asked.
            listed: it belongs to a person who looks through results.
            token: names one press of the button: the same press sent twice is one job.
            streams: asks for its answers as streams.
            once: where it has been begun before, its calls end as "disk_not_ready".

        Raises:
            InvalidRequest, NotStarted: nothing was sent; "busy", "too_many_waiting" or "stopping".
        """
        before = self._jobs.started_by(token, owner)
        if before is not None:
            self._inputs.forget(request, but=before.request)
            return before
        model = self.require(request, credentials, owner=owner)
        job = self._new(request, model, owner, mode, listed=listed, token=token or "")
        waited_for = self.pending(owner)
        job.id, job.once, job.streams = once.id if once else job.id, once, streams
        self._jobs.add(job)
        self._runner.begin(job, credentials)
        for other in waited_for:  # whoever follows them has one more to follow
            other.notify()
        return job

    async def keep(
        self,
        request: ImageRequest,
        brought: ImageResult | ProviderError,
        *,
        owner: str,
        mode: str,
        once: str,
        batched: float,
        seconds: float,
    ) -> Job:
        """The ended job of a call that was made elsewhere, with its record and its pictures on disk.

        Args:
            once: its id; kept once more, it stays the same job.
            batched: see `Job`.
            seconds: how long it took.

        Raises:
            PlaygroundError, OSError: it could not be kept.
        """
        model = self.catalogue.model(request.provider, request.model).at(batched)
        job = self._new(request, model, owner, mode, listed=False, token="")
        job.id, job.batched = once, batched
        job.started_clock -= seconds
        job.started -= timedelta(seconds=seconds)
        answer = brought if isinstance(brought, ProviderError) else Answer(brought, seconds)
        await self._runner.keep(job, answer)
        return job

    def require_open(self) -> None:
        """Raises NotStarted "stopping" while nothing new is taken, whatever it is."""
        if self._stopping or self._draining:
            raise NotStarted("stopping")

    def require(self, request: ImageRequest, credentials: Credentials, *, owner: str) -> ModelRow:
        """The model's row, where `start` would begin a job now. Raises what `start` raises."""
        self.require_open()
        model = check(request, self.catalogue)
        for call in request.calls:
            given = credentials.at(call.provider, request.provider)
            self.provider.require_address(call.provider, given)
        self._queue.require_capacity(owner, request.count)
        return model

    async def prepare(self, files: Sequence[Path], *providers: str) -> tuple[PreparedImage, ...]:
        """The person's pictures, brought within the providers' limits; untouched where they are already.

        Raises:
            InvalidRequest: all together they are more than the provider takes.
            UnusablePicture: one of them cannot be sent.
        """
        return await self._inputs.prepare(files, self.catalogue.strictest(providers))

    def require_fit(self, pictures: Sequence[PreparedImage], provider: str) -> None:
        """Raises InvalidRequest when pictures are more than a provider takes in one request."""
        self._inputs.require_fit(pictures, self.catalogue.provider(provider))

    async def extend(self, picture: Path, ratio: float, place: str) -> tuple[Path, Path] | None:
        """A person's picture with space around it, and a mask of that space, see `images.extended`."""
        return await self._inputs.extend(picture, ratio, place)

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
        return await self._conversations.next_turn(
            request, owner=owner, generation=generation, picture=picture
        )

    async def turns_along(
        self, request: ImageRequest, *, owner: str, generation: str, picture: str
    ) -> tuple[Turn, ...]:
        """The earlier turns that `continue_from` would send along; none where only the picture can be sent.

        Raises:
            InvalidRequest: "continued_gone".
        """
        return await self._conversations.turns_along(
            request, owner=owner, generation=generation, picture=picture
        )

    async def turns_before(self, generation: str, picture: str, *, owner: str) -> tuple[Turn, ...]:
        """The turns up to and with the last picture of an answer, whether or not they can be sent along;
        none where not all of them is there, and for any other picture."""
        return await self._conversations.turns_before(generation, picture, owner=owner)

    async def again(self, job: Job) -> ImageRequest:
        """The request of a job to be sent once more: as it was, or not at all.

        Raises:
            InvalidRequest: "inputs_gone", or as `continue_from`.
            UnusablePicture: as `continue_from`.
        """
        if job.lacks_inputs:
            raise InvalidRequest("inputs_gone", field="images")
        wanted = job.request
        if not wanted.continues or wanted.turns or wanted.collapsed:
            return wanted
        generation, _, picture = wanted.continues.partition("/")
        return await self.continue_from(wanted, owner=job.owner, generation=generation, picture=picture)

    def star(self, owner: str, generation: str, on: bool, picture: str = "") -> Entry | None:
        """Puts a star on a generation or on one of its pictures, see `History.star`. Blocks."""
        entry = self.history.star(owner, generation, on, picture)
        job = self.job(generation, owner=owner)
        if entry is not None and job is not None:
            job.stars = entry.all_stars
        return entry

    def stop(self, job_id: str, *, owner: str) -> None:
        """Ends an owner's running job at once: the sockets are closed, and what has arrived stays.

        A call on its way may still be billed, see `Job.stop_reason`.
        """
        job = self.job(job_id, owner=owner)
        if job is None or job.is_done:
            return
        job.stop()

    async def load_others(self, owner: str, *, is_patient: bool = False) -> None:
        """Has an owner's jobs of other processes known here, too: what is asked next finds them.

        Args:
            is_patient: waits for a database that is away.
        """
        await self._sharing.load_others(owner, is_patient=is_patient)

    async def share(self, stopping: asyncio.Event) -> None:
        """Keeps in step with other processes until a stop; returns at once where there are none."""
        await self._sharing.run(stopping)

    def job(self, job_id: str, *, owner: str) -> Job | None:
        """An owner's job of this run, or None: another's is as unknown as one that never was."""
        return self._jobs.get(job_id, owner)

    def started_by(self, token: str, *, owner: str) -> Job | None:
        """The job that one press of an owner's has started, see `start`; None for none."""
        return self._jobs.started_by(token, owner)

    async def find(self, job_id: str, *, owner: str) -> Job | None:
        """The same, of this run or from the record of an earlier one. Raises what `History.record` raises."""
        return await self._jobs.find(job_id, owner)

    def restored(self, job_id: str, owner: str) -> Job | None:
        """The same from the record alone. Blocks: call it in a thread."""
        return self._jobs.restored(job_id, owner)

    def running(self, owner: str) -> Job | None:
        """The newest of an owner's jobs that has not ended."""
        return next((job for job in self._jobs.of(owner) if not job.is_done), None)

    def pending(self, owner: str) -> tuple[Job, ...]:
        """What an owner waits for, oldest first: jobs that run or wait, or whose end nobody has seen."""
        mine = (job for job in self._jobs.of(owner) if job.listed)
        return tuple(job for job in mine if not (job.is_settled and job.seen))[::-1]

    def latest(self, owner: str) -> Job | None:
        """The newest of an owner's jobs, running or ended: what a page that is loaded anew shows."""
        return next(iter(self._jobs.of(owner)), None)

    async def take_interrupted(self, owner: str) -> tuple[Job, ...]:
        """An owner's jobs that the end of a process cut off, oldest first; each is returned once."""
        taken = (*self._interrupted.pop(owner, ()), *await self._sharing.take_interrupted(owner))
        for job in taken:
            try:
                self.history.acknowledge(job.id)
            except OSError as error:
                _log.error("a job that was cut off will be shown again: %s", error.strerror)
        return taken

    @property
    def line(self) -> Line:
        """How many calls run and wait."""
        return self._queue.line

    @property
    def refusal(self) -> str:
        """Why no call would be taken now: "stopping", "draining" or "full"; "" when one would be."""
        if self._stopping:
            return "stopping"
        return "draining" if self._draining else "full" if self._queue.is_full else ""

    def drain(self, on: bool = True) -> None:
        """Takes nothing new until it is told otherwise; what runs and what waits goes on to its end."""
        self._draining = on

    def recover(self) -> None:
        """Takes over the jobs that a former run of the app left unfinished. For before the first visitor.

        What came of them is kept, and each is recorded as interrupted, so that the history shows it. Nothing
        is sent again.
        """
        # Earlier releases kept converted copies of the input pictures here, for all processes together.
        shutil.rmtree(self.history.data_dir / "inputs", ignore_errors=True)
        earlier_entries.take_in(self.history, self.catalogue)
        for record in sorted(self.history.take_over(), key=lambda record: record.started):
            job = job_of(record, record.owner, self.catalogue, self.history)
            if record.seconds is None:
                self.history.save_record(interrupted(record, job))
            # Programs do not ask again, and visitors not for ever; with several processes, a row tells them.
            is_old = datetime.now(UTC) - job.started > _REPORTED_WITHIN
            if not job.listed or is_old or self.history.notices is not None:
                self.history.acknowledge(job.id)
                continue
            job.seen = True  # it is told in its own way
            self._jobs.add(job)
            self._interrupted.setdefault(job.owner, []).append(job)

    def cut_off(self, record: Record) -> Record:
        """The record of an unfinished job as one that is cut off: its process has ended, and no later one has
        begun that would `recover` it. One that was only silent may have ended it since: then it is as it
        ended. Blocks; raises OSError."""
        cut = self.history.interrupted(record)
        if cut is None:
            ended = self.history.left(record.id)
            if ended is not None and ended.seconds is not None:
                return ended
        job = job_of(record, record.owner, self.catalogue, self.history)
        whole = interrupted(cut or record, job)
        self.history.save_record(whole)
        return whole

    async def aclose(self, grace_seconds: float = 0.0, hurry: asyncio.Event | None = None) -> None:
        """Ends everything: waits for the calls that run, so long, and marks the rest as interrupted.

        Calls that still wait in the queue are not begun any more. What came is kept. `hurry` ends the wait.
        """
        self._stopping = True
        open_ones = self._jobs.unsettled()
        endings = [job.ending for job in open_ones if job.ending]
        for job in open_ones:
            job.cancel_waiting()
        if endings and grace_seconds > 0:
            _log.warning("waiting up to %.0f s for the pictures under way", grace_seconds)
            await _settled(endings, grace_seconds, hurry or asyncio.Event())
        for job in open_ones:
            if not job.is_done:
                job.interrupted = True
                job.cancel()
        if endings:
            await asyncio.wait(endings)
        await self.provider.aclose()

    def _new(
        self, request: ImageRequest, model: ModelRow, owner: str, mode: str, *, listed: bool, token: str
    ) -> Job:
        by = served(self.catalogue, request)
        return Job(
            id=self.history.new_id(),
            owner=owner,
            mode=mode,
            request=request,
            model=model,
            sent=wire.elided(request, model),
            inputs=recorded_inputs(request),
            model_id=by.model_id,
            alternatives=alternatives(self.catalogue, request.provider),
            started=datetime.now(UTC),
            started_clock=time.monotonic(),
            usual_seconds=self._usual_seconds(request),
            free=by.free,
            compared=compared(self.catalogue, request),
            listed=listed,
            token=token,
        )

    def _usual_seconds(self, request: ImageRequest) -> float | None:
        """How long the slowest of its calls usually takes; None when nobody knows."""
        usual: list[float] = []
        for call in request.calls:
            by = served(self.catalogue, call)
            known = None if by.free else by.model.seconds(call.image_size)
            usual += filter(None, [self._durations.median(call, by.model_id) or known])
        return max(usual, default=None)


async def _settled(endings: Sequence[asyncio.Task[None]], seconds: float, hurry: asyncio.Event) -> None:
    """Returns when all are done, when the time is over, or when `hurry` is set."""
    ends = [asyncio.create_task(hurry.wait()), asyncio.ensure_future(asyncio.wait(endings))]
    await asyncio.wait(ends, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
    for end in ends:
        end.cancel()
