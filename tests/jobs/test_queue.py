"""Who is served next: by turns, within the limits, and without losing a place."""

from __future__ import annotations

import asyncio
import random

import pytest

from playground.errors import NotStarted
from playground.jobs.queue import Limits, Ticket, WaitingLine


def is_running(ticket: Ticket) -> bool:
    return ticket.state.name == "RUNNING"


async def test_as_many_run_as_may_and_the_others_wait_in_order() -> None:
    line = WaitingLine(Limits(per_visitor=2, in_all=10))
    tickets = [line.join("ann") for _ in range(4)]
    assert [is_running(ticket) for ticket in tickets] == [True, True, False, False]
    assert [line.place(ticket) for ticket in tickets] == [None, None, 1, 2]
    line.leave(tickets[0])
    assert [is_running(ticket) for ticket in tickets[1:]] == [True, True, False]
    assert line.place(tickets[3]) == 1


async def test_there_is_a_limit_for_all_together() -> None:
    line = WaitingLine(Limits(per_visitor=5, in_all=3))
    tickets = [line.join(visitor) for visitor in "abcdef"]
    assert sum(map(is_running, tickets)) == 3
    assert [line.place(ticket) for ticket in tickets[3:]] == [1, 2, 3]


async def test_one_call_does_not_wait_behind_anothers_hundred() -> None:
    line = WaitingLine(Limits(per_visitor=1, in_all=1))
    first = line.join("greedy")
    rest = [line.join("greedy") for _ in range(100)]
    single = line.join("modest")
    assert line.place(single) == 2
    line.leave(first)
    assert is_running(rest[0])
    line.leave(rest[0])
    assert is_running(single)


async def test_visitors_take_turns() -> None:
    line = WaitingLine(Limits(per_visitor=9, in_all=1))
    running = line.join("gate")
    waiting = [line.join(visitor) for visitor in ("a", "a", "a", "b", "b", "c")]
    assert [line.place(ticket) for ticket in waiting] == [1, 4, 6, 2, 5, 3]
    served = []
    for _ in waiting:
        line.leave(running)
        (running,) = [ticket for ticket in waiting if is_running(ticket)]
        served.append(running.visitor)
    assert served == ["a", "b", "c", "a", "b", "a"]


async def test_whoever_gives_up_lets_the_next_one_pass() -> None:
    line = WaitingLine(Limits(per_visitor=1, in_all=1))
    first, second, third = (line.join("ann") for _ in range(3))
    line.leave(second)
    assert line.place(third) == 1
    line.leave(first)
    assert is_running(third)
    line.leave(first)  # a second time gives nothing away
    fourth = line.join("ann")
    assert not is_running(fourth)


async def test_a_turn_is_waited_for() -> None:
    line = WaitingLine(Limits(per_visitor=1, in_all=1))
    first, second = line.join("ann"), line.join("bob")
    await asyncio.wait_for(first.turn(), 10)
    waiting = asyncio.create_task(second.turn())
    await asyncio.sleep(0)
    assert not waiting.done()
    line.leave(first)
    await asyncio.wait_for(waiting, 10)


async def test_a_full_line_refuses_and_says_how_many_wait() -> None:
    line = WaitingLine(Limits(per_visitor=1, in_all=2, waiting=4))
    line.require_room("a", 2)
    for visitor in "abcdef":
        line.require_room(visitor, 1)
        line.join(visitor)
    with pytest.raises(NotStarted) as caught:
        line.require_room("g", 1)
    assert (caught.value.code, caught.value.facts["waiting"]) == ("busy", "4")


async def test_one_visitor_cannot_fill_the_line() -> None:
    line = WaitingLine(Limits(per_visitor=2, in_all=50, waiting=40))
    for _ in range(12):
        line.require_room("greedy", 1)
        line.join("greedy")
    with pytest.raises(NotStarted) as caught:
        line.require_room("greedy", 1)
    assert (caught.value.code, caught.value.facts["waiting"]) == ("too_many_waiting", "10")
    line.require_room("modest", 8)


async def test_whatever_happens_the_limits_hold_and_nobody_is_forgotten() -> None:
    chance, limits = random.Random(7), Limits(per_visitor=3, in_all=7)
    line, inside = WaitingLine(limits), []
    for _ in range(5000):
        if chance.random() < 0.5 or not inside:
            inside.append(line.join(chance.choice("abcdefgh")))
        else:
            line.leave(inside.pop(chance.randrange(len(inside))))
        running = [ticket.visitor for ticket in inside if is_running(ticket)]
        waiting = {ticket.visitor for ticket in inside if not is_running(ticket)}
        assert len(running) <= limits.in_all
        assert all(running.count(visitor) <= limits.per_visitor for visitor in running)
        is_full = len(running) == limits.in_all
        assert is_full or all(running.count(visitor) == limits.per_visitor for visitor in waiting)
    for ticket in list(inside):
        line.leave(ticket)
    fresh = [line.join(visitor) for visitor in "abcdefg"]
    assert all(map(is_running, fresh))


async def test_only_those_who_moved_hear_of_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("playground.jobs.queue.MOVE_SECONDS", 0)
    line, heard = WaitingLine(Limits(per_visitor=1, in_all=1)), asyncio.Queue[str]()
    running = line.join("first")
    tickets = {
        name: line.join(name, lambda name=name: heard.put_nowait(name)) for name in ("ann", "bob", "cem")
    }
    dan = line.join("dan")
    line.leave(dan)
    assert [await heard.get() for _ in tickets] == ["ann", "bob", "cem"], "everybody learns their place once"
    line.leave(tickets["bob"])
    assert await heard.get() == "cem"
    assert heard.empty()
    line.leave(running)
    assert await heard.get() == "cem"
    assert line.place(tickets["cem"]) == 1


async def test_many_moves_in_a_row_are_told_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each of 200 waiting calls hearing of each of 200 moves would be 40,000 views of a page."""
    monkeypatch.setattr("playground.jobs.queue.MOVE_SECONDS", 0)
    line, heard = WaitingLine(Limits(per_visitor=1, in_all=1)), asyncio.Queue[int]()
    tickets = [
        line.join(str(number), lambda number=number: heard.put_nowait(number)) for number in range(200)
    ]
    for ticket in tickets[:100]:
        line.leave(ticket)
    assert [await heard.get() for _ in range(99)] == list(range(101, 200))
    assert heard.empty()
