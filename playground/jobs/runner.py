"""Runs the calls of a job: each in its turn, each saved before anyone is told, each failure its own."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from playground import images, region, wire
from playground.cancellation import shielded
from playground.errors import Billed, NotStarted, PlaygroundError, ProviderError, UnusablePicture
from playground.history import History, SavedPicture
from playground.jobs.comparison import digests, figures_of
from playground.jobs.conversation import Conversations
from playground.jobs.durations import Durations
from playground.jobs.job import Job, OnCall, Outcome
from playground.jobs.queue import FairQueue
from playground.jobs.records import record_of, recorded_inputs
from playground.providers.client import Answer, Provider
from playground.providers.credentials import Credentials
from playground.result import ImageResult, Part, PicturePart, RawAnswer

DRAFT_SECONDS = 0.4
"""How long an answer has to go on after a picture for that to be shown as a draft."""

_Saved = tuple[PicturePart, SavedPicture]
_log = logging.getLogger(__name__)


class Runner:
    """Runs jobs. Knows one job at a time."""

    def __init__(
        self,
        provider: Provider,
        history: History,
        queue: FairQueue,
        durations: Durations,
        conversations: Conversations,
        on_call: OnCall,
    ) -> None:
        self._provider = provider
        self._history = history
        self._queue = queue
        self._durations = durations
        self._conversations = conversations
        self._drafts: set[asyncio.Task[None]] = set()
        self._on_call = on_call

    def begin(self, job: Job, credentials: Credentials) -> None:
        """Starts everything that a job does; returns at once."""
        opening = asyncio.create_task(asyncio.to_thread(self._open, job))
        job.join(self._queue)
        job.calls = tuple(
            asyncio.create_task(self._call(job, number, credentials, opening))
            for number in range(1, job.request.count + 1)
        )
        keeping = asyncio.create_task(self._keep_inputs(job, opening))
        job.ending = asyncio.create_task(self._finish(job, opening, keeping))

    async def keep(self, job: Job, brought: Answer | ProviderError) -> None:
        """Writes down a job whose one call was answered elsewhere: as a row of a provider's batch.

        May be done again after a crash: the same files come out of it.

        Raises:
            PlaygroundError, OSError: it could not be kept.
        """
        await asyncio.to_thread(self._open, job)
        for place in range(len(job.inputs)):
            await self._keep_input(job, place)
        if isinstance(brought, ProviderError):
            outcome = await self._with_answer(Outcome(1, job.elapsed(), error=brought), job, brought)
        else:
            outcome = await shielded(self._kept(job, 1, brought))
        job.mark_begun(1)
        job.add(outcome)
        self._on_call(job, outcome)
        job.end()
        await asyncio.to_thread(self._close, job)
        job.settle()

    async def _call(
        self, job: Job, number: int, credentials: Credentials, opening: asyncio.Task[None]
    ) -> None:
        """One call from its place in the queue to its outcome."""
        started = time.monotonic()
        try:
            await job.turn(number)
            await _noted(opening)
            await _still_ours(job)
            started = time.monotonic()
            job.mark_begun(number)
            outcome = await self._outcome(
                job, number, credentials.at(job.request.call(number).provider, job.request.provider)
            )
        except PlaygroundError as error:
            outcome = Outcome(number, time.monotonic() - started, error=error)
            if isinstance(error, ProviderError):
                outcome = await self._with_answer(replace(outcome, attempts=error.attempts), job, error)
        except OSError as error:  # the disk, while the answer was on its way in
            failure = PlaygroundError("disk_failed", reason=_reason(error))
            outcome = Outcome(number, time.monotonic() - started, error=failure)
        finally:
            job.leave_queue(number)
        job.add(outcome)
        self._on_call(job, outcome)

    async def _outcome(self, job: Job, number: int, credentials: Credentials) -> Outcome:
        asked = job.request
        try:
            answer = await self._answer(job, number, credentials)
        except ProviderError as error:
            if not (_misses_a_signature(error) and asked.turns):
                raise
            async with job.collapsing:
                if job.request is asked:  # no other call was faster
                    await self._collapse(job)
            answer = await self._answer(job, number, credentials)
        return await shielded(self._kept(job, number, answer))

    async def _answer(self, job: Job, number: int, credentials: Credentials) -> Answer:
        return await self._provider.generate(
            job.request.call(number),
            job.served(number).model,
            credentials,
            on_progress=lambda progress: job.report(number, progress),
            on_draft=lambda file: self._expect_more(job, number, file),
            on_thoughts=lambda text: job.show_thoughts(number, text),
            visitor=job.owner,
            streams=job.streams,
        )

    def _expect_more(self, job: Job, number: int, file: Path) -> None:
        task = asyncio.create_task(self._draft(job, number, file))
        self._drafts.add(task)
        task.add_done_callback(self._drafts.discard)

    async def _draft(self, job: Job, number: int, file: Path) -> None:
        """Shows a picture of an answer that goes on; most answers end with their picture."""
        await asyncio.sleep(DRAFT_SECONDS)
        if number not in job.progress:
            return
        try:
            small = await images.run(_small, file)
        except (OSError, UnusablePicture):  # the answer has ended meanwhile, or nothing can draw it
            return
        job.show_draft(number, small)

    async def _collapse(self, job: Job) -> None:
        """Turns a conversation that the provider does not take into one turn, for all calls of the job.

        The record says so, and has the picture, before anything is sent.
        """
        alone = await self._conversations.as_one_turn(job.request)
        job.inputs = (*job.inputs, recorded_inputs(alone)[-1])
        job.request, job.sent = alone, wire.elided(alone, job.model)
        await self._keep_input(job, len(job.inputs) - 1)
        await asyncio.to_thread(self._history.note, record_of(job))

    async def _kept(self, job: Job, number: int, answer: Answer) -> Outcome:
        """The outcome of an answer, its pictures on disk; as many as the disk takes."""
        result, saved, failure, size = await asyncio.to_thread(self._store, job.id, number, answer.result)
        locked, odd = await self._locked(job, number, saved)
        result = replace(result, oddities=(*result.oddities, *odd))
        pictures = (*(one for _, one in saved), *locked)
        light = result.without_data()  # on disk by now; hundreds of jobs are remembered
        sizes, inputs = {one.byte_count for one in pictures}, dict[str, int]()
        if job.request.images:
            inputs = await asyncio.to_thread(digests, job.request.images, sizes)
        asked, served = job.request.call(number), job.served(number)
        received = figures_of(
            asked,
            served.model_id,
            light,
            pictures,
            answer.seconds,
            inputs,
            served.model.aspect_ratios,
        )
        if received and job.batched is None:
            self._durations.add(asked, served.model_id, answer.seconds)
        error = failure or wire.why_no_picture(light)
        return Outcome(
            number, answer.seconds, light, pictures, error, received, answer.attempts, size, answer.heard
        )

    def _store(
        self, generation: str, number: int, came: ImageResult
    ) -> tuple[ImageResult, Sequence[_Saved], PlaygroundError | None, int]:
        """An answer with its pictures looked at, what is on disk of it, what kept the rest away, and the size
        of the raw answer. In one go: with each turn of the loop in between, a picture is told of later."""
        result = _looked_at(came)
        saved, failure = self._save(generation, number, result)
        files = {part.file: one for part, one in saved if part.file is not None}
        return result, saved, failure, self._save_answer(generation, number, result.answer, files)

    async def _locked(
        self, job: Job, number: int, saved: Sequence[_Saved]
    ) -> tuple[tuple[SavedPicture, ...], tuple[str, ...]]:
        """The picture that was sent with what the answer has in its marked region, where that is wanted, and
        what is odd about it. Where it cannot be made, the answer stands alone, and is on disk already.
        """
        asked, came = job.request, [one.path for part, one in saved if not (part.thought or part.incomplete)]
        if not (asked.mask and asked.keeps_outside and came):
            return (), ()
        source, mask = asked.images[0], asked.images[asked.mask - 1].path
        own = source.given or source.path  # a copy that was made to be sent has other pixels
        try:
            made = await images.run(
                images.keep_outside, came[-1], own, mask, is_empty=region.is_extended(asked.prompt)
            )
            save, place = self._history.save_picture, len(saved) + 1
            one = await asyncio.to_thread(save, job.id, number, place, made, locked=True)
            return (one,), ("not_deep",) * await asyncio.to_thread(_is_shallower, one.path, own)
        except (OSError, UnusablePicture) as error:
            _log.warning("the outside of a region could not be kept: %s", error)
            return (), ("not_locked",)

    async def _with_answer(self, outcome: Outcome, job: Job, error: ProviderError) -> Outcome:
        """The same outcome, the raw answer of its error on disk."""
        answer, error.answer = error.answer, None
        size = await asyncio.to_thread(self._save_answer, job.id, outcome.call, answer, {})
        return replace(outcome, answer_bytes=size)

    def _save_answer(
        self, generation: str, number: int, answer: RawAnswer | None, files: Mapping[Path, SavedPicture]
    ) -> int:
        """The size of the raw answer, kept; 0 where there is none or the disk does not take it."""
        try:
            return 0 if answer is None else self._history.save_answer(generation, number, answer, files)
        except OSError as error:
            _log.warning("a raw answer could not be kept: %s", _reason(error))
            return 0

    def _save(
        self, generation: str, number: int, result: ImageResult
    ) -> tuple[list[_Saved], PlaygroundError | None]:
        """The pictures on disk, and what kept the rest away. No temporary file stays behind."""
        parts = [*result.thought_pictures, *result.pictures]
        saved: list[_Saved] = []
        try:
            for place, part in enumerate(parts, 1):
                saved.append((part, self._history.save_picture(generation, number, place, part)))
        except OSError as error:
            return saved, PlaygroundError("disk_failed", reason=_reason(error))
        finally:
            for part in parts:
                if part.file is not None:
                    part.file.unlink(missing_ok=True)
        return saved, None

    async def _keep_inputs(self, job: Job, opening: asyncio.Task[None]) -> None:
        """Beside the calls, which are the slower ones."""
        await asyncio.wait([opening])
        if opening.exception() is not None:
            return
        for place in range(len(job.inputs)):
            await self._keep_input(job, place)

    async def _keep_input(self, job: Job, place: int) -> None:
        try:
            kept = await asyncio.to_thread(
                self._history.save_input, job.id, job.inputs[place], job.request.images[place]
            )
        except OSError as error:  # a file that is gone; the calls say so themselves
            _log.error("an input picture of a job could not be kept: %s", _reason(error))
        else:
            job.inputs = (*job.inputs[:place], kept, *job.inputs[place + 1 :])

    async def _finish(self, job: Job, opening: asyncio.Task[None], keeping: asyncio.Task[None]) -> None:
        await asyncio.wait([*job.calls, opening])
        failed = opening.exception()  # told by the calls, where any got so far
        for number, task in enumerate(job.calls, 1):
            job.leave_queue(number)  # also of a call that was cancelled before it could begin
            error = _ending(job, number, task)
            if error is not None:
                job.outcomes.append(Outcome(number, job.elapsed(), error=error))
                self._on_call(job, job.outcomes[-1])
            elif task.cancelled():
                self._on_call(job, Outcome(number, job.elapsed(), error=job.stop_reason()))
        job.end()
        try:
            await keeping
            if not isinstance(failed, FileExistsError):  # then the record is another's
                await asyncio.to_thread(self._close, job)
        except (OSError, PlaygroundError) as error:  # the pictures that are there are not touched by that
            _log.error("the record of a job could not be saved: %s", _reason(error))
        finally:  # whoever watches is waiting for it
            job.settle()

    def _open(self, job: Job) -> None:
        """Whose the job is and what was asked is on disk before anything is sent."""
        self._history.begin(record_of(job), job.token, is_once=job.once is not None)
        if job.once is not None and not job.once.is_ours():
            raise NotStarted("interrupted_unsent")

    def _close(self, job: Job) -> None:
        """The record of a job that has ended. Where it cannot be saved, the next run completes it."""
        if job.outcomes:
            self._history.save_record(record_of(job))
        else:
            self._history.forget(job.id)


async def _still_ours(job: Job) -> None:
    """Asked once more where a call may have waited long for its turn. Raises NotStarted."""
    if job.once is not None and not await asyncio.to_thread(job.once.is_ours):
        raise NotStarted("interrupted_unsent")


async def _noted(opening: asyncio.Task[None]) -> None:
    """Returns once the record is on disk. Raises NotStarted when it cannot be: then nothing is sent."""
    try:
        await asyncio.shield(opening)
    except OSError as error:
        raise NotStarted("disk_not_ready", reason=_reason(error)) from None


def _small(file: Path) -> bytes:
    """A small copy of a picture, as WebP."""
    target = images.thumbnail(file, file.with_name(f"{file.name}.draft.webp"))
    try:
        return target.read_bytes()
    finally:
        target.unlink(missing_ok=True)


def _looked_at(result: ImageResult) -> ImageResult:
    """The same answer, its pictures called incomplete where anything in them is damaged.

    Reading the answer has looked at the ends of files only, and at all of what is in memory.
    """
    return replace(result, parts=tuple(_part_looked_at(part) for part in result.parts))


def _part_looked_at(part: Part) -> Part:
    if not isinstance(part, PicturePart) or part.incomplete or part.file is None:
        return part
    return replace(part, incomplete=not images.is_complete(part.file))


def _misses_a_signature(error: ProviderError) -> bool:
    """Whether the provider refused the earlier turns, unbilled: a finish reason saying so may be billed."""
    return error.code == "missing_signature" and error.billed is Billed.NO


def _ending(job: Job, number: int, task: asyncio.Task[None]) -> PlaygroundError | None:
    """What a call without an outcome of its own came to; None when the person stopped it."""
    defect = None if task.cancelled() else task.exception()
    if defect is not None:  # a defect of ours: told to the person, and whole in the log
        _log.error("call %d of a job failed unexpectedly", number, exc_info=defect)
        return PlaygroundError("unexpected", reason=type(defect).__name__)
    if task.cancelled() and job.interrupted and not job.stopped:
        begun = job.has_begun(number)
        return PlaygroundError("interrupted") if begun else PlaygroundError("interrupted_unsent")
    return None


def _reason(error: OSError | PlaygroundError) -> str:
    """A few words that hold no path and nothing of a person's."""
    said = error.code if isinstance(error, PlaygroundError) else error.strerror
    return said or type(error).__name__


def _is_shallower(made: Path, source: Path) -> bool:
    """Whether what was made of a picture has eight bits a channel, and the picture more. Raises OSError."""
    return images.is_deep(source) and not images.is_deep(made)
