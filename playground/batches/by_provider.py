"""Sends a batch as a batch of the provider's: at a part of the price, within a day (`batch_price`).

| step | costs | may be repeated | written down before it |
|---|---|---|---|
| upload the requests | nothing | yes | |
| say which rows | nothing | yes | the job with its rows, NEW |
| create the batch | all of it | never | all rows claimed and CREATING; with a lost answer, it is looked for |
| ask how far it is | nothing | yes | CREATED, with its name |
| take the answers | nothing | yes: a row that has ended is not touched again | |

A job that was CREATING when its process ended is looked for in the same way, and is never created again:
where it is not listed, its rows are unclear.
"""

from __future__ import annotations

import asyncio
import contextlib
import functools
import logging
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Coroutine, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, NoReturn, Protocol, TypeVar

from playground.batches import pictures, remote_jobs
from playground.batches.plan import Plan
from playground.batches.remote_jobs import Notes, Phase, RemoteJob
from playground.batches.sending import Keys, fetched
from playground.batches.verdicts import Go, of_error, of_job
from playground.errors import (
    Billed,
    InvalidRequest,
    NotStarted,
    PlaygroundError,
    ProviderError,
    UnreadableAnswer,
    UnusablePicture,
)
from playground.history import Batch, BatchRow, BatchState, RowState
from playground.jobs.inputs import encoded_bytes
from playground.jobs.studio import Studio
from playground.modes import mode_taking
from playground.providers.credentials import Credentials
from playground.providers.remote_batches import MAX_INPUT_BYTES, Brought, RemoteBatches
from playground.providers.retries import Pace
from playground.request import ImageRequest
from playground.wire import RemoteBatch

T = TypeVar("T")
FIRST_PAUSE: Final = 5.0
LONGEST_PAUSE: Final = 300.0
FREE_PAUSE: Final = 1.0
"""Between two looks at a batch, in seconds: they grow by half each time, but not where nothing is billed."""
LOOKS_FOR_A_LOST_ONE: Final = 8
"""How often the list is looked through for a batch whose creation was not answered."""
MOST_FAULTS: Final = 5
"""So many faults in a row of what is free, and a person is asked."""
_AROUND_PICTURES: Final = 100_000_000
"""Bytes of a file of requests that are left to prompts and settings."""
GONE_SECONDS: Final = 72 * 3600.0
"""Google ends a batch after 48 hours; one that nobody knows of after so long is gone for good."""
_log = logging.getLogger(__name__)


class Payer(Protocol):
    """Keeps what a batch may cost within the budgets and the limits of money."""

    async def count(self, batch: Batch) -> None:
        """One row more is asked for. Raises NotStarted."""

    async def reserve(
        self, batch: Batch, wanted: Sequence[ImageRequest], credentials: Credentials, part: float, charge: str
    ) -> None:
        """Writes down what calls may cost together, at a part of their price. Raises NotStarted."""


@dataclass
class _Run:
    """One batch in one process.

    Attributes:
        has_paused: it has begun to wait for a person by itself, so that its leaving is no reason for haste.
    """

    batch: Batch
    keys: Keys
    leaving: asyncio.Event
    notes: Notes
    pause: float = 0.0
    faults: int = 0
    has_paused: bool = False


class _Paused(Exception):
    """The batch waits for a person."""


class ByProvider:
    """The driver "provider"."""

    def __init__(
        self, studio: Studio, payer: Payer, *, pace: Pace | None = None, now: Callable[[], float] = time.time
    ) -> None:
        """`pace` is how time passes between two looks, `now` the wall clock."""
        self._studio = studio
        self._catalogue, self._history = studio.catalogue, studio.history
        self._payer = payer
        self._pace, self._now = pace or Pace(), now
        self._due: dict[str, tuple[float, float]] = {}  # batch -> when it is looked at again, after how long
        self._looks: Counter[str] = Counter()

    def offers(self, plan: Plan) -> float | None:
        """See `Driver`: all of it goes to one provider that takes batches, and fits into one file there."""
        providers = {call.request.provider for call in plan.calls}
        pictures_bytes = sum(encoded_bytes(call.request.images) for call in plan.calls)
        is_fit = len(providers) == 1 and pictures_bytes < MAX_INPUT_BYTES - _AROUND_PICTURES
        return self.part(providers.pop()) if is_fit else None

    def part(self, provider: str) -> float | None:
        """What a call of a batch costs there, as a part of its price; None where none is taken."""
        row = self._catalogue.providers.get(provider)
        return row.batch_price if row else None

    async def run(self, batch: Batch, keys: Keys, leaving: asyncio.Event) -> None:
        """See `Driver`. A batch that is paused or stopped is looked at now and then: what was created is
        paid for."""
        run = _Run(batch, keys, leaving, remote_jobs.read(batch.note))
        is_left = leaving.is_set()
        lacks_key = batch.needs_key and not keys.are_typed
        due, run.pause = self._due.get(batch.id, (0.0, 0.0))
        is_due = self._is_to_be_cancelled(run) or self._pace.clock() >= due
        if lacks_key or (is_left and not is_due):
            await self._pace.sleep(FREE_PAUSE)  # it is asked for again at once
            return
        try:
            while True:
                if not is_left:
                    await self._send(run)
                elif run.batch.state is BatchState.STOPPED:
                    await self._give_back(run)
                await self._look(run)
                if not self._open(run) and not (not is_left and await self._waiting(run)):
                    self._due.pop(batch.id, None)
                    return
                run.pause = self._next_pause(run)
                self._wait_for(run, run.pause)
                if is_left or await self._left_while(run, run.pause):
                    return
        except _Paused:
            return
        except PlaygroundError as error:  # rows of an earlier release, which are none any more
            with contextlib.suppress(_Paused):
                await self._pause(run, error)

    # ── sending ─────────────────────────────────────────────────────────────────────────────────────────────

    async def _send(self, run: _Run) -> None:
        """Makes jobs of the rows that wait, and sends them."""
        await self._give_back(run)
        for (provider, model_id), rows in self._groups(await self._waiting(run)).items():
            requests, lost = await asyncio.to_thread(self._requests, run, rows)
            if lost:
                await self._fail(run, _job(run, provider, model_id, lost), lost)
            if requests:
                there = [row for row in rows if row.number in requests]
                await self._create(run, _job(run, provider, model_id, there), requests)

    async def _fail(self, run: _Run, job: RemoteJob, rows: Iterable[BatchRow]) -> None:
        """Ends rows of which a picture is gone. The job is never created: a crash gives them back with it."""
        if run.leaving.is_set() or not await self._claimed(run, job):
            raise _Paused
        for row in rows:
            await self._asked(run, functools.partial(self._end, run, replace(row, tries=row.tries + 1)))
        await self._note(run, replace(job, phase=Phase.ENDED))

    async def _give_back(self, run: _Run) -> None:
        """Rows that were claimed for a job which never came so far that it was created."""
        is_stopped = run.batch.state is BatchState.STOPPED
        state = RowState.STOPPED if is_stopped else RowState.WAITING
        for job in [one for one in run.notes.jobs.values() if one.phase is Phase.NEW]:
            remote = await self._remote(run, job)
            found = await self._free(run, functools.partial(remote.find, job.id))
            if found is not None:  # a power cut took back what was written down last
                found_now = replace(job, phase=Phase.CREATED, name=found.name, since=self._now())
                if is_stopped:
                    await self._note(run, found_now)
                elif not await self._claimed(run, found_now):
                    raise _Paused
                continue
            if not await self._asked(
                run, functools.partial(self._history.batches.release, run.batch, job.id)
            ):
                raise _Paused
            for row in await self._rows(run, job):
                end = functools.partial(self._history.batches.end, run.batch, replace(row, state=state))
                await self._asked(run, functools.partial(end, unbegun=state is RowState.WAITING))
            await self._note(run, replace(job, phase=Phase.ENDED))

    def _groups(self, rows: Iterable[BatchRow]) -> dict[tuple[str, str], list[BatchRow]]:
        groups: dict[tuple[str, str], list[BatchRow]] = {}
        for row in rows:
            request = pictures.asked(row)
            model = self._catalogue.model(request.provider, request.model)
            model_id = model.id_for(request.model, request.image_size)
            groups.setdefault((request.provider, model_id), []).append(row)
        return groups

    async def _create(self, run: _Run, job: RemoteJob, requests: Mapping[int, ImageRequest]) -> None:
        """Uploads, claims, creates: see the table above."""
        remote = await self._remote(run, job)
        first = next(iter(requests.values()))
        model = self._catalogue.model(first.provider, first.model)
        wanted = [(str(number), request) for number, request in requests.items()]
        file = await self._free(run, lambda: remote.upload(wanted, model, job.id))
        job = replace(job, file=file)
        await self._note(run, job)
        await self._reserve(run, job, list(requests.values()))
        if not await self._counted(run, len(requests)):
            await self._give_back(run)
            raise _Paused
        # A power cut may have taken back what was written down: then it is there already.
        found = await self._free(run, functools.partial(remote.find, job.id))
        phase, name = (Phase.CREATED, found.name) if found else (Phase.CREATING, "")
        job = replace(job, phase=phase, name=name, since=self._now())
        if run.leaving.is_set() or not await self._claimed(run, job):
            await self._give_back(run)
            raise _Paused
        if found is None:
            await self._create_once(run, job, remote)

    def _requests(
        self, run: _Run, rows: Iterable[BatchRow]
    ) -> tuple[dict[int, ImageRequest], list[BatchRow]]:
        """Number -> what a row asks for, with its pictures; and the rows of which one is gone, as they end.

        Raises:
            NotStarted: as `fetched`.
        """
        requests, lost = dict[int, ImageRequest](), list[BatchRow]()
        for row in rows:
            try:
                requests[row.number] = fetched(self._history, run.batch.id, row)
            except UnusablePicture as error:
                lost.append(of_error(error, row).row)
        return requests, lost

    async def _create_once(self, run: _Run, job: RemoteJob, remote: RemoteBatches) -> None:
        """The one call that costs something. Whoever was frozen since the claim asks first: somebody else may
        have looked for the batch meanwhile, and called its rows unclear."""
        if not await self._still_ours(run):
            raise _Paused
        if run.leaving.is_set():  # somebody has stopped it, or it goes elsewhere
            await self._note(run, replace(job, phase=Phase.NEW))
            await self._give_back(run)
            raise _Paused
        try:
            found = await remote.create(job.model_id, job.file, job.id)
        except ProviderError as error:
            if error.billed is Billed.NO and (error.http_status or 0) < 500:
                await self._refused(run, job, error)
            return  # its answer is lost, or says not whether it was heard: it is looked for
        await self._note(run, replace(job, phase=Phase.CREATED, name=found.name))

    async def _still_ours(self, run: _Run) -> bool:
        """Whether this process still runs the batch. A database that is away is waited for: whoever came back
        later would have to look for a batch that was never created, and call its rows unclear."""
        while True:
            try:
                return await asyncio.to_thread(self._history.batches.holds, run.batch)
            except PlaygroundError as error:
                _log.error("a batch waits for the database: %s", error)
            if await self._left_while(run, FIRST_PAUSE):
                return False

    async def _refused(self, run: _Run, job: RemoteJob, error: ProviderError) -> None:
        """Nothing was created, and nothing billed."""
        verdict = None
        for row in await self._rows(run, job):
            verdict = of_error(error, row)
            await self._asked(run, functools.partial(self._end, run, verdict.row))
        await self._over(run, job)
        if verdict is not None and verdict.row.state is RowState.WAITING:
            run.faults += 1
            if verdict.go is Go.PAUSE or run.faults > MOST_FAULTS:
                await self._pause(run, error)
            await self._left_while(run, verdict.wait or self._next_pause(run))

    async def _reserve(self, run: _Run, job: RemoteJob, wanted: Sequence[ImageRequest]) -> None:
        part, credentials = self.part(job.provider), run.keys.at(job.provider)
        try:
            await self._payer.reserve(run.batch, wanted, credentials, 1.0 if part is None else part, job.id)
        except NotStarted as refused:
            await self._pause(run, refused)

    async def _counted(self, run: _Run, count: int) -> bool:
        """Whether there is room for all rows; otherwise this process is to leave."""
        for _ in range(count):
            while True:
                try:
                    await self._payer.count(run.batch)
                    break
                except NotStarted as wait:
                    if await self._left_while(run, float(wait.facts.get("seconds", FIRST_PAUSE))):
                        return False
        return True

    async def _claimed(self, run: _Run, job: RemoteJob) -> bool:
        """Whether the rows of a job are this process's to send: all are claimed, and what the job is by now
        is noted, or neither, so that no crash leaves some of them to be sent once more."""
        rows = await self._asked(run, lambda: self._history.batches.rows(run.batch.id))
        mine = [replace(row, tries=job.rows[row.number] - 1) for row in rows if row.number in job.rows]
        noted = Notes({**run.notes.jobs, job.id: job})
        claim = functools.partial(self._history.batches.claim, run.batch, mine, noted.dumped())
        if not await self._asked(run, claim):
            return False
        run.notes.jobs[job.id] = job
        return True

    def _is_to_be_cancelled(self, run: _Run) -> bool:
        is_stopped = run.batch.state is BatchState.STOPPED
        return is_stopped and not all(job.is_cancelled for job in self._open(run))

    # ── looking ─────────────────────────────────────────────────────────────────────────────────────────────

    def _open(self, run: _Run) -> list[RemoteJob]:
        return [job for job in run.notes.jobs.values() if job.is_open]

    async def _look(self, run: _Run) -> None:
        """Looks at every job once, and takes what has come."""
        was_left, paused = run.leaving.is_set(), None
        for job in self._open(run):
            try:
                await self._look_once(run, job)
            except _Paused as pause:  # of this job: what another has brought is taken all the same
                if run.leaving.is_set() and not was_left and not run.has_paused:
                    raise
                paused = pause
        if paused is not None:
            raise paused

    async def _look_once(self, run: _Run, job: RemoteJob) -> None:
        remote = await self._remote(run, job)
        try:
            if job.phase is Phase.CREATING:
                await self._look_for(run, job, remote)
            else:
                await self._look_at(run, job, remote)
        except ProviderError as error:
            await self._fault(run, job, error)
        except OSError as error:  # the disk: the answers are there for the next look
            _log.error("answers of a batch could not be kept: %s", error.strerror)
            run.faults += 1

    async def _look_for(self, run: _Run, job: RemoteJob, remote: RemoteBatches) -> None:
        """Whether the creation was heard, of which the answer is lost."""
        found = await remote.find(job.id)
        if found is not None:
            await self._note(run, replace(job, phase=Phase.CREATED, name=found.name))
            return
        self._looks[job.id] += 1
        if self._looks[job.id] >= LOOKS_FOR_A_LOST_ONE:
            await self._end_rest(run, job, RowState.UNCLEAR, PlaygroundError("batch_unheard"))

    async def _look_at(self, run: _Run, job: RemoteJob, remote: RemoteBatches) -> None:
        if run.batch.state is BatchState.STOPPED and not job.is_cancelled:
            await remote.cancel(job.name)
            job = replace(job, is_cancelled=True)
            await self._note(run, job)
        now = await remote.get(job.name)
        run.faults = 0
        if now.state in ("waiting", "running"):
            if (now.state, now.done) != (job.told, job.done):
                await self._note(run, replace(job, told=now.state, done=now.done))
            return
        if now.answers:
            rows = {row.number: row for row in await self._rows(run, job)}
            take = functools.partial(self._take, run, job, rows)
            await self._unless_left(run, remote.answers(now.answers, take))
        await self._end_as(run, job, now)
        await self._cleaned(remote, job)

    async def _end_as(self, run: _Run, job: RemoteJob, now: RemoteBatch) -> None:
        """The rows that have no answer, by how the batch has ended."""
        if now.state == "succeeded":
            await self._end_rest(run, job, RowState.UNCLEAR, UnreadableAnswer("empty_answer"))
        elif now.state == "cancelled":
            await self._end_rest(run, job, RowState.STOPPED, PlaygroundError("stopped"))
        elif now.state == "expired":
            await self._end_rest(run, job, RowState.FAILED, PlaygroundError("batch_expired"))
        else:
            await self._end_rest(run, job, RowState.FAILED, PlaygroundError("batch_failed"), now.said)

    async def _take(
        self, run: _Run, job: RemoteJob, rows: dict[int, BatchRow], key: str, place: int, brought: Brought
    ) -> None:
        """One answer becomes an ordinary generation; of a row that has its end already, it is dropped."""
        numbers = list(job.rows)
        number = int(key) if key.isascii() and key.isdigit() and len(key) < 6 else 0
        if not key and place < len(numbers):
            number = numbers[place]
        row = rows.pop(number, None)
        if row is None:
            await asyncio.to_thread(_drop_files, brought)
            return
        request = functools.partial(pictures.request_of, self._history, run.batch.id, row, is_over=True)
        wanted = await asyncio.to_thread(request)
        kept = await self._studio.keep(
            wanted,
            brought,
            owner=run.batch.owner,
            mode=mode_taking(len(wanted.images)),
            once=row.generation(run.batch.id),
            batched=self.part(job.provider) or 1.0,
            seconds=max(0.0, self._now() - job.since),
        )
        ended = of_job(kept, row).row
        if ended.state is RowState.WAITING:  # nothing goes round by itself that takes a day
            error = kept.errors[0]
            said = error.said[:500] if isinstance(error, ProviderError) else ""
            ended = replace(ended, state=RowState.FAILED, code=error.code, facts=dict(error.facts), said=said)
        # How long it took says nothing of the next row.
        await self._asked(run, functools.partial(self._end, run, replace(ended, seconds=None)))

    async def _end_rest(
        self, run: _Run, job: RemoteJob, state: RowState, error: PlaygroundError, said: str = ""
    ) -> None:
        for row in await self._rows(run, job):
            ended = replace(row, state=state, code=error.code, said=said, price=None)
            await self._asked(run, functools.partial(self._end, run, ended))
        await self._over(run, job)

    async def _over(self, run: _Run, job: RemoteJob) -> None:
        """Nothing more comes of a job: what it has cost is written down, and what was reserved is free."""
        rows = await self._asked(run, lambda: self._history.batches.rows(run.batch.id))
        mine = [row for row in rows if job.rows.get(row.number) == row.tries]
        part = self.part(job.provider) or 1.0
        dollars = sum(row.price or 0.0 for row in mine)
        dollars += sum(self._estimate(row) * part for row in mine if row.state is RowState.UNCLEAR)
        unknown = sum(row.price is None for row in mine if row.state is RowState.DONE)
        await self._asked(run, lambda: self._history.ledger.settle(job.id, dollars, unknown))
        await self._note(run, replace(job, phase=Phase.ENDED))

    def _estimate(self, row: BatchRow) -> float:
        request = pictures.asked(row)
        if self._catalogue.provider(request.provider).free:
            return 0.0
        return self._catalogue.model(request.provider, request.model).price(request.image_size) or 0.0

    async def _cleaned(self, remote: RemoteBatches, job: RemoteJob) -> None:
        """The uploaded requests are of no use any more; Google removes them after two days itself."""
        try:
            await remote.remove(job.file)
        except ProviderError as error:
            _log.warning("an uploaded file of a batch is left to its provider: %s", error.code)

    async def _fault(self, run: _Run, job: RemoteJob, error: ProviderError) -> None:
        """What is free has failed: it is asked again, but not for ever without a person."""
        run.faults += 1
        is_gone = job.phase is Phase.CREATED and error.http_status in (403, 404)
        is_free = self._catalogue.provider(job.provider).free
        is_over = run.batch.state is BatchState.STOPPED or self._now() - job.since > GONE_SECONDS
        if is_gone and (is_free or is_over):
            await self._end_rest(run, job, RowState.UNCLEAR, PlaygroundError("batch_lost"))
        elif is_gone or error.code == "key_refused" or run.faults > MOST_FAULTS:
            await self._pause(run, PlaygroundError("batch_lost") if is_gone else error)

    # ── small things ────────────────────────────────────────────────────────────────────────────────────────

    async def _remote(self, run: _Run, job: RemoteJob) -> RemoteBatches:
        provider = self._studio.provider
        try:
            destination = provider.destination(job.provider, run.keys.at(job.provider))
        except InvalidRequest as error:
            await self._pause(run, error)
        return RemoteBatches(provider, destination, self._history.staging_dir, run.batch.owner)

    async def _free(self, run: _Run, work: Callable[[], Awaitable[T]]) -> T:
        """What `work` brings, tried some times."""
        while True:
            try:
                return await work()
            except ProviderError as error:
                run.faults += 1
                if error.code == "key_refused" or run.faults > MOST_FAULTS:
                    await self._pause(run, error)
                run.pause = self._next_pause(run)
                if await self._left_while(run, run.pause):
                    self._wait_for(run, run.pause)
                    raise _Paused from None
            except PlaygroundError as error:  # a picture that is gone
                await self._pause(run, error)

    async def _pause(self, run: _Run, error: PlaygroundError) -> NoReturn:
        run.has_paused = True
        if not run.leaving.is_set():
            pause, facts = self._history.batches.pause, dict(error.facts)
            await self._asked(run, lambda: pause(run.batch, error.code, facts))
        self._wait_for(run, LONGEST_PAUSE)
        raise _Paused

    def _next_pause(self, run: _Run) -> float:
        jobs = [*run.notes.jobs.values()]
        if all(self._catalogue.provider(job.provider).free for job in jobs):
            return FREE_PAUSE
        return min(max(FIRST_PAUSE, run.pause * 1.5), LONGEST_PAUSE)

    def _wait_for(self, run: _Run, seconds: float) -> None:
        self._due[run.batch.id] = self._pace.clock() + seconds, seconds

    async def _left_while(self, run: _Run, seconds: float) -> bool:
        """Waits so long, or until this process is to leave the batch; whether it is."""
        ends = asyncio.create_task(run.leaving.wait()), asyncio.ensure_future(self._pace.sleep(seconds))
        await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
        for end in ends:
            end.cancel()
        return run.leaving.is_set()

    async def _unless_left(self, run: _Run, work: Coroutine[Any, Any, None]) -> None:
        """Ends what can be begun anew where the process ends, or somebody else goes on."""
        if run.leaving.is_set() or run.has_paused:  # it is stopped or paused, and looked at all the same
            await work
            return
        leaving, task = asyncio.create_task(run.leaving.wait()), asyncio.create_task(work)
        await asyncio.wait({leaving, task}, return_when=asyncio.FIRST_COMPLETED)
        leaving.cancel()
        if not task.done():
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            raise _Paused
        task.result()

    async def _waiting(self, run: _Run) -> list[BatchRow]:
        return await self._asked(run, lambda: self._history.batches.rows(run.batch.id, [RowState.WAITING]))

    async def _rows(self, run: _Run, job: RemoteJob) -> list[BatchRow]:
        """The rows of a job of which the end is not known."""
        rows = await self._asked(run, lambda: self._history.batches.rows(run.batch.id, [RowState.SENT]))
        return [row for row in rows if job.rows.get(row.number) == row.tries]

    def _end(self, run: _Run, row: BatchRow) -> None:
        self._history.batches.end(run.batch, row)

    async def _note(self, run: _Run, job: RemoteJob) -> None:
        """Raises _Paused where another process runs the batch by now."""
        run.notes.jobs[job.id] = job
        if not await self._asked(run, lambda: self._history.batches.note(run.batch, run.notes.dumped())):
            raise _Paused

    async def _asked(self, run: _Run, question: Callable[[], T]) -> T:
        """What the database says. Raises _Paused where it is away: the next look begins anew."""
        try:
            return await asyncio.to_thread(question)
        except PlaygroundError as error:
            _log.error("a batch waits for the database: %s", error)
            self._wait_for(run, FIRST_PAUSE)
            raise _Paused from None


def _job(run: _Run, provider: str, model_id: str, rows: Iterable[BatchRow]) -> RemoteJob:
    """A new one, of the next tries of these rows."""
    tries = {row.number: row.tries + 1 for row in rows}
    name = remote_jobs.named(run.batch.id, provider, model_id, tries.items())
    return RemoteJob(name, provider, model_id, tries)


def _drop_files(brought: Brought) -> None:
    """Nobody wants the pictures of an answer."""
    if not isinstance(brought, ProviderError):
        for part in (*brought.thought_pictures, *brought.pictures):
            if part.file is not None:
                part.file.unlink(missing_ok=True)
