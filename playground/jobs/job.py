"""A job: one press of Generate, what it asked for, how far its calls have come, and how they ended."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from playground import wire
from playground.catalogue import ModelRow
from playground.errors import PlaygroundError
from playground.history import SavedPicture
from playground.jobs.comparison import Difference, Received
from playground.jobs.queue import FairQueue, Ticket
from playground.providers.client import Heard
from playground.providers.progress import Phase, Progress
from playground.record import RecordedImage
from playground.request import ImageRequest
from playground.result import ImageResult

NOTIFY_SECONDS = 0.25
"""Watchers are notified of mere progress at most this often; of a call that has ended, at once."""


@dataclass(frozen=True)
class Outcome:
    """How one call of a job ended.

    Attributes:
        call: 1-based number of the call within its job.
        seconds: how long it took.
        result: the answer, where one came, without the bytes of its pictures.
        pictures: what is on disk, thoughts included; the last one that is no thought is the final one, before
            the one that was made of it.
        error: why there is no picture, or None.
        received: the figures of each picture that is no thought, in order.
        attempts: how many times the call was sent.
        answer_bytes: size of the raw answer, which is on disk; 0 where there is none.
        heard: how it came, where a stream was asked for.
    """

    call: int
    seconds: float
    result: ImageResult | None = None
    pictures: tuple[SavedPicture, ...] = ()
    error: PlaygroundError | None = None
    received: tuple[Received, ...] = ()
    attempts: int = 1
    answer_bytes: int = 0
    heard: Heard | None = None

    @property
    def differences(self) -> tuple[Difference, ...]:
        """Where its pictures are not what was asked for."""
        return tuple(dict.fromkeys(d for one in self.received for d in one.differences))

    @property
    def incomplete(self) -> frozenset[str]:
        """The names of those of its pictures that are not all there."""
        return frozenset(
            one.name for one in self.received if any(d.code == "incomplete" for d in one.differences)
        )

    def received_of(self, picture: SavedPicture) -> Received | None:
        """The figures of one of its pictures; None for a thought."""
        return next((one for one in self.received if one.name == picture.name), None)


@dataclass(frozen=True)
class Served:
    """Who serves a call, as the catalogue had it.

    Attributes:
        model: the row of the model.
        model_id: as it is sent.
        free: nothing is ever billed at its provider.
        provider: what people call its provider; "" where nothing is compared.
    """

    model: ModelRow
    model_id: str
    free: bool = False
    provider: str = ""

    def price(self, image_size: str) -> float | None:
        """US dollars for one picture; None when unknown."""
        return 0.0 if self.free else self.model.price(image_size)


@dataclass(frozen=True)
class Once:
    """What is begun at most once, of all processes and after any crash.

    Attributes:
        id: of the job and of its note on disk.
        is_ours: asked when the note is there; where it says no, nothing is sent. Blocks.
    """

    id: str
    is_ours: Callable[[], bool]


@dataclass
class Job:
    """One press of Generate. `Runner` runs it; what changes about its calls changes through its methods.

    Attributes:
        id: unguessable; also the folder and the address of its pictures.
        owner: who may see it.
        mode: id of the tab that asked, see `playground.modes`.
        sent: the body as sent, picture data left out, for showing.
        alternatives: (model id, row) of what else the same provider offers today.
        started: when, by the wall clock; durations use the monotonic clock.
        inputs: what the record says of the input pictures.
        lacks_inputs: a file of an input picture is gone, so that the same request cannot be sent again.
        usual_seconds: how long one picture of this model and size usually takes, or None when nobody knows.
        progress: number of a call that runs or waits -> how far it has come.
        drafts: number of a call -> a small WebP of the newest picture of its answer, which is still coming.
        thoughts: number of a call -> what its model has thought aloud while its answer is still coming.
        outcomes: what has ended so far, in the order of ending.
        stopped: the person pressed Stop.
        interrupted: the server was stopped, or ended, before the job did.
        seen: somebody has looked at how it ended, or does not want to.
        free: nothing is ever billed at its provider.
        stars: names of its pictures that have a star.
        listed: it belongs to a person who looks through results, and not to a program.
        token: names the press of the button that started it; "" for none.
        is_elsewhere: another process runs it, or did; this one only follows.
        streams: its answers are asked for as streams, and how they come is noted.
        once: it is not begun where its id has been before.
        batched: as a part of the usual price, what its calls cost as rows of a provider's batch, by which the
            prices in `model` are lower; None for ordinary ones.
        collapsing: held while the request becomes one without its earlier turns.
        places: what `queue_position` says of a job that runs elsewhere.
        compared: who serves each of its calls, where it compares any, see `ImageRequest.versus`.
        calls: the tasks of its calls, in order of their numbers; none for a job from its record.
        ending: the task that ends when the job is settled.
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
    inputs: tuple[RecordedImage, ...] = ()
    lacks_inputs: bool = False
    usual_seconds: float | None = None
    progress: dict[int, Progress] = field(default_factory=dict)
    drafts: dict[int, bytes] = field(default_factory=dict, repr=False)
    thoughts: dict[int, str] = field(default_factory=dict, repr=False)
    outcomes: list[Outcome] = field(default_factory=list)
    stopped: bool = False
    interrupted: bool = False
    seen: bool = False
    free: bool = False
    listed: bool = True
    token: str = ""
    streams: bool = False
    once: Once | None = None
    batched: float | None = None
    is_elsewhere: bool = False
    stars: frozenset[str] = frozenset()
    compared: tuple[Served, ...] = ()
    seconds: float | None = None
    places: Mapping[int, int] = field(default_factory=dict)
    _queue: FairQueue | None = field(default=None, repr=False)
    _tickets: dict[int, Ticket] = field(default_factory=dict, repr=False)
    _begun: set[int] = field(default_factory=set, repr=False)
    collapsing: asyncio.Lock = field(default_factory=asyncio.Lock, repr=False)
    calls: tuple[asyncio.Task[None], ...] = field(default=(), repr=False)
    ending: asyncio.Task[None] | None = field(default=None, repr=False)
    _is_settling: bool = field(default=False, repr=False)
    _changed: asyncio.Event = field(default_factory=asyncio.Event, repr=False)
    _notification: asyncio.TimerHandle | None = field(default=None, repr=False)

    @property
    def is_done(self) -> bool:
        return self.seconds is not None

    @property
    def is_settled(self) -> bool:
        """Done, and its record is where the history finds it."""
        return self.is_done and not self._is_settling

    @property
    def pictures(self) -> tuple[SavedPicture, ...]:
        """All pictures so far, thoughts left out, by call and place."""
        by_call = sorted(self.outcomes, key=lambda outcome: outcome.call)
        return tuple(p for outcome in by_call for p in outcome.pictures if not p.thought)

    @property
    def complete_pictures(self) -> tuple[SavedPicture, ...]:
        """Those of `pictures` that came, and are all there."""
        incomplete = {name for outcome in self.outcomes for name in outcome.incomplete}
        return tuple(one for one in self.pictures if one.name not in incomplete and not one.locked)

    @property
    def errors(self) -> tuple[PlaygroundError, ...]:
        return tuple(outcome.error for outcome in self.outcomes if outcome.error is not None)

    def picture(self, name: str) -> SavedPicture | None:
        """One of its pictures by name, thoughts left out."""
        return next((one for one in self.pictures if one.name == name), None)

    def outcome_of(self, picture: SavedPicture) -> Outcome:
        """The call that brought a picture."""
        name = picture.name
        return next(one for one in self.outcomes if any(other.name == name for other in one.pictures))

    def served(self, call: int) -> Served:
        """Who serves a call."""
        if 0 < call <= len(self.compared):
            return self.compared[call - 1]
        return Served(self.model, self.model_id, self.free)

    def price(self, call: int) -> float | None:
        """US dollars for one picture of a call; None when unknown."""
        return self.served(call).price(self.request.call(call).image_size)

    @property
    def price_of_all(self) -> float | None:
        """US dollars for a picture of each call; None when one of them is unknown."""
        prices = [self.price(number) for number in range(1, self.request.count + 1)]
        known = [price for price in prices if price is not None]
        return sum(known) if len(known) == len(prices) else None

    def sent_by(self, call: int) -> dict[str, Any]:
        """The body that a call has sent, picture data left out."""
        if not self.request.versus:
            return self.sent
        fresh = wire.elided(self.request.call(call), self.served(call).model)
        return {**fresh, "contents": self.sent.get("contents", fresh["contents"])}

    @property
    def is_waiting(self) -> bool:
        """None of its calls has had its turn."""
        phases = {progress.phase for progress in self.progress.values()}
        return not self.is_done and not self.outcomes and phases == {Phase.QUEUED}

    def queue_position(self, call: int) -> int | None:
        """1 for the call that is served next, and so on; None for one that does not wait."""
        ticket = self._tickets.get(call)
        return self.places.get(call) if ticket is None or self._queue is None else self._queue.place(ticket)

    def stop_reason(self) -> PlaygroundError:
        """What a Stop that left no picture means: a call that had been sent may be billed all the same."""
        return PlaygroundError("stopped") if self._begun else PlaygroundError("stopped_unsent")

    # ── its calls ───────────────────────────────────────────────────────────────────────────────────────────

    def join(self, queue: FairQueue) -> None:
        """Takes a place in the queue for each wanted picture."""
        numbers = range(1, self.request.count + 1)
        self._queue = queue
        self._tickets = {number: queue.join(self.owner, self.notify_soon) for number in numbers}
        self.progress = dict.fromkeys(numbers, Progress(Phase.QUEUED))

    async def turn(self, call: int) -> None:
        """Returns when it is the call's turn."""
        await self._tickets[call].turn()

    def mark_begun(self, call: int) -> None:
        """From now on a call may have been sent, and so be billed."""
        self._begun.add(call)

    def has_begun(self, call: int) -> bool:
        return call in self._begun

    def leave_queue(self, call: int) -> None:
        """Gives the place of a call to the next one; a second time does nothing."""
        self.progress.pop(call, None)
        self.drafts.pop(call, None)
        self.thoughts.pop(call, None)
        if self._queue is not None and call in self._tickets:
            self._queue.leave(self._tickets[call])

    def show_draft(self, call: int, small: bytes) -> None:
        """A picture of a call has come, and the rest of its answer has not."""
        if call in self.progress:
            self.drafts[call] = small
            self.notify()

    def show_thoughts(self, call: int, text: str) -> None:
        """What a model has thought aloud so far; watchers are notified a little later."""
        if call in self.progress:
            self.thoughts.pop(call, None)
            self.thoughts[call] = text  # the newest stands last
            self.notify_soon()

    def add(self, outcome: Outcome) -> None:
        """A call has ended."""
        self.outcomes.append(outcome)
        self.notify()

    def stop(self) -> None:
        """The person pressed Stop."""
        self.stopped = True
        self.cancel()
        self.notify()

    def cancel(self) -> None:
        """Ends its calls at once; what has arrived is still saved."""
        for task in self.calls:
            task.cancel()

    def cancel_waiting(self) -> None:
        """Ends the calls that wait for their turn: nothing of them has been sent."""
        for number, task in enumerate(self.calls, 1):
            if number not in self._begun and not task.done():
                self.interrupted = True
                task.cancel()

    def end(self) -> None:
        """All calls have ended; the record is still to be written."""
        self.seconds, self._is_settling = time.monotonic() - self.started_clock, True

    def settle(self) -> None:
        """The record is written, as far as it can be: whoever watches is notified of the end.

        A task keeps its context once it has ended, and with it the request that began it, its body and the
        values of the page: some fifty kilobytes for each job that is remembered.
        """
        self.progress.clear()
        self._is_settling = False
        self.calls, self._tickets, self.ending = (), {}, None
        self.notify()

    def follow(self, now: Job) -> None:
        """Is from now on as the process that runs it says."""
        self.request, self.sent, self.inputs = now.request, now.sent, now.inputs
        self.outcomes, self.progress, self.places = now.outcomes, now.progress, now.places
        self.stopped, self.interrupted = self.stopped or now.stopped, now.interrupted
        self.lacks_inputs, self.seconds = now.lacks_inputs, now.seconds
        self.notify()

    # ── who watches ─────────────────────────────────────────────────────────────────────────────────────────

    def elapsed(self) -> float:
        """Seconds since the start, or the whole duration once done."""
        return self.seconds if self.seconds is not None else time.monotonic() - self.started_clock

    def report(self, call: int, progress: Progress) -> None:
        """Notes how far a call has come; watchers are notified a little later."""
        self.progress[call] = progress
        self.notify_soon()

    def notify_soon(self) -> None:
        """Wakes everybody who watches, but not more often than some times a second."""
        if self._notification is None:
            self._notification = asyncio.get_running_loop().call_later(NOTIFY_SECONDS, self.notify)

    def notify(self) -> None:
        """Wakes everybody who watches."""
        if self._notification is not None:
            self._notification.cancel()
            self._notification = None
        self._changed.set()
        self._changed = asyncio.Event()

    @property
    def next_change(self) -> asyncio.Event:
        """Is set at the next change."""
        return self._changed

    async def watch(self) -> AsyncIterator[Job]:
        """Yields the job at once, after each change, and a last time when it is settled.

        Whoever watches may be busy with one state while the next comes: what counts is what was yielded.
        """
        while True:
            changed, is_last = self._changed, self.is_settled
            yield self
            if is_last:
                return
            await changed.wait()


OnCall = Callable[[Job, Outcome], None]
"""Called on the event loop with each call that has ended, also one that was stopped; must return at once."""


def ignore_call(_: Job, __: Outcome) -> None:
    """For whom it means nothing how calls end."""
