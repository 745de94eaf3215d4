"""Sends the rows of a batch, some at once: each is an ordinary call, with its note before it goes."""

from __future__ import annotations

import asyncio
import functools
import logging
import time
from collections import Counter, deque
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field, replace
from typing import Any, Final, Protocol, TypeVar

from playground.batches.pictures import request_of
from playground.batches.plan import Plan
from playground.batches.speed import MOST_REFUSALS, Speed
from playground.batches.verdicts import Go, Verdict, of_error, of_job
from playground.errors import NotStarted, PlaygroundError
from playground.history import Batch, BatchRow, History, RowState
from playground.jobs.job import Job, Once
from playground.jobs.records import job_of
from playground.jobs.studio import Studio
from playground.providers.credentials import Credentials
from playground.request import ImageRequest

T = TypeVar("T")
AT_ONCE: Final = 4
"""Rows that are under way together: half of what a visitor may have, so that other presses find room."""
MOST_MISSES: Final = 10
"""After so many rows in a row without a picture, a person is asked."""
_LOOK_SECONDS: Final = 2.0
"""How often a row is looked at again that another process has begun."""
SILENT_LOOKS: Final = 15
_AGAIN_SECONDS: Final = 1.0
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Keys:
    """What was typed, and for which provider: rows may name others, and none of it goes there."""

    credentials: Credentials = field(default_factory=Credentials)
    provider: str = ""

    def at(self, provider: str) -> Credentials:
        return self.credentials.at(provider, self.provider)

    @property
    def are_typed(self) -> bool:
        return self.credentials.key is not None or self.credentials.base_url is not None


class Begin(Protocol):
    """Starts one call behind all budgets and limits."""

    def __call__(
        self, batch: Batch, wanted: ImageRequest, credentials: Credentials, once: Once
    ) -> Coroutine[Any, Any, Job]: ...


class Admit(Protocol):
    """Counts the bytes of a new batch to a budget. Raises NotStarted "batches_full", "batch_too_large"."""

    def __call__(self, batch: Batch, size: int) -> Coroutine[Any, Any, None]: ...


class Driver(Protocol):
    """Sends what waits of a batch, and sees to what was sent before; see this folder's README."""

    def offers(self, plan: Plan) -> float | None:
        """Which part of the price all of a table costs this way; None where not all of it can be sent so."""

    async def run(self, batch: Batch, keys: Keys, leaving: asyncio.Event) -> None:
        """Returns once nothing is to be done now: all rows have ended, or the batch was paused. `leaving` is
        set where nothing more may be sent here; what is under way comes to its end."""


def fetched(history: History, batch: str, row: BatchRow) -> ImageRequest:
    """The request of a row that is to be sent: see `pictures.request_of`. Blocks.

    Raises:
        NotStarted: "disk_not_ready"; its pictures cannot be fetched now.
    """
    try:
        return request_of(history, batch, row)
    except OSError as error:
        raise NotStarted("disk_not_ready", reason=error.strerror or "OSError") from None


@dataclass
class _Run:
    """One batch in one process."""

    batch: Batch
    keys: Keys
    leaving: asyncio.Event
    speed: Speed
    waiting: deque[BatchRow] = field(default_factory=deque)
    sending: dict[int, asyncio.Task[None]] = field(default_factory=dict)
    lost: set[int] = field(default_factory=set)
    """Numbers of rows that were begun by another process, or before this one: their end is to be found."""
    silent: Counter[int] = field(default_factory=Counter)
    """Number of such a row -> at how many looks in a row no process has told of it."""
    misses: int = 0
    """Rows in a row that have brought no picture."""


class OneByOne:
    """The driver "calls"."""

    def __init__(
        self,
        studio: Studio,
        begin: Begin,
        *,
        at_once: int = AT_ONCE,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._studio = studio
        self._history: History = studio.history
        self._begin = begin
        self._at_once = at_once
        self._clock = clock
        self._speeds: dict[str, Speed] = {}

    def offers(self, plan: Plan) -> float | None:
        """See `Driver`."""
        return 1.0 if plan.calls else None

    def speed(self, batch: str) -> Speed:
        """How fast a batch goes that runs here."""
        return self._speeds.get(batch) or Speed(self._at_once, self._clock)

    async def run(self, batch: Batch, keys: Keys, leaving: asyncio.Event) -> None:
        """See `Driver`."""
        speed = self._speeds[batch.id] = Speed(self._at_once, self._clock)
        run, is_left = _Run(batch, keys, leaving, speed), leaving.is_set()
        try:
            await self._feed(run)
            if is_left and run.lost:
                await asyncio.sleep(_AGAIN_SECONDS)  # it is asked for again at once
        finally:
            del self._speeds[batch.id]
            if run.sending:
                await asyncio.wait(run.sending.values())

    async def _feed(self, run: _Run) -> None:
        while await self._has_more(run):
            while run.waiting or run.sending or run.lost:
                if run.lost:
                    await self._find_ends(run)
                if run.leaving.is_set():
                    return
                while run.waiting and len(run.sending) < run.speed.at_once and not run.speed.wait:
                    self._send(run, run.waiting.popleft())
                await self._next(run)

    async def _has_more(self, run: _Run) -> bool:
        """Looks for rows that wait, and for those of which the end is not known."""
        rows = await self._asked(run, lambda: self._history.batches.rows(run.batch.id))
        run.waiting.extend(row for row in rows if row.state is RowState.WAITING)
        run.lost |= {row.number for row in rows if row.state is RowState.SENT}
        return bool(run.waiting or run.lost)

    def _send(self, run: _Run, row: BatchRow) -> None:
        task = run.sending[row.number] = asyncio.create_task(self._row(run, row))
        task.add_done_callback(lambda _: run.sending.pop(row.number, None))

    async def _next(self, run: _Run) -> None:
        """Returns when something has ended, when somebody has said to leave, or when a wait is over."""
        leaving = asyncio.create_task(run.leaving.wait())
        wait = run.speed.wait if run.waiting and run.speed.wait else None
        if run.lost:
            wait = min(wait or _LOOK_SECONDS, _LOOK_SECONDS)
        if run.sending or wait is not None:
            ends = {leaving, *run.sending.values()}
            await asyncio.wait(ends, timeout=wait, return_when=asyncio.FIRST_COMPLETED)
        leaving.cancel()

    # ── one row ─────────────────────────────────────────────────────────────────────────────────────────────

    async def _row(self, run: _Run, row: BatchRow) -> None:
        """One row from its claim to its end."""
        book, batch = self._history.batches, run.batch
        try:
            if not await self._asked(run, lambda: book.claim(batch, [row])):
                run.leaving.set()  # paused, stopped, or another process's by now
                return
            verdict = await self._verdict(run, replace(row, state=RowState.SENT, tries=row.tries + 1))
            await self._keep(run, verdict)
        except (
            PlaygroundError,
            OSError,
        ) as error:  # its note says it, whenever that is looked at
            _log.error("what became of a row could not be written down yet: %s", error)

    async def _verdict(self, run: _Run, row: BatchRow) -> Verdict:
        generation = row.generation(run.batch.id)
        try:
            wanted = await asyncio.to_thread(fetched, self._history, run.batch.id, row)
            once = Once(generation, functools.partial(self._is_ours, run.batch, row))
            job = await self._begin(run.batch, wanted, run.keys.at(wanted.provider), once)
        except PlaygroundError as error:
            return of_error(error, row)
        if job.ending is not None:
            await asyncio.wait([job.ending])
        verdict = of_job(job, row)
        if verdict.row.state is not RowState.WAITING:
            return verdict
        left = await asyncio.to_thread(self._history.left, generation)
        if left is not None and (left.seconds is None or await self._is_before(run, job, row)):
            return Verdict(row, Go.AWAY)  # it was not begun here: what its note says counts
        if left is not None:  # it is tried again: of this try nothing is worth keeping
            await asyncio.to_thread(self._history.delete, run.batch.owner, [generation])
        return verdict

    def _is_ours(self, batch: Batch, row: BatchRow) -> bool:
        """Whether nobody has taken the batch over before the note of the row was there."""
        try:
            return self._history.batches.holds(batch, row)
        except PlaygroundError:
            return False

    async def _is_before(self, run: _Run, job: Job, row: BatchRow) -> bool:
        """Whether this very try was sent before: a power cut can take back what the database knew of it, and
        not its note."""
        if job.has_begun(1):
            return False
        ended, _ = await asyncio.to_thread(self._found, run.batch, row)
        return ended is None or ended.state is not RowState.WAITING

    async def _keep(self, run: _Run, verdict: Verdict) -> None:
        """Writes down what became of a row, and goes on as it says."""
        row, error, book = verdict.row, verdict.error, self._history.batches
        if verdict.go is Go.AWAY:
            run.lost.add(row.number)
            return
        row = await self._asked(run, lambda: book.end(run.batch, row))
        if row.state is RowState.WAITING:
            run.waiting.appendleft(row)
        if verdict.go is Go.SLOWLY:
            run.speed.refused(verdict.wait)
        elif verdict.go is Go.ON:
            run.speed.served()
            run.misses = 0 if row.state is RowState.DONE else run.misses + 1
        if error is not None and error.code == "stopping":  # the server is: it goes on later
            run.leaving.set()
        elif error is not None and (verdict.go is Go.PAUSE or run.speed.refusals > MOST_REFUSALS):
            await self._pause(run, error.code, dict(error.facts))
        elif run.misses >= MOST_MISSES and not run.leaving.is_set():
            await self._pause(run, "failing", {"count": str(run.misses)})

    async def _pause(self, run: _Run, reason: str, facts: dict[str, str]) -> None:
        run.leaving.set()
        await self._asked(run, lambda: self._history.batches.pause(run.batch, reason, facts))

    # ── rows of before ──────────────────────────────────────────────────────────────────────────────────────

    async def _find_ends(self, run: _Run) -> None:
        """Rows that may have been sent by a process before: what their notes on disk say of them."""
        book = self._history.batches
        rows = await self._asked(run, lambda: book.rows(run.batch.id, [RowState.SENT]))
        run.lost &= {row.number for row in rows}
        for row in rows:
            if row.number not in run.lost:
                continue
            is_silent = await self._is_silent(run, row)
            try:
                ended, unbegun = await asyncio.to_thread(self._found, run.batch, row, is_silent=is_silent)
            except OSError as error:  # the object store is away: it is looked at again
                _log.error("a batch waits for the notes of its rows: %s", error)
                continue
            if ended is not None:
                end = functools.partial(book.end, run.batch, ended, unbegun=unbegun)
                kept = await self._asked(run, end)
                run.lost.discard(row.number)
                run.waiting.extend([kept] * (kept.state is RowState.WAITING))

    async def _is_silent(self, run: _Run, row: BatchRow) -> bool:
        """Whether no process has told of a row's job for so long that none runs it."""
        untold = await asyncio.to_thread(self._history.is_untold, row.generation(run.batch.id))
        run.silent[row.number] = run.silent[row.number] + 1 if untold else 0
        return run.silent[row.number] > SILENT_LOOKS

    def _found(self, batch: Batch, row: BatchRow, *, is_silent: bool = False) -> tuple[BatchRow | None, bool]:
        """How the row has ended, None while it is under way; and whether its try was never begun."""
        record = self._history.left(row.generation(batch.id))
        if record is None:  # claimed, and there is no note
            return replace(row, state=RowState.WAITING), True
        if record.seconds is None:  # only a process that starts looks for what those before it have left
            if not (is_silent or self._history.is_left(record.id)):
                return None, False
            record = self._studio.cut_off(record)
        return of_job(job_of(record, batch.owner, self._studio.catalogue, self._history), row).row, False

    async def _asked(self, run: _Run, question: Callable[[], T]) -> T:
        """What the database says, however long it is away, unless the run is to end."""
        while True:
            try:
                return await asyncio.to_thread(question)
            except PlaygroundError as error:
                if run.leaving.is_set():
                    raise
                _log.error("a batch waits for the database: %s", error)
            await asyncio.sleep(_AGAIN_SECONDS)
