"""Batches from a person's press to their end, over restarts and over processes.

A batch is run by one process at a time, which says so in the database (`Batch.holder`) and shows that it
lives by a number that changes. Another takes over once the lock of the holder's folder is free, or, on
another machine, once the number has stood still for LOST_SECONDS of looking. What was begun before is never
begun again: see `playground.history.batches`.

A typed key is in the memory of the process that it was typed into and nowhere else: without it the batch
waits. A batch that needs none belongs to no process: where several share a database, `wake` has one of them
take it up (`playground.server.background`), at its start and whenever its holder is lost.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import weakref
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Final

from playground.batches import pictures
from playground.batches.plan import Call
from playground.batches.sending import Admit, Begin, Driver, Keys, OneByOne
from playground.catalogue import Catalogue
from playground.errors import InvalidRequest, NotStarted, PlaygroundError
from playground.history import (
    LOST_SECONDS,
    PROGRAM_PREFIX,
    Batch,
    BatchState,
    History,
    RowState,
)
from playground.jobs.studio import Studio

STEP_SECONDS: Final = 1.0
MAX_OPEN: Final = 20
"""Batches of one owner that run or wait."""
UNHEARD_SECONDS: Final = 2 * LOST_SECONDS
"""A batch that nobody runs for so long, though somebody was called, is run by whoever sees it."""
Wake = Callable[[str], Awaitable[bool]]
"""Has some process `take_up` a batch; False where nobody can be asked."""
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class View:
    """A batch as it stands.

    Attributes:
        counts: rows by state.
        dollars: what they have cost, as far as is known.
        seconds: how long one row takes on average; None while nobody knows.
        at_once: how many are under way together, at the best.
        wait: seconds for which nothing is sent, because the provider has asked for it.
    """

    batch: Batch
    counts: Mapping[RowState, int]
    dollars: float
    seconds: float | None
    at_once: int
    wait: float

    @property
    def total(self) -> int:
        return sum(self.counts.values())

    @property
    def over(self) -> int:
        """Rows of which the end is known."""
        return self.total - self.counts[RowState.WAITING] - self.counts[RowState.SENT]

    @property
    def seconds_left(self) -> float | None:
        """None while nobody knows."""
        if self.seconds is None or self.batch.state is not BatchState.RUNNING:
            return None
        return (self.total - self.over) * self.seconds / self.at_once + self.wait


@dataclass
class _Work:
    task: asyncio.Task[None]
    lease: int
    leaving: asyncio.Event = field(default_factory=asyncio.Event)


class Batches:
    """All batches of this process. One for the whole process; lives on its event loop."""

    def __init__(
        self,
        studio: Studio,
        begin: Begin,
        drivers: Mapping[str, Driver] | None = None,
        *,
        admit: Admit | None = None,
        wake: Wake | None = None,
        step_seconds: float = STEP_SECONDS,
    ) -> None:
        """
        Args:
            begin: starts one call.
            drivers: by `Batch.via`, beside "calls".
            admit: asked before a batch is kept; None where there is no budget for it.
            wake: finds a process for a batch without a typed key, where several share the database.
            step_seconds: how often the database is looked at.
        """
        self._studio = studio
        self._history = studio.history
        self._calls = OneByOne(studio, begin)
        self.drivers: dict[str, Driver] = {"calls": self._calls, **(drivers or {})}
        self._keys: dict[str, Keys] = {}
        self._starting = weakref.WeakValueDictionary[str, asyncio.Lock]()  # presses that are being heard
        self._working: dict[str, _Work] = {}
        self._seen: dict[str, tuple[int, float]] = {}  # batch -> its beat, and for how long it has been that
        self._here: set[str] = set()  # what runs here, as the last look has shown it
        self._looks, self._looked = 0, asyncio.Condition()
        self._admit = admit
        self._wake = wake
        self._step_seconds = step_seconds
        self._beat = 0
        self._woken = asyncio.Event()
        self._is_away = False

    @property
    def history(self) -> History:
        return self._history

    @property
    def catalogue(self) -> Catalogue:
        return self._studio.catalogue

    # ── asked by pages and programs ─────────────────────────────────────────────────────────────────────────

    async def start(
        self,
        calls: Sequence[Call],
        keys: Keys,
        *,
        owner: str,
        network: str,
        via: str = "calls",
        batch: str = "",
    ) -> Batch:
        """Keeps a new batch and its pictures, synced when this returns, and starts it. Or nothing is kept.

        Args:
            batch: its id, where the same press may be heard twice: then it is kept once.

        Raises:
            NotStarted: "too_many_batches", "batches_full", "batch_too_large", "disk_not_ready".
            PlaygroundError: the database is away, or there is no space.
        """
        name = batch or self._history.new_id()
        async with self._starting.setdefault(name, asyncio.Lock()):
            heard = await self.find(batch, owner) if batch else None
            return heard or await self._start(calls, keys, owner, network, via, name)

    async def _start(
        self, calls: Sequence[Call], keys: Keys, owner: str, network: str, via: str, batch: str
    ) -> Batch:
        """See `start`."""
        new = Batch(
            id=batch,
            owner=owner,
            network=network,
            created=datetime.now(UTC),
            via=via,
            needs_key=keys.are_typed or not keys.credentials.may_spend,
            bytes=pictures.size(calls),
        )
        size = await self._admitted(new, calls)
        self._keys[new.id] = keys
        new = replace(new, holder=self._new_holder(new))
        try:
            await asyncio.to_thread(self._keep, new, calls, size)
        except PlaygroundError:
            self._keys.pop(new.id, None)
            raise
        await self._call(new)
        return new

    async def _admitted(self, new: Batch, calls: Sequence[Call]) -> int:
        """The size of a new batch; raises where there is no room for it. The budget comes last: what it has
        counted is not given back."""
        is_open = [one.state in (BatchState.RUNNING, BatchState.PAUSED) for one in await self.of(new.owner)]
        if sum(is_open) >= MAX_OPEN:
            raise NotStarted("too_many_batches", limit=MAX_OPEN)
        size = await asyncio.to_thread(_size, calls)
        await asyncio.to_thread(self._history.require_space, new.owner, size)
        if self._admit is not None:
            await self._admit(new, size)
        return size

    def _keep(self, new: Batch, calls: Sequence[Call], size: int) -> None:
        """The pictures on disk and the batch in the database, or nothing of it."""
        history = self._history
        with history.reservation(new.owner) as room:
            room.take(size)
            try:
                rows = pictures.rows(history, new.id, calls)
                history.batches.add(new, rows)
            except (OSError, PlaygroundError) as error:
                if new.bytes:
                    history.drop_stray(new.id)
                if isinstance(error, PlaygroundError):
                    raise
                raise NotStarted("disk_not_ready", reason=error.strerror or "OSError") from None

    async def of(self, owner: str) -> list[Batch]:
        """An owner's batches, newest first."""
        return await asyncio.to_thread(self._history.batches.of, owner)

    async def find(self, batch: str, owner: str) -> Batch | None:
        """An owner's batch; one of a program's belongs to whoever knows its id, which nobody can guess."""
        found = await asyncio.to_thread(self._history.batches.find, batch)
        is_theirs = found is not None and (found.owner == owner or found.owner.startswith(PROGRAM_PREFIX))
        return found if is_theirs else None

    async def view(self, batch: Batch) -> View:
        """How it stands."""
        book = self._history.batches
        counts, (dollars, seconds) = await asyncio.to_thread(
            lambda: (book.counts(batch.id), book.sums(batch.id))
        )
        speed = self._calls.speed(batch.id)
        return View(batch, counts, dollars, seconds, speed.at_once, speed.wait)

    async def pause(self, batch: Batch) -> None:
        """Nothing more is sent; what is under way comes to its end."""
        if batch.state is BatchState.RUNNING:
            await self._change(batch, BatchState.PAUSED)

    async def stop(self, batch: Batch) -> None:
        """The same for good: what waits is not sent any more."""
        if batch.state in (BatchState.RUNNING, BatchState.PAUSED):
            await self._change(batch, BatchState.STOPPED)
            if batch.via == "calls":  # at a provider, its end is still to be asked for and looked at
                self._keys.pop(batch.id, None)
            move = self._history.batches.move
            await asyncio.to_thread(move, batch.id, RowState.WAITING, RowState.STOPPED)
            await asyncio.to_thread(self._drop_given, batch)

    def _drop_given(self, batch: Batch) -> None:
        """Takes away the pictures of a batch once no row can be sent any more; what was sent has its own."""
        counts = self._history.batches.counts(batch.id)
        is_over = counts[RowState.DONE] + counts[RowState.STOPPED] == sum(counts.values())
        if not batch.bytes or not is_over:
            return
        try:
            self._history.drop_given(batch.id)
        except OSError as error:  # they go with the batch
            _log.error("pictures of a batch cannot be removed yet: %s", error)

    async def go_on(self, batch: Batch, keys: Keys) -> None:
        """A batch that waits for somebody goes on, here.

        Raises:
            InvalidRequest: "batch_key": it was started with a typed key, and none came along.
        """
        if batch.state is BatchState.PAUSED:
            await self._resume(batch, keys)

    async def retry(self, batch: Batch, keys: Keys, *, unclear: bool = False) -> None:
        """What has failed is sent once more; or what is unclear, and may have been billed. A person's press.
        In a batch that waits it waits too, with what else is in it: that is another press.

        Raises:
            InvalidRequest: as `go_on`.
        """
        await self._require_key(batch, keys)
        state = RowState.UNCLEAR if unclear else RowState.FAILED
        await asyncio.to_thread(self._history.batches.move, batch.id, state, RowState.WAITING)
        if batch.state is not BatchState.PAUSED:
            await self._resume(batch, keys)

    async def _require_key(self, batch: Batch, keys: Keys) -> None:
        """A newer key takes the place of an older one of its provider. One of another provider is nothing to
        this batch: in its place the operator's would pay."""
        old = self._keys.get(batch.id)
        if not keys.are_typed:
            fits = False
        elif old is not None and old.are_typed:
            fits = keys.provider == old.provider
        else:
            rows = await asyncio.to_thread(self._history.batches.rows, batch.id)
            fits = keys.provider in {row.fields.get("provider") for row in rows}
        if fits:
            self._keys[batch.id] = keys
        elif batch.needs_key and old is None:
            raise InvalidRequest("batch_key", field="key")

    async def _resume(self, batch: Batch, keys: Keys) -> None:
        await self._require_key(batch, keys)
        runs_on = batch.state is BatchState.RUNNING and self._is_anybodys(batch)
        await self._change(batch, BatchState.RUNNING, holder=None if runs_on else self._new_holder(batch))
        await self._call(batch)

    def _new_holder(self, batch: Batch) -> str:
        """Whose a batch is that goes on: the process's that has its key, or nobody's yet."""
        return "" if self._is_anybodys(batch) else self._history.process

    async def _call(self, batch: Batch) -> None:
        """Has whoever is to run it look at once."""
        if not await self._is_called_out(batch):
            self._woken.set()

    async def _change(self, batch: Batch, state: BatchState, *, holder: str | None = None) -> None:
        await asyncio.to_thread(self._history.batches.change, batch.id, state, holder=holder)
        work = self._working.get(batch.id)
        if work is not None and state is not BatchState.RUNNING:
            work.leaving.set()

    # ── once a second ───────────────────────────────────────────────────────────────────────────────────────

    async def run(self, stopping: asyncio.Event) -> None:
        """Sees to all batches until a stop; then what is under way comes to the end that the studio gives it.

        Alone with its database, a process looks once, and then only while a batch runs here.
        """
        alone, ended = self._history.notices is None, asyncio.create_task(stopping.wait())
        while not stopping.is_set():
            self._woken.clear()
            is_quiet = await self._step()
            sleeps = alone and is_quiet and not self._working
            woken = asyncio.create_task(self._woken.wait())
            await asyncio.wait(
                {ended, woken},
                timeout=None if sleeps else self._step_seconds,
                return_when=asyncio.FIRST_COMPLETED,
            )
            woken.cancel()
        for work in self._working.values():
            work.leaving.set()
        if self._working:
            await asyncio.wait([work.task for work in self._working.values()])
        if self._wake is not None:
            with contextlib.suppress(PlaygroundError):  # whoever waits long enough takes it for lost
                await asyncio.to_thread(self._history.batches.leave, self._history.process)

    async def _step(self) -> bool:
        """Whether there is nothing to look for again, as far as this process alone can tell."""
        try:
            found = await asyncio.to_thread(self._look)
        except PlaygroundError as error:
            if not self._is_away:
                _log.error("batches cannot be looked after: %s", error)
            self._is_away = True
            self._seen.clear()  # nobody is taken for lost who could not say that it lives
            return False
        self._is_away = False
        self._forget_ended()
        me = self._history.process
        here = {(one.id, one.lease) for one in found if one.state is BatchState.RUNNING and one.holder == me}
        self._here = {batch_id for batch_id, _ in here}
        for batch_id, work in self._working.items():
            if (batch_id, work.lease) not in here:
                work.leaving.set()
        for batch in found if not self._studio.refusal else ():
            self._watch(batch)
            try:
                if batch.id not in self._working and (ours := await self._ours(batch)) is not None:
                    await self._begin(ours)
            except PlaygroundError as error:  # the next look finds it again
                _log.error("a batch cannot be begun yet: %s", error)
        self._looks += 1
        async with self._looked:
            self._looked.notify_all()
        return all(batch.id in self._working for batch in found)

    def _look(self) -> list[Batch]:
        book = self._history.batches
        if self._working:
            self._beat += 1
            book.beat(self._history.process, self._beat)
        return book.open()

    async def _ours(self, batch: Batch) -> Batch | None:
        """A batch that nobody runs here as it is to be run here; None where it is not."""
        me = self._history.process
        if batch.holder == me:
            return batch
        if not await self._is_lost(batch):
            return None
        _, stood = self._seen.get(batch.id, (-1, 0.0))
        if await self._is_called_out(batch) and stood <= UNHEARD_SECONDS:
            return None
        return await asyncio.to_thread(self._history.batches.take, batch, me)

    def _watch(self, batch: Batch) -> None:
        """Another look at the number by which the holder shows that it lives."""
        beat, since = self._seen.get(batch.id, (-1, 0.0))
        self._seen[batch.id] = (batch.beat, since + self._step_seconds if beat == batch.beat else 0.0)

    async def _is_lost(self, batch: Batch) -> bool:
        """Whether nobody runs it."""
        beat, stood = self._seen.get(batch.id, (-1, 0.0))
        if not batch.holder or (beat == batch.beat and stood > LOST_SECONDS):
            return True
        return await asyncio.to_thread(self._history.has_ended, batch.holder)

    def _is_anybodys(self, batch: Batch) -> bool:
        """Whether there are other processes that can run it as this one can."""
        keys = self._keys.get(batch.id)
        has_typed = batch.needs_key or (keys is not None and keys.are_typed)
        return self._wake is not None and not has_typed

    async def _is_called_out(self, batch: Batch) -> bool:
        """Whether some process has been asked to run it."""
        return self._wake is not None and self._is_anybodys(batch) and await self._wake(batch.id)

    async def take_up(self, batch_id: str) -> None:
        """Runs a batch here that nobody runs, and returns once it does not run here any more. Whoever gives
        up waiting for that changes nothing.

        Raises:
            PlaygroundError: the database is away.
        """
        found = {one.id: one for one in await asyncio.to_thread(self._history.batches.open)}
        batch, me = found.get(batch_id), self._history.process
        if batch is None or self._studio.refusal or not await self._is_lost(batch):
            return
        if not await asyncio.to_thread(self._history.batches.take, batch, me):
            return
        seen = self._looks + 2  # the look that is under way may have begun before
        self._woken.set()
        async with self._looked:
            await self._looked.wait_for(lambda: self._looks >= seen and not self._runs(batch_id))

    def _runs(self, batch_id: str) -> bool:
        return batch_id in self._here or batch_id in self._working

    async def _begin(self, batch: Batch) -> None:
        """Runs a batch here, or has it wait for the key that only another process knew. One that is not to go
        on has rows of which the end is to be found."""
        keys, driver = self._keys.get(batch.id), self.drivers.get(batch.via)
        is_running = batch.state is BatchState.RUNNING
        if driver is None or (is_running and batch.needs_key and keys is None):
            reason = "key" if driver else "driver"
            await asyncio.to_thread(self._history.batches.pause, batch, reason)
            return
        leaving = asyncio.Event()
        if not is_running:
            leaving.set()
        task = asyncio.create_task(self._work(driver, batch, keys or Keys(), leaving))
        self._working[batch.id] = _Work(task, batch.lease, leaving)

    async def _work(self, driver: Driver, batch: Batch, keys: Keys, leaving: asyncio.Event) -> None:
        await driver.run(batch, keys, leaving)
        if leaving.is_set() and batch.state is not BatchState.STOPPED:
            return
        book = self._history.batches

        def end() -> None:
            counts = book.counts(batch.id)
            if not counts[RowState.WAITING] + counts[RowState.SENT]:
                self._keys.pop(batch.id, None)
                if batch.state is not BatchState.STOPPED:
                    book.finish(batch)
                self._drop_given(batch)

        with contextlib.suppress(PlaygroundError):  # the next look begins it again, and it ends again
            await asyncio.to_thread(end)

    def _forget_ended(self) -> None:
        for batch_id, work in [*self._working.items()]:
            if work.task.done():
                del self._working[batch_id]
                if error := work.task.exception():
                    _log.error("a batch ended unexpectedly", exc_info=error)
                self._woken.set()


def _size(calls: Sequence[Call]) -> int:
    """Bytes that are written down of them: words, and each picture once."""
    words = (call.request.model_dump_json(exclude={"images"}) for call in calls)
    return sum(len(one.encode()) for one in words) + pictures.size(calls)
