"""The use case: a press of Generate becomes a job, a job becomes pictures on disk.

A job belongs to this process and not to the page that started it: the screen only watches. Every wanted
picture is its own call; each success is saved and shown as it arrives, and the failure of one call takes
nothing from the others.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from playground import conversation, images, wire
from playground.catalogue import Catalogue, ModelRow
from playground.credentials import Credentials
from playground.errors import Billed, InvalidRequest, NotStarted, PlaygroundError, ProviderError
from playground.history import History, SavedPicture
from playground.interrupted import entry, restored
from playground.job import Job, Outcome, record
from playground.journal import Journal
from playground.progress import Phase, Progress
from playground.provider import Answer, Provider
from playground.received import digests, receive
from playground.request import ImageRequest, PreparedImage, Turn, check
from playground.result import ImageResult
from playground.timings import Timings
from playground.uninterrupted import uninterrupted
from playground.waiting_line import Limits, WaitingLine

__all__ = ["Job", "Outcome", "Studio"]

_KEPT_JOBS = 400
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
        self._inputs = inputs
        self.catalogue = catalogue
        self.provider = provider
        self.history = history
        self._line = WaitingLine(limits or Limits())
        self._journal = journal or Journal(inputs.parent / "jobs")
        self._timings = Timings()
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
            self._forget_copies(request, but=before.request)
            return before
        model = check(request, self.catalogue)
        self.provider.require_address(request.provider, credentials)
        self._line.require_room(owner, request.count)
        job = self._new(request, model, owner, mode, listed=listed)
        if token:
            self._by_token[owner, token] = job.id
        opening = asyncio.create_task(asyncio.to_thread(self._open_entry, job))
        numbers = range(1, request.count + 1)
        job._tickets = {number: self._line.join(owner) for number in numbers}
        job.progress = dict.fromkeys(numbers, Progress(Phase.QUEUED))
        job._calls = [
            asyncio.create_task(self._call(job, number, credentials, opening)) for number in numbers
        ]
        job._keeper = asyncio.create_task(self._keep_inputs(job, opening))
        job._finisher = asyncio.create_task(self._finish(job, opening))
        return job

    async def prepare(self, files: Sequence[Path], provider: str) -> tuple[PreparedImage, ...]:
        """The person's pictures, brought within the provider's limits; untouched where they are already.

        Raises:
            InvalidRequest: all together they are more than the provider takes.
            UnusablePicture: one of them cannot be sent.
        """
        row = self.catalogue.provider(provider)
        prepared = await images.prepare_all(
            files, accepts=row.accepts, max_bytes=row.max_image_bytes, folder=self._inputs
        )
        self._require_fit(prepared, provider)
        return prepared

    def _require_fit(self, pictures: Sequence[PreparedImage], provider: str) -> None:
        """Raises InvalidRequest when pictures are more than a provider takes in one request."""
        row = self.catalogue.provider(provider)
        size = conversation.encoded_bytes(pictures)
        if size > row.max_request_bytes:
            limit, megabytes = row.max_request_bytes / 1e6, size / 1e6
            raise InvalidRequest(
                "too_much_to_send",
                field="images",
                size=f"{megabytes:.0f}",
                limit=f"{limit:.0f}",
                provider=row.name,
            )

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
        turns, path = self._turns(owner, generation, picture)
        if path is None:
            turns, path = await asyncio.to_thread(self._recorded_turns, owner, generation, picture)
        if path is None:
            raise InvalidRequest("continued_gone", field="images")
        continues = f"{generation}/{picture}"
        provider = self.catalogue.provider(request.provider)
        model = self.catalogue.model(request.provider, request.model)
        why = await asyncio.to_thread(conversation.obstacle, request, turns, path, provider, model)
        if not why:
            return conversation.replayed(request, turns, continues)
        return await self._collapsed(request, path, why, continues)

    def _turns(self, owner: str, generation: str, picture: str) -> tuple[tuple[Turn, ...], Path | None]:
        """The conversation up to a picture of a remembered job, and the picture; None for no such."""
        job = self.job(generation, owner=owner)
        found = next((one for one in job.pictures if one.name == picture), None) if job else None
        if job is None or found is None:
            return (), None
        outcome = job.outcome_of(found)
        if outcome.result is None:
            return (), found.path
        return conversation.turns_after(job.request, outcome.result, outcome.pictures), found.path

    def _recorded_turns(
        self, owner: str, generation: str, picture: str
    ) -> tuple[tuple[Turn, ...], Path | None]:
        """The same from the history: of a former run of the app, or long ago."""

        def file(place: str, name: str) -> Path | None:
            return self.history.find_file(owner, place, name)

        def told(place: str) -> Mapping[str, Any] | None:
            return self.history.record(owner, place)

        path = file(generation, picture) if told(generation) else None
        return conversation.recorded_turns(generation, picture, told, file), path

    async def _collapsed(
        self, request: ImageRequest, picture: Path, why: str, continues: str = ""
    ) -> ImageRequest:
        (prepared,) = await self.prepare([picture], request.provider)
        alone = conversation.collapsed(request, prepared, why, continues)
        self._require_fit(alone.images, request.provider)
        return alone

    def stop(self, job_id: str, *, owner: str) -> None:
        """Ends an owner's running job at once: the sockets are closed, and what has arrived stays.

        A call on its way may still be billed, see `Job.stop_reason`.
        """
        job = self.job(job_id, owner=owner)
        if job is None or job.is_done:
            return
        job.stopped = True
        _cancel(job)

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
            if job is None:
                self._journal.forget(str(left["id"]))
                continue
            if not left.get("recorded"):
                self.history.save_record(job.id, record(job))
                self._journal.write(job.id, entry(job))
            if job.listed:
                self.history.list_generation(job.owner, job.id)
            self._jobs[job.id] = job
            self._cut_off.setdefault(job.owner, []).append(job)

    async def aclose(self, grace_seconds: float = 0.0) -> None:
        """Ends everything: waits for the calls that run, so long, and marks the rest as interrupted.

        Calls that still wait in line are not begun any more. What came is kept.
        """
        self._stopping = True
        running = [job for job in self._jobs.values() if not job.is_done]
        for job in running:
            _cancel_waiting(job)
        finishers = [job._finisher for job in running if job._finisher]
        if finishers and grace_seconds > 0:
            await asyncio.wait(finishers, timeout=grace_seconds)
        for job in running:
            if not job.is_done:
                job.interrupted = True
                _cancel(job)
        await asyncio.gather(*finishers)
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

    def _drop(self, old: Job) -> None:
        del self._jobs[old.id]
        self._by_token = {press: job for press, job in self._by_token.items() if job != old.id}
        self._forget_copies(old.request)

    def _forget_copies(self, request: ImageRequest, but: ImageRequest | None = None) -> None:
        """Removes the converted copies of a person's pictures that no remembered job can send again."""
        kept = {image.path for image in but.images} if but else set()
        for image in request.images:
            if image.path.parent == self._inputs and image.path not in kept:
                image.path.unlink(missing_ok=True)

    def sweep(self) -> None:
        """Removes converted copies that a former run of the app left behind."""
        for path in self._inputs.glob("*"):
            path.unlink(missing_ok=True)

    async def _call(
        self, job: Job, number: int, credentials: Credentials, opening: asyncio.Task[None]
    ) -> None:
        """One call from its place in line to its outcome."""
        ticket = job._tickets[number]
        started = time.monotonic()
        try:
            await ticket.turn()
            await _noted(opening)
            started = time.monotonic()
            job._begun.add(number)
            outcome = await self._outcome(job, number, credentials)
        except PlaygroundError as error:
            attempts = error.attempts if isinstance(error, ProviderError) else 1
            outcome = Outcome(number, time.monotonic() - started, error=error, attempts=attempts)
        except OSError as error:  # the disk, while the answer was on its way in
            failure = PlaygroundError("disk_failed", reason=_reason(error))
            outcome = Outcome(number, time.monotonic() - started, error=failure)
        finally:
            self._leave(job, number)
        job.outcomes.append(outcome)
        job.tell()

    def _leave(self, job: Job, number: int) -> None:
        """Gives the place of a call to the next one; all who wait have come closer."""
        self._line.leave(job._tickets[number])
        job.progress.pop(number, None)
        for other in self._jobs.values():
            if not other.is_done and any(p.phase is Phase.QUEUED for p in other.progress.values()):
                other.tell_soon()

    async def _outcome(self, job: Job, number: int, credentials: Credentials) -> Outcome:
        asked = job.request
        try:
            answer = await self._answer(job, number, credentials)
        except ProviderError as error:
            if not (_misses_a_signature(error) and asked.turns):
                raise
            if job.request is asked:  # no other call was faster
                await self._collapse(job)
            answer = await self._answer(job, number, credentials)
        return await uninterrupted(self._kept(job, number, answer))

    async def _answer(self, job: Job, number: int, credentials: Credentials) -> Answer:
        return await self.provider.generate(
            job.request, job.model, credentials, tell=lambda progress: job.hear(number, progress)
        )

    async def _collapse(self, job: Job) -> None:
        """Turns a conversation that the provider does not take into one turn, for all calls of the job."""
        picture = conversation.last_picture(job.request)
        if picture is None:
            raise InvalidRequest("continued_gone", field="images")
        alone = await self._collapsed(job.request, picture, "missing_signature")
        job.request = alone
        job.sent = wire.elided(alone, job.model)

    async def _kept(self, job: Job, number: int, answer: Answer) -> Outcome:
        """The outcome of an answer, its pictures on disk; as many as the disk takes."""
        result = answer.result
        pictures, failure = await asyncio.to_thread(self._save, job.id, number, result)
        light = result.without_data()  # on disk by now; hundreds of jobs are remembered
        inputs = await asyncio.to_thread(digests, job.request.images, {p.byte_count for p in pictures})
        received = receive(job.request, job.model_id, light, pictures, answer.seconds, inputs)
        if received:
            self._timings.note(job.request, job.model_id, answer.seconds)
        error = failure or wire.explain(light)
        return Outcome(number, answer.seconds, light, pictures, error, received, answer.attempts)

    def _save(
        self, generation: str, number: int, result: ImageResult
    ) -> tuple[tuple[SavedPicture, ...], PlaygroundError | None]:
        """The pictures on disk, and what kept the rest away. No temporary file stays behind."""
        parts = [*result.thought_pictures, *result.pictures]
        saved: list[SavedPicture] = []
        try:
            for place, part in enumerate(parts, 1):
                saved.append(self.history.save_picture(generation, number, place, part))
        except OSError as error:
            return tuple(saved), PlaygroundError("disk_failed", reason=_reason(error))
        finally:
            for part in parts:
                if part.file is not None:
                    part.file.unlink(missing_ok=True)
        return tuple(saved), None

    async def _keep_inputs(self, job: Job, opening: asyncio.Task[None]) -> None:
        """Beside the calls, which are the slower ones."""
        await asyncio.wait([opening])
        if opening.exception() is not None:
            return
        for number, image in enumerate(job.request.images, 1):
            try:
                await asyncio.to_thread(self.history.save_input, job.id, number, image)
            except OSError as error:  # a file that is gone; the calls say so themselves
                _log.error("an input picture of a job could not be kept: %s", _reason(error))

    async def _finish(self, job: Job, opening: asyncio.Task[None]) -> None:
        await asyncio.wait([*job._calls, opening])
        opening.exception()  # told by the calls, where any got so far
        for number, task in enumerate(job._calls, 1):
            if number in job._tickets:  # also of a call that was cancelled before it could begin
                self._line.leave(job._tickets[number])
            error = _ending(job, number, task)
            if error is not None:
                job.outcomes.append(Outcome(number, job.elapsed(), error=error))
        job.seconds, job._is_settling = time.monotonic() - job.started_clock, True
        try:
            if job.outcomes and job.listed:
                self.history.list_generation(job.owner, job.id)
            if job._keeper:
                await job._keeper
            await asyncio.to_thread(self._close, job)
        except (OSError, PlaygroundError) as error:  # the pictures that are there are not touched by that
            _log.error("the record of a job could not be saved: %s", _reason(error))
        finally:  # whoever watches must hear of the end
            job.progress.clear()
            job._is_settling = False
            job.tell()

    def _open_entry(self, job: Job) -> None:
        """Whose the job is and what was asked is on disk before anything is sent."""
        self._journal.write(job.id, entry(job))
        self.history.begin(job.id, record(job))

    def _close(self, job: Job) -> None:
        """The record of a job that has ended; then its journal entry goes, unless the next run has to tell.

        Where the record cannot be saved the entry stays: the next run makes the record from what is there.
        """
        if job.outcomes:
            self.history.save_record(job.id, record(job))
        else:
            self.history.forget(job.id)
        if job.interrupted:
            self._journal.write(job.id, entry(job))
        else:
            self._journal.forget(job.id)

    def _forget_entry(self, job: Job) -> None:
        try:
            self._journal.forget(job.id)
        except OSError as error:
            _log.error("the entry of a job could not be removed: %s", error.strerror)


async def _noted(opening: asyncio.Task[None]) -> None:
    """Returns once the job is in the journal. Raises NotStarted when it cannot be: then nothing is sent."""
    try:
        await asyncio.shield(opening)
    except OSError as error:
        raise NotStarted("disk_not_ready", reason=_reason(error)) from None


def _misses_a_signature(error: ProviderError) -> bool:
    """Whether the provider refused the earlier turns, unbilled: a finish reason saying so may be billed."""
    return error.code == "missing_signature" and error.billed is Billed.NO


def _cancel(job: Job) -> None:
    for task in job._calls:
        task.cancel()


def _cancel_waiting(job: Job) -> None:
    """Ends the calls of a job that wait for their turn: nothing of them has been sent."""
    for number, task in enumerate(job._calls, 1):
        if number not in job._begun and not task.done():
            job.interrupted = True
            task.cancel()


def _ending(job: Job, number: int, task: asyncio.Task[None]) -> PlaygroundError | None:
    """What a call without an outcome of its own came to; None when the person stopped it."""
    defect = None if task.cancelled() else task.exception()
    if defect is not None:  # a defect of ours: told to the person, and whole in the log
        _log.error("call %d of a job failed unexpectedly", number, exc_info=defect)
        return PlaygroundError("unexpected", reason=type(defect).__name__)
    if task.cancelled() and job.interrupted and not job.stopped:
        begun = number in job._begun
        return PlaygroundError("interrupted") if begun else PlaygroundError("interrupted_unsent")
    return None


def _reason(error: OSError | PlaygroundError) -> str:
    """A few words that hold no path and nothing of a person's."""
    said = error.code if isinstance(error, PlaygroundError) else error.strerror
    return said or type(error).__name__
