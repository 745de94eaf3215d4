"""What a stranger can spend ends somewhere, and nobody is counted who is alone."""

from __future__ import annotations

import asyncio
import contextlib
import os
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.types import Message, Receive, Scope, Send

from playground.errors import NotStarted
from playground.server import budgets
from playground.server.body_clock import in_time
from playground.server.budgets import BUDGETS, Budgets, Shares, Spender
from playground.server.doors import DOORS, Doors
from playground.server.visitors import VISITOR_COOKIE
from playground.server.windows import Windows
from tests import redis_server

README = Path(budgets.__file__).with_name("README.md")
ANN, BOB = Spender("ann", "192.0.2.1"), Spender("bob", "192.0.2.1")
FAR = Spender("far", "192.0.2.9")


class Clock:
    """The time that `limits` reads."""

    def __init__(self) -> None:
        self.now = 1_800_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    made = Clock()
    monkeypatch.setattr(time, "time", made)
    return made


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every budget with small shares."""
    for name, budget in BUDGETS.items():
        shares = Shares(2 * budget.unit, 3 * budget.unit, 4 * budget.unit)
        if budget.unit > 1 and budget.seconds:
            shares = Shares(2, 3, 4)
        if name == "bodies":
            shares = Shares(2000, 3000, 4000)
        changed = budgets.Budget(budget.what, shares, budget.seconds, budget.unit)
        monkeypatch.setitem(BUDGETS, name, changed)


async def refused(shared: Budgets, name: str, who: Spender, amount: int = 1) -> dict[str, str]:
    with pytest.raises(NotStarted) as caught:
        await shared.spend(name, who, amount)
    return dict(caught.value.facts)


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize("name", [name for name, budget in BUDGETS.items() if budget.seconds])
async def test_each_share_ends_and_comes_back_with_time(clock: Clock, name: str) -> None:
    shared = Budgets(is_shared=True)
    await shared.spend(name, ANN)
    clock.now += 20
    await shared.spend(name, ANN)
    assert int((await refused(shared, name, ANN))["limit"]) == 2  # her own
    await shared.spend(name, BOB)
    fresh = Spender("a new cookie", ANN.network)
    assert int((await refused(shared, name, fresh))["limit"]) == 3  # her address's
    await shared.spend(name, FAR)
    told = await refused(shared, name, Spender("other", "192.0.2.77"))
    assert int(told["limit"]) == 4  # everybody's
    assert int(told["seconds"]) == BUDGETS[name].seconds - 20
    clock.now += int(told["seconds"]) + 1
    await shared.spend(name, ANN)


@pytest.mark.usefixtures("small")
async def test_a_refusal_spends_nothing(clock: Clock) -> None:
    shared = Budgets(is_shared=True)
    for _ in range(2):
        await shared.spend("calls", ANN)
    for _ in range(20):
        await refused(shared, "calls", ANN)
    await shared.spend("calls", BOB)
    clock.now += 61
    await shared.spend("calls", ANN, 2)


@pytest.mark.usefixtures("small", "clock")
async def test_what_another_process_spent_in_between_is_not_spent_twice(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def has_room(*_: object, **__: object) -> bool:
        return True  # a moment ago

    monkeypatch.setattr(Windows, "has_room", has_room)
    shared = Budgets(is_shared=True)
    for _ in range(2):
        await shared.spend("calls", ANN)
    told = await refused(shared, "calls", ANN)
    assert (int(told["limit"]), int(told["seconds"]), told["budget"]) == (2, 60, "calls")


async def test_alone_nobody_is_counted() -> None:
    local = Budgets(is_shared=False)
    for name, budget in BUDGETS.items():
        if budget.everywhere:
            continue
        if budget.seconds:
            await local.spend(name, ANN, 10**12)
        with local.holding(name, ANN, 10**12):
            pass


@given(st.lists(st.tuples(st.sampled_from([ANN, BOB, FAR]), st.integers(1, 200_000_000)), max_size=30))
def test_what_is_held_never_exceeds_a_share_and_is_given_back(wanted: list[tuple[Spender, int]]) -> None:
    shared = Budgets(is_shared=True)
    held, total = [], 0
    for who, amount in wanted:
        try:
            held.append(shared.hold("bodies", who, amount))
        except NotStarted:
            continue
        total += amount
    assert total <= (BUDGETS["bodies"].shared.in_all or 0)
    for one in held:
        one.close()
    shared.hold("bodies", ANN, BUDGETS["bodies"].shared.visitor or 0).close()


# ── over HTTP ───────────────────────────────────────────────────────────────────────────────────────────────


class App:
    """Remembers what reached it; answers once it may."""

    def __init__(self) -> None:
        self.bodies: list[bytes] = []
        self.came = asyncio.Condition()
        self.may_answer = asyncio.Event()
        self.may_answer.set()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.bodies.append(await Request(scope, receive).body())
        async with self.came:
            self.came.notify_all()
        await self.may_answer.wait()
        await JSONResponse({})(scope, receive, send)

    async def has(self, count: int) -> None:
        """Returns when so many requests are here."""
        async with self.came:
            await self.came.wait_for(lambda: len(self.bodies) >= count)


@pytest.fixture
def app() -> App:
    return App()


@pytest.fixture
async def client(app: App) -> AsyncIterator[httpx.AsyncClient]:
    doors = Doors(app, budgets=Budgets(is_shared=True))
    transport = httpx.ASGITransport(doors, client=("192.0.2.1", 1))
    async with httpx.AsyncClient(transport=transport, base_url="http://host") as made:
        yield made


def _json(size: int) -> bytes:
    """So many bytes of JSON."""
    return b'{"a":"' + b"x" * (size - 8) + b'"}'


def cookie(name: str) -> dict[str, str]:
    return {"cookie": f"{VISITOR_COOKIE}={name}"}


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize("path", [door.path for door in DOORS if door.is_open and door.method == "POST"])
async def test_every_door_that_does_something_is_counted_whatever_the_cookie(
    client: httpx.AsyncClient, app: App, path: str
) -> None:
    path = path.replace("{api_name}", "x")
    answers = [await client.post(path, json={}, headers=cookie(f"fresh-{number}")) for number in range(4)]
    assert [answer.status_code == 429 for answer in answers] == [False, False, False, True]
    assert len(app.bodies) <= 3  # the last was not even read
    assert 1 <= int(answers[-1].headers["retry-after"]) <= 172_800
    told = answers[-1].json()
    assert told["detail"] == "too_fast"
    assert "try again in" in told["message"]


@pytest.mark.usefixtures("small")
async def test_uploads_count_by_their_size(client: httpx.AsyncClient, app: App) -> None:
    size = {"content-length": "2100000"}  # two begun megabytes and a third
    answer = await client.post("/gradio_api/upload", content=b"x", headers=size | cookie("ann"))
    assert answer.status_code == 429
    assert not app.bodies


@pytest.mark.usefixtures("small")
async def test_a_refusal_is_told_once_all_was_sent(app: App) -> None:
    """A browser that is still sending a ZIP sees a broken line, and not the answer that came meanwhile."""
    doors, told = Doors(app, budgets=Budgets(is_shared=True)), []
    ways = [b"x" * 1000] * 5

    async def receive() -> Message:
        chunk = ways.pop()
        return {"type": "http.request", "body": chunk, "more_body": bool(ways)}

    async def send(message: Message) -> None:
        told.append((message.get("status"), len(ways)))

    scope = {
        "type": "http", "method": "POST", "path": "/gradio_api/upload", "query_string": b"",
        "headers": [(b"content-length", b"9000000")], "client": ("192.0.2.1", 1),
    }  # fmt: skip
    await doors(scope, receive, send)
    assert told[0] == (429, 0)
    assert not app.bodies


@pytest.mark.usefixtures("small")
async def test_bytes_in_flight_are_held_until_the_answer(client: httpx.AsyncClient, app: App) -> None:
    app.may_answer.clear()
    first = asyncio.create_task(client.post("/gradio_api/mcp/", content=_json(1500), headers=cookie("ann")))
    await app.has(1)
    answer = await client.post("/gradio_api/mcp/", content=_json(1600), headers=cookie("bob"))
    assert (answer.status_code, answer.json()["detail"]) == (429, "too_many_at_once")
    app.may_answer.set()
    assert (await first).status_code == 200
    assert (await client.post("/gradio_api/mcp/", content=_json(1600), headers=cookie("bob"))).is_success


@pytest.mark.usefixtures("small")
async def test_open_requests_are_counted(client: httpx.AsyncClient, app: App) -> None:
    app.may_answer.clear()
    ways = [f"/gradio_api/heartbeat/{number}" for number in range(3)]
    waiting = [asyncio.create_task(client.get(way, headers=cookie(way))) for way in ways]
    await app.has(3)
    assert (await client.get("/config")).status_code == 429
    app.may_answer.set()
    await asyncio.gather(*waiting)
    for path in ("/config", "/health", "/ready"):
        assert (await client.get(path)).status_code == 200


async def test_what_is_made_for_a_download_is_held_until_it_has_left(
    client: httpx.AsyncClient, app: App
) -> None:
    app.may_answer.clear()
    ways = [f"/history/{kind}/{'x' * 22}{name}" for kind, name in (("copy", "/1-1.png"), ("grid", ""))]
    waiting = [asyncio.create_task(client.get(way, headers=cookie("ann"))) for way in ways * 2]
    await app.has(4)
    for method, path in (("GET", ways[0]), ("POST", "/history/report"), ("GET", "/batch/x/zip")):
        answer = await client.request(method, path, headers=cookie("ann"))
        assert (answer.status_code, answer.json()["facts"]["budget"]) == (429, "exports")
    app.may_answer.set()
    await asyncio.gather(*waiting)
    assert (await client.get(ways[0], headers=cookie("ann"))).is_success


def test_at_the_end_of_a_workshop_thirty_fetch_their_results_at_once() -> None:
    shared = Budgets(is_shared=True)
    with contextlib.ExitStack() as held:
        for number in range(30):
            held.enter_context(shared.holding("exports", Spender(f"visitor-{number}", ANN.network)))
        held.enter_context(shared.holding("exports", FAR))


async def test_a_large_import_has_budgets_of_its_own(client: httpx.AsyncClient) -> None:
    headers = {**cookie("ann"), "content-length": "200000000"}
    assert (await client.post("/history/import", content=b"zip", headers=headers)).is_success


@pytest.mark.usefixtures("small")
async def test_whoever_keeps_the_server_running_is_not_counted(client: httpx.AsyncClient, app: App) -> None:
    app.may_answer.clear()
    waiting = [asyncio.create_task(client.get("/health")) for _ in range(9)]
    await app.has(9)
    app.may_answer.set()
    assert {answer.status_code for answer in await asyncio.gather(*waiting)} == {200}


# ── by a clock ──────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("sent", [b"", b"some of it"])
async def test_a_body_that_stands_still_is_given_up(sent: bytes) -> None:
    messages: list[Message] = [{"type": "http.request", "body": sent, "more_body": True}]

    async def receive() -> Any:
        return messages.pop() if messages else await asyncio.Event().wait()

    timed = in_time(receive, 0.01)
    await timed()
    with pytest.raises(HTTPException) as caught:
        await timed()
    assert caught.value.status_code == 408


async def test_a_body_that_drips_is_given_up() -> None:
    async def receive() -> Message:
        await asyncio.sleep(0.001)
        return {"type": "http.request", "body": b"x", "more_body": True}

    timed = in_time(receive, 0.02)

    async def read_all() -> None:
        while True:
            await timed()

    with pytest.raises(HTTPException):
        await read_all()


async def test_who_has_sent_all_may_wait_for_the_answer() -> None:
    messages: list[Message] = [{"type": "http.request", "body": b"all", "more_body": False}]
    gone = asyncio.Event()

    async def receive() -> Message:
        if messages:
            return messages.pop()
        await gone.wait()
        return {"type": "http.disconnect"}

    timed = in_time(receive, 0.001)
    await timed()
    asyncio.get_running_loop().call_later(0.02, gone.set)
    assert (await timed())["type"] == "http.disconnect"


def test_the_readme_has_the_table() -> None:
    assert budgets.table() in README.read_text(encoding="utf-8")


# ── several processes ───────────────────────────────────────────────────────────────────────────────────────


needs_redis = pytest.mark.skipif(  # a machine that only tries README's command; never where CI is set
    not redis_server.installed() and not os.environ.get("CI"), reason="there is no Redis"
)


@needs_redis
@pytest.mark.usefixtures("small")
async def test_processes_that_share_a_redis_count_together_and_without_it_each_alone(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("playground.server.windows.AWAY_SECONDS", 0.0)
    with redis_server.running() as url:
        one, two = (Budgets(is_shared=True, limits_url=url) for _ in range(2))
        await one.spend("calls", ANN)
        await two.spend("calls", ANN)
        for each in (one, two):
            told = await refused(each, "calls", ANN)
            assert (int(told["limit"]), 50 < int(told["seconds"]) <= 60) == (2, True)
        await two.spend("calls", BOB)
        fresh = Spender("a new cookie", ANN.network)
        assert int((await refused(one, "calls", fresh))["limit"]) == 3
    await one.spend("calls", ANN)  # the Redis is gone: what it knew is not known here
    await one.spend("calls", ANN)
    assert int((await refused(one, "calls", ANN))["limit"]) == 2
    assert "PLAYGROUND_LIMITS_URL" in caplog.text
    assert url not in caplog.text
    for each in (one, two):
        await each.aclose()


@needs_redis
@pytest.mark.usefixtures("small")
async def test_what_is_held_at_two_processes_counts_together_until_one_has_ended(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from redis.asyncio import Redis

    with redis_server.running() as url:
        one, two = (Budgets(is_shared=True, limits_url=url) for _ in range(2))
        redis = Redis.from_url(url)

        async def told(*them: Budgets) -> None:
            for each in them:
                await each._held.step(redis)

        def takes(budgets: Budgets, who: Spender) -> bool:
            with contextlib.suppress(NotStarted), budgets.holding("open", who):
                return True
            return False

        held = [one.hold("open", ANN) for _ in range(2)]
        assert (takes(one, ANN), takes(two, ANN)) == (False, True)
        await told(one, two)
        assert (takes(two, ANN), takes(two, BOB)) == (False, True)
        held.append(two.hold("open", BOB))
        await told(two, one)
        fresh = Spender("a new cookie", ANN.network)
        assert (takes(one, fresh), takes(two, fresh)) == (False, False)
        held += [one.hold("open", Spender(str(host), str(host))) for host in range(2)]
        await told(one, two)
        assert takes(two, FAR), "what all together hold is a process's own"
        held[0].close()
        await told(one, two)
        assert takes(two, ANN)
        held[0] = one.hold("open", ANN)
        await told(one, two)
        assert not takes(two, ANN)
        monkeypatch.setattr("playground.server.held.LOST_SECONDS", -1.0)  # one has ended
        await told(two)
        assert takes(two, ANN)
        await redis.aclose()
        for each in (one, two):
            await each.aclose()


async def test_nothing_is_told_where_there_is_no_redis_and_a_lost_one_holds_up_no_stop() -> None:
    stopping = asyncio.Event()
    await Budgets(is_shared=True).keep_in_step(stopping)
    away = Budgets(is_shared=True, limits_url="redis://127.0.0.1:1")
    counting = asyncio.create_task(away.keep_in_step(stopping))
    await asyncio.sleep(0)
    stopping.set()
    async with asyncio.timeout(5):
        await counting
    await away.aclose()
