"""Who is served next: by turns, within the limits, and without losing a place."""

from __future__ import annotations

import asyncio
import random

import pytest

from playground.errors import NotStarted
from playground.jobs.queue import FairQueue, Limits, Ticket


def is_running(ticket: Ticket) -> bool:
    return ticket.state.name == "RUNNING"


async def test_as_many_run_as_may_and_the_others_wait_in_order() -> None:
    queue = FairQueue(Limits(per_visitor=2, in_all=10))
    tickets = [queue.join("ann") for _ in range(4)]
    assert [is_running(ticket) for ticket in tickets] == [True, True, False, False]
    assert [queue.place(ticket) for ticket in tickets] == [None, None, 1, 2]
    queue.leave(tickets[0])
    assert [is_running(ticket) for ticket in tickets[1:]] == [True, True, False]
    assert queue.place(tickets[3]) == 1


async def test_there_is_a_limit_for_all_together() -> None:
    queue = FairQueue(Limits(per_visitor=5, in_all=3))
    tickets = [queue.join(visitor) for visitor in "abcdef"]
    assert sum(map(is_running, tickets)) == 3
    assert [queue.place(ticket) for ticket in tickets[3:]] == [1, 2, 3]


async def test_one_call_does_not_wait_behind_anothers_hundred() -> None:
    queue = FairQueue(Limits(per_visitor=1, in_all=1))
    first = queue.join("greedy")
    rest = [queue.join("greedy") for _ in range(100)]
    single = queue.join("modest")
    assert queue.place(single) == 2
    queue.leave(first)
    assert is_running(rest[0])
    queue.leave(rest[0])
    assert is_running(single)


@pytest.mark.parametrize(("per_visitor", "in_all"), [(8, 200), (8, 8), (3, 3), (2, 2), (1, 9)])
@pytest.mark.parametrize("arrives", [0.0, 0.1, 7.3, 60.0])
async def test_a_single_call_takes_no_more_than_twice_as_long_beside_anothers_200(
    per_visitor: int, in_all: int, arrives: float
) -> None:
    """By the clock of a simulation: each call runs ten seconds, from its turn on."""
    seconds, queue = 10.0, FairQueue(Limits(per_visitor, in_all))
    greedy = [queue.join("greedy") for _ in range(200)]
    single: Ticket | None = None
    ends: dict[Ticket, float] = {}
    now = 0.0
    while single is None or is_running(single) or queue.place(single):
        for ticket in [*greedy, *([single] if single else [])]:
            if is_running(ticket):
                ends.setdefault(ticket, now + seconds)
        running = {ticket: end for ticket, end in ends.items() if is_running(ticket)}
        ending, end = min(running.items(), key=lambda one: one[1])
        if single is None and arrives <= end:
            now, single = arrives, queue.join("modest")
            continue
        now = end
        queue.leave(ending)
    assert now - arrives <= 2 * seconds


async def test_visitors_take_turns() -> None:
    queue = FairQueue(Limits(per_visitor=9, in_all=1))
    running = queue.join("gate")
    waiting = [queue.join(visitor) for visitor in ("a", "a", "a", "b", "b", "c")]
    assert [queue.place(ticket) for ticket in waiting] == [1, 4, 6, 2, 5, 3]
    served = []
    for _ in waiting:
        queue.leave(running)
        (running,) = [ticket for ticket in waiting if is_running(ticket)]
        served.append(running.visitor)
    assert served == ["a", "b", "c", "a", "b", "a"]


async def test_whoever_gives_up_lets_the_next_one_pass() -> None:
    queue = FairQueue(Limits(per_visitor=1, in_all=1))
    first, second, third = (queue.join("ann") for _ in range(3))
    queue.leave(second)
    assert queue.place(third) == 1
    queue.leave(first)
    assert is_running(third)
    queue.leave(first)  # a second time gives nothing away
    fourth = queue.join("ann")
    assert not is_running(fourth)


async def test_a_turn_is_waited_for() -> None:
    queue = FairQueue(Limits(per_visitor=1, in_all=1))
    first, second = queue.join("ann"), queue.join("bob")
    await asyncio.wait_for(first.turn(), 10)
    waiting = asyncio.create_task(second.turn())
    await asyncio.sleep(0)
    assert not waiting.done()
    queue.leave(first)
    await asyncio.wait_for(waiting, 10)


async def test_a_full_line_refuses_and_says_how_many_wait() -> None:
    queue = FairQueue(Limits(per_visitor=1, in_all=2, waiting=4))
    queue.require_capacity("a", 2)
    for visitor in "abcdef":
        queue.require_capacity(visitor, 1)
        queue.join(visitor)
    with pytest.raises(NotStarted) as caught:
        queue.require_capacity("g", 1)
    assert (caught.value.code, caught.value.facts["waiting"]) == ("busy", "4")


async def test_one_visitor_cannot_fill_the_line() -> None:
    queue = FairQueue(Limits(per_visitor=2, in_all=50, waiting=40))
    for _ in range(12):
        queue.require_capacity("greedy", 1)
        queue.join("greedy")
    with pytest.raises(NotStarted) as caught:
        queue.require_capacity("greedy", 1)
    assert (caught.value.code, caught.value.facts["waiting"]) == ("too_many_waiting", "10")
    queue.require_capacity("modest", 8)


async def test_whatever_happens_the_limits_hold_and_nobody_is_forgotten() -> None:
    chance, limits = random.Random(7), Limits(per_visitor=3, in_all=7)
    queue, inside = FairQueue(limits), []
    for _ in range(5000):
        if chance.random() < 0.5 or not inside:
            inside.append(queue.join(chance.choice("abcdefgh")))
        else:
            queue.leave(inside.pop(chance.randrange(len(inside))))
        running = [ticket.visitor for ticket in inside if is_running(ticket)]
        waiting = {ticket.visitor for ticket in inside if not is_running(ticket)}
        assert len(running) <= limits.in_all
        assert all(running.count(visitor) <= limits.per_visitor for visitor in running)
        is_full = len(running) == limits.in_all
        assert is_full or all(running.count(visitor) == limits.per_visitor for visitor in waiting)
    for ticket in list(inside):
        queue.leave(ticket)
    fresh = [queue.join(visitor) for visitor in "abcdefg"]
    assert all(map(is_running, fresh))


async def test_only_those_who_moved_hear_of_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("playground.jobs.queue.MOVE_SECONDS", 0)
    queue, moves = FairQueue(Limits(per_visitor=1, in_all=1)), asyncio.Queue[str]()
    running = queue.join("first")
    tickets = {
        name: queue.join(name, lambda name=name: moves.put_nowait(name)) for name in ("ann", "bob", "cem")
    }
    dan = queue.join("dan")
    queue.leave(dan)
    assert [await moves.get() for _ in tickets] == ["ann", "bob", "cem"], "everybody learns their place once"
    queue.leave(tickets["bob"])
    assert await moves.get() == "cem"
    assert moves.empty()
    queue.leave(running)
    assert await moves.get() == "cem"
    assert queue.place(tickets["cem"]) == 1


async def test_many_moves_in_a_row_are_told_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each of 200 waiting calls hearing of each of 200 moves would be 40,000 views of a page."""
    monkeypatch.setattr("playground.jobs.queue.MOVE_SECONDS", 0)
    queue, moves = FairQueue(Limits(per_visitor=1, in_all=1)), asyncio.Queue[int]()
    tickets = [
        queue.join(str(number), lambda number=number: moves.put_nowait(number)) for number in range(200)
    ]
    for ticket in tickets[:100]:
        queue.leave(ticket)
    assert [await moves.get() for _ in range(99)] == list(range(101, 200))
    assert moves.empty()
