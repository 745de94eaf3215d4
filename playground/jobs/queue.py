"""Who is served next: so many calls at once for one visitor and in all, the others wait in a fair queue.

The visitors take turns: whoever has a hundred calls waiting holds up nobody who has one.
"""

from __future__ import annotations

import asyncio
from collections import Counter, deque
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum, auto
from itertools import zip_longest
from typing import NamedTuple

from playground.errors import NotStarted


@dataclass(frozen=True)
class Limits:
    """How many calls run and wait.

    Attributes:
        per_visitor: calls of one visitor that run at once.
        in_all: calls of everybody that run at once.
        waiting: calls of everybody that may wait; a visitor may have a quarter of that.
    """

    per_visitor: int = 8
    in_all: int = 200
    waiting: int = 1000


class Line(NamedTuple):
    """How many calls run and wait at this moment, of everybody."""

    running: int
    waiting: int


class _State(Enum):
    WAITING = auto()
    RUNNING = auto()
    GONE = auto()


MOVE_SECONDS = 0.25
"""Those who wait are notified of a new place at most this often."""
MOVE_SECONDS_EACH = 0.01
"""And for each who waits, so much less often: telling a page costs the time of all."""


def _ignore() -> None:
    """For a call whose place nobody looks at."""


class Ticket:
    """A call's place: it waits, then runs until it is given back with `FairQueue.leave`.

    Attributes:
        on_move: called on the event loop when the place of a waiting call has changed.
        last_place: the place that `on_move` was last called for.
    """

    def __init__(self, visitor: str, on_move: Callable[[], None] = _ignore) -> None:
        self.visitor = visitor
        self.state = _State.WAITING
        self.on_move = on_move
        self.last_place: int | None = None
        self._called = asyncio.Event()

    async def turn(self) -> None:
        """Returns when it is this call's turn."""
        await self._called.wait()

    def call(self) -> None:
        """Begins the turn."""
        self.state = _State.RUNNING
        self._called.set()


class FairQueue:
    """Gives out places. Lives on one event loop; nothing here is shared between threads."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._running: Counter[str] = Counter()
        # In the order of turns: the first visitor is next, and goes to the end once served.
        self._waiting: dict[str, deque[Ticket]] = {}
        self._announcing: asyncio.TimerHandle | None = None

    @property
    def line(self) -> Line:
        return Line(self._running.total(), sum(map(len, self._waiting.values())))

    @property
    def is_full(self) -> bool:
        """Whether not even one call more could wait."""
        line = self.line
        return line.waiting >= self._limits.waiting + max(self._limits.in_all - line.running, 0)

    def require_capacity(self, visitor: str, calls: int) -> None:
        """Raises NotStarted when that many more calls of a visitor could not even wait."""
        free = self._limits.in_all - self._running.total()
        mine = len(self._waiting.get(visitor, ()))
        waiting = sum(map(len, self._waiting.values()))
        share = max(self._limits.waiting // 4, 1)
        own_free = self._limits.per_visitor - self._running[visitor]
        if waiting + calls > self._limits.waiting + max(free, 0):
            raise NotStarted("busy", waiting=waiting)
        if mine + calls > share + max(own_free, 0):
            raise NotStarted("too_many_waiting", waiting=mine)

    def join(self, visitor: str, on_move: Callable[[], None] = _ignore) -> Ticket:
        """Takes a place at the end of the visitor's own queue; see `Ticket` for `on_move`."""
        ticket = Ticket(visitor, on_move)
        self._waiting.setdefault(visitor, deque()).append(ticket)
        self._serve()
        return ticket

    def place(self, ticket: Ticket) -> int | None:
        """How many calls are served up to and with this one, by turns; None when it no longer waits."""
        if ticket.state is not _State.WAITING:
            return None
        own = self._waiting[ticket.visitor]
        ahead = own.index(ticket)
        place, is_before = ahead + 1, True
        for visitor, others in self._waiting.items():
            if visitor == ticket.visitor:
                is_before = False
            else:
                place += min(len(others), ahead + is_before)
        return place

    def leave(self, ticket: Ticket) -> None:
        """Gives a place back, in the queue or beyond it; a second time does nothing."""
        if ticket.state is _State.RUNNING:
            self._running[ticket.visitor] -= 1
            if not self._running[ticket.visitor]:
                del self._running[ticket.visitor]
        elif ticket.state is _State.WAITING:
            own = self._waiting[ticket.visitor]
            own.remove(ticket)
            if not own:
                del self._waiting[ticket.visitor]
        ticket.state = _State.GONE
        self._serve()
        if self._waiting and self._announcing is None:
            seconds = max(MOVE_SECONDS, MOVE_SECONDS_EACH * self.line.waiting)
            self._announcing = asyncio.get_running_loop().call_later(seconds, self._announce)

    def _announce(self) -> None:
        """Lets all whose place has changed know, in one walk along the queue."""
        self._announcing = None
        place = 0
        for turn in zip_longest(*self._waiting.values()):
            for ticket in filter(None, turn):
                place += 1
                if ticket.last_place != place:
                    ticket.last_place = place
                    ticket.on_move()

    def _serve(self) -> None:
        """Calls whoever may run now, one of each visitor by turns."""
        while self._running.total() < self._limits.in_all:
            visitor = next((v for v in self._waiting if self._running[v] < self._limits.per_visitor), None)
            if visitor is None:
                return
            own = self._waiting.pop(visitor)
            ticket = own.popleft()
            if own:
                self._waiting[visitor] = own  # at the end now: the others come first
            self._running[visitor] += 1
            ticket.call()
