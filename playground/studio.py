"""The use case: a press of Generate becomes a job, a job becomes pictures on disk.

A job belongs to this process and not to the page that started it: the screen only watches. Every wanted
picture is its own call; each success is saved and shown as it arrives, and the failure of one call takes
nothing from the others.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from playground import images, wire
from playground.catalogue import Catalogue, ModelRow
from playground.credentials import Credentials
from playground.errors import InvalidRequest, NoPicture, PlaygroundError, ProviderError
from playground.history import History, SavedPicture
from playground.provider import Provider
from playground.request import ImageRequest, PreparedImage, check
from playground.result import ImageResult
from playground.uninterrupted import uninterrupted

_KEPT_JOBS = 400
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Outcome:
    """How one call of a job ended.

    Attributes:
        call: 1-based number of the call within its job.
        seconds: how long it took.
        result: the answer, where one came, without the bytes of its pictures.
        pictures: what is on disk, thoughts included; the last one that is no thought is the final one.
        error: why there is no picture, or None.
    """

    call: int
    seconds: float
    result: ImageResult | None = None
    pictures: tuple[SavedPicture, ...] = ()
    error: PlaygroundError | None = None


@dataclass
class Job:
    """One press of Generate. Only `Studio` changes it.

    Attributes:
        id: unguessable; also the folder and the address of its pictures.
        owner: who may see it.
        mode: which tab asked: "text", "edit" or "compose".
        sent: the body as sent, picture data left out, for showing.
        alternatives: (model id, row) of what else the same provider offers today.
        started: when, by the wall clock; durations use the monotonic clock.
        outcomes: what has ended so far, in the order of ending.
        stopped: the person pressed Stop.
        free: nothing is ever billed at its provider.
        listed: it belongs to a person who looks through results, and not to a program.
    """

    id: str
    owner: str
    mode: str
    request: ImageRequest
    model: ModelRow
    sent: dict[str, Any]
    model_id: str
    alternatives: tuple[tuple[str, ModelRow], ...]
    started: datetime
    started_clock: float
    outcomes: list[Outcome] = field(default_factory=list)
    stopped: bool = False
    free: bool = False
    listed: bool = True
    seconds: float | None = None
    _calls: list[asyncio.Task[None]] = field(default_factory=list, repr=False)
    _finisher: asyncio.Task[None] | None = field(default=None, repr=False)
    _keeper: asyncio.Task[None] | None = field(default=None, repr=False)
    _changed: asyncio.Event = field(default_factory=asyncio.Event, repr=False)

    @property
    def is_done(self) -> bool:
        return self.seconds is not None

    @property
    def pictures(self) -> tuple[SavedPicture, ...]:
        """All pictures so far, thoughts left out, by call and place."""
        by_call = sorted(self.outcomes, key=lambda outcome: outcome.call)
        return tuple(p for outcome in by_call for p in outcome.pictures if not p.thought)

    @property
    def errors(self) -> tuple[PlaygroundError, ...]:
        return tuple(outcome.error for outcome in self.outcomes if outcome.error is not None)

    def outcome_of(self, picture: SavedPicture) -> Outcome:
        """The call that brought a picture."""
        return next(outcome for outcome in self.outcomes if picture in outcome.pictures)

    def elapsed(self) -> float:
        """Seconds since the start, or the whole duration once done."""
        return self.seconds if self.seconds is not None else time.monotonic() - self.started_clock

    def _tell(self) -> None:
        self._changed.set()
        self._changed = asyncio.Event()

    async def watch(self) -> AsyncIterator[Job]:
        """Yields the job at once, after each change, and a last time when it is done."""
        while True:
            changed = self._changed
            yield self
            if self.is_done:
                return
            await changed.wait()


class Studio:
    """Starts, watches and stops jobs. One for the whole process."""

    def __init__(self, catalogue: Catalogue, provider: Provider, history: History, inputs: Path) -> None:
        """`inputs` is the folder for converted copies of the person's pictures."""
        self._inputs = inputs
        self.catalogue = catalogue
        self.provider = provider
        self.history = history
        self._jobs: dict[str, Job] = {}

    async def start(
        self,
        request: ImageRequest,
        credentials: Credentials,
        *,
        owner: str,
        mode: str,
        listed: bool = True,
    ) -> Job:
        """Checks the request and starts its calls; returns at once.

        Raises:
            InvalidRequest: nothing was sent.
            PlaygroundError: an answer could not be kept, so nothing was sent.
            OSError: the same, since the disk does not take a file.
        """
        model = check(request, self.catalogue)
        self.provider.require_address(request.provider, credentials)
        job = Job(
            id=self.history.new_id(),
            owner=owner,
            mode=mode,
            request=request,
            model=model,
            sent=wire.elided(request, model),
            model_id=model.id_for(request.model, request.image_size),
            alternatives=self._alternatives(request),
            started=datetime.now(UTC),
            started_clock=time.monotonic(),
            free=self.catalogue.provider(request.provider).free,
            listed=listed,
        )
        await asyncio.to_thread(self.history.begin, job.id, record(job))  # whose the pictures are, before any
        self._keep(job)
        job._keeper = asyncio.create_task(self._keep_inputs(job))
        job._calls = [
            asyncio.create_task(self._call(job, number, credentials))
            for number in range(1, request.count + 1)
        ]
        job._finisher = asyncio.create_task(self._finish(job))
        return job

    async def prepare(self, files: Sequence[Path], provider: str) -> tuple[PreparedImage, ...]:
        """The person's pictures, brought within the provider's limits; untouched where they are already.

        Raises:
            InvalidRequest: all together they are more than the provider takes.
            UnusablePicture: one of them cannot be sent.
        """
        row = self.catalogue.provider(provider)
        folder = self._inputs
        prepared = []
        for number, file in enumerate(files, 1):
            prepared.append(
                await asyncio.to_thread(
                    images.prepare,
                    file,
                    accepts=row.accepts,
                    max_bytes=row.max_image_bytes,
                    folder=folder,
                    number=number,
                )
            )
        size = sum(-(-image.byte_count // 3) * 4 for image in prepared)
        if size > row.max_request_bytes:
            limit, megabytes = row.max_request_bytes / 1e6, size / 1e6
            raise InvalidRequest(
                "too_much_to_send",
                field="images",
                size=f"{megabytes:.0f}",
                limit=f"{limit:.0f}",
                provider=row.name,
            )
        return tuple(prepared)

    def stop(self, job_id: str, *, owner: str) -> None:
        """Ends an owner's running job; what has arrived stays. A call on its way may still be billed."""
        job = self.job(job_id, owner=owner)
        if job is None or job.is_done:
            return
        job.stopped = True
        for task in job._calls:
            task.cancel()

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
        mine = [job for job in self._jobs.values() if job.owner == owner and not job.is_done]
        return mine[-1] if mine else None

    async def aclose(self) -> None:
        """Ends what still runs, and the connections."""
        running = [job for job in self._jobs.values() if not job.is_done]
        for job in running:
            self.stop(job.id, owner=job.owner)
        await asyncio.gather(*(job._finisher for job in running if job._finisher))
        await self.provider.aclose()

    def _alternatives(self, request: ImageRequest) -> tuple[tuple[str, ModelRow], ...]:
        models = self.catalogue.provider(request.provider).models
        return tuple((model, row) for model, row in models.items() if row.retirement is None)

    def _keep(self, job: Job) -> None:
        self._jobs[job.id] = job
        for old in list(self._jobs.values())[:-_KEPT_JOBS]:
            if old.is_done:
                del self._jobs[old.id]
                self._forget_inputs(old)

    def _forget_inputs(self, job: Job) -> None:
        """Removes the converted copies of a person's pictures that no remembered job can send again."""
        for image in job.request.images:
            if image.path.parent == self._inputs:
                image.path.unlink(missing_ok=True)

    def sweep(self) -> None:
        """Removes converted copies that a former run of the app left behind."""
        for path in self._inputs.glob("*"):
            path.unlink(missing_ok=True)

    async def _call(self, job: Job, number: int, credentials: Credentials) -> None:
        started = time.monotonic()
        try:
            outcome = await self._outcome(job, number, credentials)
        except PlaygroundError as error:
            outcome = Outcome(number, time.monotonic() - started, error=error)
        except OSError as error:
            failure = PlaygroundError("disk_failed", reason=error.strerror or type(error).__name__)
            outcome = Outcome(number, time.monotonic() - started, error=failure)
        job.outcomes.append(outcome)
        job._tell()

    async def _outcome(self, job: Job, number: int, credentials: Credentials) -> Outcome:
        answer = await self.provider.generate(job.request, job.model, credentials)
        pictures = await uninterrupted(self._save(job, number, answer.result))
        result = answer.result.without_data()  # on disk by now; hundreds of jobs are remembered
        return Outcome(number, answer.seconds, result, pictures, wire.explain(result))

    async def _save(self, job: Job, number: int, result: ImageResult) -> tuple[SavedPicture, ...]:
        parts = [*result.thought_pictures, *result.pictures]
        saved = [
            await asyncio.to_thread(self.history.save_picture, job.id, number, place, part)
            for place, part in enumerate(parts, 1)
        ]
        return tuple(saved)

    async def _keep_inputs(self, job: Job) -> None:
        """Beside the calls, which are the slower ones."""
        for number, image in enumerate(job.request.images, 1):
            await asyncio.to_thread(self.history.save_input, job.id, number, image)

    async def _finish(self, job: Job) -> None:
        await asyncio.wait(job._calls)
        for number, task in enumerate(job._calls, 1):
            defect = None if task.cancelled() else task.exception()
            if defect is not None:  # a defect of ours: told to the person, and whole in the log
                _log.error("call %d of a job failed unexpectedly", number, exc_info=defect)
                error = PlaygroundError("unexpected", reason=type(defect).__name__)
                job.outcomes.append(Outcome(number, job.elapsed(), error=error))
        job.seconds = time.monotonic() - job.started_clock
        try:
            if job.outcomes and job.listed:
                self.history.list_generation(job.owner, job.id)
            if job._keeper:
                await job._keeper
            if job.outcomes:
                await asyncio.to_thread(self.history.save_record, job.id, record(job))
            else:
                await asyncio.to_thread(self.history.forget, job.id)
        except OSError as error:  # a full disk takes the record, and not the pictures that are there
            _log.error("the record of a job could not be saved: %s", error.strerror)
        finally:  # whoever watches must hear of the end
            job._tell()


def record(job: Job) -> dict[str, Any]:
    """What is kept of a job beside its pictures. There is no key in a request, so none can be in here."""
    return {
        "id": job.id,
        "owner": job.owner,
        "mode": job.mode,
        "started": job.started.isoformat(),
        "seconds": job.seconds,
        "stopped": job.stopped,
        "cost_usd": cost(job),
        "provider": job.request.provider,
        "model": job.request.model,
        "model_id": job.model_id,
        "prompt": job.request.prompt,
        "aspect_ratio": job.request.aspect_ratio,
        "image_size": job.request.image_size,
        "response_modalities": job.request.response_modalities,
        "output_format": job.request.output_format,
        "count": job.request.count,
        "sent": job.sent,
        "outcomes": [_outcome_record(outcome) for outcome in job.outcomes],
    }


def cost(job: Job) -> float | None:
    """Estimate in US dollars for the pictures that came; None when no price is known."""
    if job.free:
        return 0.0
    price = job.model.price(job.request.image_size)
    return None if price is None else price * len(job.pictures)


def _outcome_record(outcome: Outcome) -> dict[str, Any]:
    error = outcome.error
    result = outcome.result
    return {
        "call": outcome.call,
        "seconds": outcome.seconds,
        "pictures": [
            {
                "name": picture.name,
                "mime_type": picture.mime_type,
                "width": picture.width,
                "height": picture.height,
                "bytes": picture.byte_count,
                "sha256": picture.sha256,
                "thought": picture.thought,
            }
            for picture in outcome.pictures
        ],
        "text": result.text if result else "",
        "answer": dict(result.raw) if result else None,
        "error": None if error is None else {"code": error.code, "facts": dict(error.facts)},
        "said": error.said if isinstance(error, ProviderError) else "",
        "no_picture": isinstance(error, NoPicture),
    }
