"""Programs without a cookie: one of them takes no more places and keeps no more than one visitor may."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Awaitable
from pathlib import Path
from typing import Any

import gradio as gr
import httpx
import pytest
import starlette.requests

from playground.catalogue import Catalogue
from playground.errors import InvalidRequest, NotStarted
from playground.history import PROGRAM_PREFIX, SHARED_OWNER, History
from playground.history.quotas import Quotas
from playground.jobs.queue import Limits
from playground.jobs.studio import Studio
from playground.providers.credentials import Credentials, clean_key
from playground.request import ImageRequest
from playground.server.budgets import BUDGETS, Budget, Budgets, Shares, Spender, money
from playground.server.visitors import VISITOR_COOKIE, owner_of, program_owner
from playground.settings import StorageSettings
from playground.ui.api import ENDPOINTS, Endpoints
from playground.ui.programs import Programs
from playground.ui.report import Reports
from playground.ui.starting import Starting
from tests.mocked import provider_of, with_picture

KEY = "canary-key-0123456789"
SECRET = bytes(32)


class Gate:
    """A provider that answers nobody before it is opened."""

    def __init__(self) -> None:
        self.open = asyncio.Event()

    async def __call__(self, request: httpx.Request) -> httpx.Response:
        await self.open.wait()
        return with_picture()


@pytest.fixture
def gate() -> Gate:
    return Gate()


@pytest.fixture
async def studio(catalogue: Catalogue, tmp_path: Path, gate: Gate) -> AsyncIterator[Studio]:
    storage = StorageSettings(min_free=0, visitor_quota=50, total_quota=1_000_000)
    limits = Limits(per_visitor=1, in_all=8, waiting=8)
    made = Studio(catalogue, provider_of(catalogue, gate), History(tmp_path, storage), limits=limits)
    yield made
    gate.open.set()
    await made.aclose()


def called_from(address: str, cookie: str = "") -> gr.Request:
    headers = [(b"x-goog-api-key", KEY.encode()), (b"cookie", cookie.encode())]
    scope = {"type": "http", "headers": headers, "client": (address, 1234)}
    return gr.Request(starlette.requests.Request(scope))


async def ask(endpoints: Endpoints, request: gr.Request) -> Any:
    function = endpoints.function(ENDPOINTS[0])
    given = ("a cat", "google")
    signature = vars(function)["__signature__"]
    named = signature.bind(*given, request=request)
    named.apply_defaults()
    return await function(*named.args, **named.kwargs)


async def _outcome(call: Awaitable[Any]) -> Any:
    try:
        return await call
    except gr.Error as error:
        return error


async def test_one_script_cannot_take_all_places(studio: Studio, gate: Gate) -> None:
    endpoints = Endpoints(studio, Starting(studio, Budgets(is_shared=False)))
    calls = [asyncio.create_task(ask(endpoints, called_from("192.0.2.1"))) for _ in range(8)]
    done, waiting = await asyncio.wait(calls, timeout=20, return_when=asyncio.FIRST_COMPLETED)
    while len(done) < 5:
        more, waiting = await asyncio.wait(waiting, timeout=20, return_when=asyncio.FIRST_COMPLETED)
        assert more
        done |= more
    assert len(waiting) == 3, "one runs, and a quarter of eight may wait"
    assert all(isinstance(task.exception(), gr.Error) for task in done)
    other = asyncio.create_task(ask(endpoints, called_from("192.0.2.2")))
    gate.open.set()
    assert (await other)[0]
    await asyncio.wait(waiting)


async def test_fresh_cookies_buy_no_places(studio: Studio, gate: Gate, monkeypatch: Any) -> None:
    monkeypatch.setitem(BUDGETS, "places", Budget("pictures", Shares(None, 3, None)))
    endpoints = Endpoints(studio, Starting(studio, Budgets(is_shared=True)))
    asked = [called_from("192.0.2.1", f"{VISITOR_COOKIE}=fresh-{number}") for number in range(6)]
    calls = [asyncio.create_task(_outcome(ask(endpoints, one))) for one in asked]
    done: set[asyncio.Task[Any]] = set()
    waiting = set(calls)
    while len(done) < 3:
        more, waiting = await asyncio.wait(waiting, timeout=20, return_when=asyncio.FIRST_COMPLETED)
        assert more
        done |= more
    assert len(waiting) == 3
    assert all("at once" in str(task.result()) for task in done)
    gate.open.set()
    await asyncio.wait(waiting)
    assert not isinstance(await _outcome(ask(endpoints, asked[5])), gr.Error), "what ended counts no more"


async def test_calls_a_minute_end_whatever_the_cookie(
    studio: Studio, gate: Gate, monkeypatch: pytest.MonkeyPatch
) -> None:
    gate.open.set()
    monkeypatch.setitem(BUDGETS, "calls", Budget("pictures", Shares(2, 2, 9), 60))
    endpoints = Endpoints(studio, Starting(studio, Budgets(is_shared=True)))
    asked = [called_from("192.0.2.1", f"{VISITOR_COOKIE}=fresh-{number}") for number in range(3)]
    answers = [await _outcome(ask(endpoints, one)) for one in asked]
    assert [isinstance(one, gr.Error) for one in answers] == [False, False, True]
    assert "Nothing was sent" in str(answers[2])
    assert not isinstance(await _outcome(ask(endpoints, called_from("192.0.2.2"))), gr.Error)


async def test_one_script_cannot_fill_what_belongs_to_all(studio: Studio, gate: Gate) -> None:
    gate.open.set()
    endpoints = Endpoints(studio, Starting(studio, Budgets(is_shared=False)))
    script = [ask(endpoints, called_from("192.0.2.1")) for _ in range(3)]
    first, *others = [await asyncio.wait_for(call, 60) for call in map(_outcome, script)]
    assert first[0]
    assert all(isinstance(other, gr.Error) for other in others), "it keeps 50 bytes and no more"
    files, _ = await ask(endpoints, called_from("192.0.2.2"))
    assert files
    request = ImageRequest(
        prompt="a cat", provider="google", model=studio.catalogue.provider("google").default_model
    )
    job = await studio.start(request, Credentials(clean_key(KEY)), owner="visitor-me", mode="text")
    async for _ in job.watch():
        pass
    assert job.pictures


def test_a_program_is_known_by_its_address() -> None:
    one = program_owner(None, "192.0.2.1", SECRET)
    assert one.startswith(PROGRAM_PREFIX)
    assert one == program_owner(f"{VISITOR_COOKIE}={SHARED_OWNER}", "192.0.2.1", SECRET)
    assert one == program_owner(None, "::ffff:192.0.2.1", SECRET)
    assert one != program_owner(None, "192.0.2.2", SECRET)
    assert one != program_owner(None, "192.0.2.1", bytes(31) + b"x")
    assert "192.0.2" not in one


def test_a_machine_with_many_addresses_is_one_program() -> None:
    one = program_owner(None, "2001:db8::1", SECRET)
    assert one == program_owner(None, "2001:db8::ffff:2", SECRET)
    assert one != program_owner(None, "2001:db8:0:1::1", SECRET)


def test_a_program_with_a_visitors_cookie_works_for_the_visitor() -> None:
    owner = owner_of("mine")
    assert program_owner(f"{VISITOR_COOKIE}={owner}", "192.0.2.1", SECRET) == owner


async def test_the_operators_key_pays_for_so_much_a_day(
    catalogue: Catalogue, tmp_path: Path, gate: Gate
) -> None:
    gate.open.set()
    model = catalogue.provider("google").default_model
    price = catalogue.model("google", model).price("auto") or 0
    provider = provider_of(catalogue, gate, environment={"GEMINI_API_KEY": KEY})
    studio = Studio(catalogue, provider, History(tmp_path, StorageSettings(min_free=0)))
    starting = Starting(studio, Budgets(is_shared=False), money(10 * price))
    wanted = ImageRequest(prompt="a cat", provider="google", model=model)

    async def start(owner: str, key: str = "", address: str = "192.0.2.1", **changes: Any) -> str:
        request = wanted.model_copy(update=changes)
        asked = starting.start(
            request, Credentials(clean_key(key)), called_from(address), owner=owner, mode="text"
        )
        try:
            job = await asked
        except (NotStarted, InvalidRequest) as error:
            return error.code
        async for _ in job.watch():
            pass
        return "started"

    assert await start("visitor-ann", prompt=" ") == "prompt_missing"
    assert await start("visitor-ann", provider="nobody") == "unknown_provider"
    assert await start("visitor-ann", provider="gateway") == "base_url_missing"
    assert await start("visitor-ann") == "started"
    assert await start("visitor-ann") == "money_spent"
    assert await start("visitor-ann", key="a-key-of-her-own") == "started"
    assert await start("visitor-bob", count=2) == "money_spent"
    assert await start("visitor-bob") == "started"
    assert await start("visitor-eve") == "money_spent", "an address has a quarter"
    assert await start("visitor-eve", address="192.0.2.2") == "started"
    await studio.aclose()


async def test_while_nothing_new_is_taken_no_words_are_paid_for_either(studio: Studio, gate: Gate) -> None:
    """`drain` let questions to a text model through."""
    gate.open.set()
    starting, key = Starting(studio, Budgets(is_shared=False)), Credentials(clean_key(KEY))
    studio.drain()
    with pytest.raises(NotStarted, match="stopping"):
        await starting.write("a cat", (), "google", key, called_from("192.0.2.1"), owner="me")


async def test_a_report_for_a_program_has_its_price_and_holds_up_nobody(
    studio: Studio, gate: Gate, monkeypatch: pytest.MonkeyPatch
) -> None:
    gate.open.set()
    monkeypatch.setitem(BUDGETS, "exports", Budget("reports", Shares(1, 1, 1)))
    budgets, threads, pieces = Budgets(is_shared=True), set[str](), Reports.pieces
    starting = Starting(studio, budgets)
    endpoints, program = Endpoints(studio, starting), called_from("192.0.2.1")
    programs = Programs(studio, starting, endpoints.owner)
    _, details = await ask(endpoints, program)

    def report() -> Awaitable[Any]:
        return _outcome(programs.make_report([details["generation"]], request=program))

    def noted(self: Reports, *given: Any) -> Any:
        for piece in pieces(self, *given):
            threads.add(threading.current_thread().name.partition("_")[0])
            yield piece

    monkeypatch.setattr(Reports, "pieces", noted)
    assert (await report()).endswith("-a-cat.html")
    assert threads == {"pictures"}
    with budgets.holding("exports", Spender("another", "192.0.2.9")):
        assert "no room for another report" in str(await report())
    with monkeypatch.context() as full:
        full.setattr(Quotas, "free", property(lambda _: 0))
        assert "disk" in str(await report())
    assert not isinstance(await report(), gr.Error), "what was refused holds nothing"
    monkeypatch.setitem(BUDGETS, "kept", Budget("bytes", Shares(99, 99, 99), 60))
    assert "no room for another report" in str(await report())
