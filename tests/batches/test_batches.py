"""Rows are ordinary calls: each once, as fast as the provider likes it, and never again unasked."""

from __future__ import annotations

import asyncio
import csv
import io
import json
import os
import zipfile
from collections import Counter
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest.mock import AsyncMock, Mock

import gradio as gr
import httpx
import pytest
from PIL import Image

from playground.batches import pictures, results
from playground.batches.plan import Call, Given, Plan
from playground.batches.runner import Batches
from playground.batches.sending import Keys, OneByOne
from playground.batches.speed import Speed
from playground.catalogue import Catalogue
from playground.errors import InvalidRequest, NotStarted, PlaygroundError, UnusablePicture
from playground.history import Batch, BatchRow, BatchState, History, RowState, SpendingLimits
from playground.history.batches import KEPT, BatchBook
from playground.history.folders import Folders
from playground.jobs.job import Once
from playground.jobs.records import record_of
from playground.jobs.studio import Job, Studio
from playground.providers.credentials import Credentials, Key
from playground.request import ImageRequest
from playground.server.budgets import BUDGETS, Budget, Budgets, Shares
from playground.settings import StorageSettings
from playground.ui.batch.calls import BatchHandlers
from playground.ui.batch.programs import BatchPrograms
from playground.ui.context import Press
from playground.ui.starting import Starting
from tests.batches.serving import serving
from tests.history_samples import ENGINES, NOON, database_url
from tests.mocked import Handler, Pauses, provider_of, with_picture
from tests.wire.samples import b64, candidate, inline, picture

MODEL = "gemini-nano-banana-2.1"
TYPED = Keys(Credentials(Key("canary-" + "key-0123456789")), "google")
BUSY = {"error": {"code": 429, "status": "RESOURCE_EXHAUSTED", "message": "slow down"}}


def holding(key: Key | None, folder: Path) -> list[Path]:
    """The files that hold a key."""
    secret = key.secret.encode() if key else b""
    return [path for path in folder.rglob("*") if path.is_file() and secret in path.read_bytes()]


def sure(generation: str) -> Once:
    """Of a process that nobody has taken over."""
    return Once(generation, lambda: True)


class Bench:
    """A history, a studio in front of a made-up provider, and batches over both."""

    def __init__(self, catalogue: Catalogue, folder: Path, handler: Handler, url: str | None = None) -> None:
        self.sent: Counter[str] = Counter()

        async def count(request: httpx.Request) -> httpx.Response:
            self.sent[json.loads(request.content)["contents"][0]["parts"][0]["text"]] += 1
            answer: Any = handler(request)
            return await answer if asyncio.iscoroutine(answer) else answer

        self.history = History(folder, StorageSettings(database_url=url, min_free=0))
        self.studio = Studio(catalogue, provider_of(catalogue, count, pace=Pauses().pace), self.history)
        self.studio.recover()
        self.refusal: Exception | None = None
        self.frozen = asyncio.Event()  # while it is not set, nothing goes on between a claim and its note
        self.frozen.set()
        self.asleep = asyncio.Event()
        self.batches = Batches(self.studio, self.begin, step_seconds=0.02)

    async def begin(self, batch: Batch, wanted: ImageRequest, credentials: Credentials, once: Once) -> Job:
        self.asleep.set()
        await self.frozen.wait()
        if self.refusal is not None:
            raise self.refusal
        return await self.studio.start(
            wanted, credentials, owner=batch.owner, mode="text", listed=False, once=once
        )

    async def drive(self, batch: Batch, leaving: asyncio.Event) -> None:
        """Has this process run a batch that is its own, until there is nothing more to do, or it leaves."""
        await OneByOne(self.studio, self.begin).run(batch, TYPED, leaving)

    async def start(self, count: int, keys: Keys = TYPED, provider: str = "google") -> Batch:
        made = [ImageRequest(prompt=f"cat {n}", provider=provider, model=MODEL) for n in range(1, count + 1)]
        calls = [Call(line, request) for line, request in enumerate(made, 2)]
        return await self.batches.start(calls, keys, owner="me", network="192.0.2.1")

    def rows(self, batch: Batch) -> list[BatchRow]:
        return self.history.batches.rows(batch.id)

    def states(self, batch: Batch) -> Counter[str]:
        return Counter(row.state.value for row in self.rows(batch))

    async def until(self, batch: Batch, state: BatchState) -> Batch:
        for _ in range(9000):  # 90 s: a busy machine takes its time
            found = self.history.batches.find(batch.id)
            if found is not None and found.state is state and batch.id not in self.batches._working:
                return found
            await asyncio.sleep(0.01)
        raise AssertionError(f"never {state}: {self.states(batch)}")

    async def reached(self, count: int) -> None:
        for _ in range(1000):
            if self.sent.total() >= count:
                return
            await asyncio.sleep(0.01)
        raise AssertionError("nothing is sent any more")

    def running(self) -> AbstractAsyncContextManager[None]:
        return serving(self.batches, self.studio)


@pytest.fixture
def bench(catalogue: Catalogue, tmp_path: Path) -> Callable[..., Bench]:
    return lambda handler, folder="data", url=None: Bench(catalogue, tmp_path / folder, handler, url)


async def test_every_row_is_one_call_with_its_picture_in_the_history_and_a_line_in_the_zip(
    bench: Any,
) -> None:
    made = bench(
        lambda request: (
            with_picture()
            if b"cat 3" not in request.content
            else httpx.Response(
                400, json={"error": {"code": 400, "status": "INVALID_ARGUMENT", "message": "=no"}}
            )
        )
    )
    async with made.running():
        batch = await made.start(12)
        await made.until(batch, BatchState.ENDED)
        assert made.states(batch) == {"done": 11, "failed": 1}
        assert made.sent == {f"cat {n}": 1 for n in range(1, 13)}
        entries = made.history.page("me").entries
        assert sum(bool(entry.pictures) for entry in entries) == 11
        assert made.studio.pending("me") == (), "rows do not crowd the line over the table"
        packed = b"".join(results.pieces(made.history, batch, lambda row: row.said))
        with zipfile.ZipFile(io.BytesIO(packed)) as archive:
            told = list(csv.DictReader(io.StringIO(archive.read("batch.csv").decode("utf-8-sig"))))
            named = {name for row in told for name in row["files"].split()}
            assert named == {*archive.namelist()} - {"batch.csv"}
        assert [(row["row"], row["line"], row["status"]) for row in told][2] == ("3", "4", "failed")
        assert told[2]["reason"] == "'=no", "no spreadsheet takes it for a formula"
        # The failed one, at a press.
        found = made.history.batches.find(batch.id)
        await made.batches.retry(found, TYPED)
        await made.until(batch, BatchState.ENDED)
        assert made.sent["cat 3"] == 2
        assert made.sent.total() == 13


async def test_two_pictures_of_one_row_have_two_names(bench: Any) -> None:
    drawn = [inline(b64(picture(colour=colour))) for colour in ("red", "blue")]
    made = bench(lambda _: httpx.Response(200, json=candidate(*drawn)))
    async with made.running():
        batch = await made.start(1)
        await made.until(batch, BatchState.ENDED)
        packed = b"".join(results.pieces(made.history, batch, lambda row: row.said))
    with zipfile.ZipFile(io.BytesIO(packed)) as archive:
        assert len({*archive.namelist()}) == 3


async def test_a_provider_that_asks_for_a_pause_gets_it_and_no_row_is_lost(
    bench: Any, monkeypatch: Any
) -> None:
    monkeypatch.setattr("playground.batches.speed._FIRST_WAIT", 0.05)
    refused = 0

    def handler(_: httpx.Request) -> httpx.Response:
        nonlocal refused
        refused += 1
        return httpx.Response(429, json=BUSY) if refused < 16 else with_picture()

    made = bench(handler)
    async with made.running():
        batch = await made.start(6)
        await made.until(batch, BatchState.ENDED)
        assert made.states(batch) == {"done": 6}
        assert len(made.history.page("me").entries) == 6, "of refused tries nothing is kept"


async def test_tables_that_a_stranger_starts_again_and_again_have_an_end(
    bench: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = bench(lambda _: with_picture())
    monkeypatch.setitem(BUDGETS, "batches", Budget("kB of batches", Shares(2, 2, 9), 60, 1000))
    starting = Starting(one.studio, Budgets(is_shared=True))
    one.batches = Batches(one.studio, one.begin, admit=starting.table)
    for count in (2, 2):
        await one.batches.stop(await one.start(count))
    for count, code in ((1, "batches_full"), (20, "batch_too_large")):  # 20 are too much on any day
        with pytest.raises(NotStarted, match=code) as caught:
            await one.start(count)
        assert caught.value.facts["limit"] == "2"
    assert int(caught.value.facts["size"]) > 2
    full, admit = PlaygroundError("disk_low"), AsyncMock()
    one.batches = Batches(one.studio, one.begin, admit=admit)
    monkeypatch.setattr(History, "require_space", Mock(side_effect=full))
    with pytest.raises(PlaygroundError, match="disk_low"):
        await one.start(1)
    admit.assert_not_called()  # what is counted is not given back
    assert len(await one.batches.of("me")) == 2
    one.history.close()


def test_speed_halves_at_a_refusal_and_comes_back() -> None:
    now = [0.0]
    speed = Speed(4, lambda: now[0])
    speed.refused(30)
    speed.refused(None)  # together with the other one
    assert (speed.at_once, speed.wait) == (2, 30)
    now[0] = 30
    speed.refused(None)
    assert (speed.at_once, speed.wait) == (1, 20)
    now[0] = 50
    for _ in range(12):
        speed.served()
    assert (speed.at_once, speed.wait) == (4, 0)


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (httpx.Response(401, json={"error": {"code": 401, "message": "API key not valid"}}), "key_refused"),
        (
            httpx.Response(402, json={"error": {"code": "insufficient_user_quota", "message": "x"}}),
            "no_credit",
        ),
    ],
)
async def test_what_would_befall_every_row_pauses_before_the_next(
    bench: Any, answer: Any, reason: str
) -> None:
    made = bench(lambda _: answer)
    async with made.running():
        batch = await made.start(40)
        paused = await made.until(batch, BatchState.PAUSED)
        assert paused.reason == reason
        assert made.sent.total() <= 4
        assert made.states(batch) == {"waiting": 40}


async def test_answers_that_never_come_are_unclear_and_stop_a_batch_before_it_pays_for_all(
    bench: Any,
) -> None:
    def handler(request: httpx.Request) -> httpx.Response:
        raise httpx.ReadError("gone", request=request)

    made = bench(handler)
    async with made.running():
        batch = await made.start(40)
        paused = await made.until(batch, BatchState.PAUSED)
        states = made.states(batch)
        assert (paused.reason, states["waiting"] + states["unclear"]) == ("failing", 40)
        assert states["unclear"] == made.sent.total() <= 14
        await made.batches.retry(paused, TYPED)  # the failed: none of these
        await made.until(batch, BatchState.PAUSED)
        assert states["unclear"] == made.sent.total(), "what waits goes on at another press"
        await made.batches.go_on(paused, TYPED)
        await made.reached(states["unclear"] + 1)
        await made.until(batch, BatchState.PAUSED)
        assert max(made.sent.values()) == 1, "unclear rows go again at a press of their own alone"


async def test_limits_hold_before_every_row_and_a_busy_line_is_waited_for(bench: Any) -> None:
    made = bench(lambda _: with_picture())
    async with made.running():
        made.refusal = NotStarted("limit_day", spent="1.00", limit="1.00", asked="0.10")
        batch = await made.start(5)
        paused = await made.until(batch, BatchState.PAUSED)
        assert (paused.reason, paused.facts["limit"], made.sent.total()) == ("limit_day", "1.00", 0)
        made.refusal = NotStarted("too_fast", limit=1, budget="calls", seconds=1)
        await made.batches.go_on(paused, TYPED)
        await asyncio.sleep(0.2)
        view = await made.batches.view(made.history.batches.find(batch.id))
        assert view.wait > 0
        assert view.batch.state is BatchState.RUNNING
        made.refusal = None
        await made.until(batch, BatchState.ENDED)
        assert made.states(batch) == {"done": 5}


async def test_pause_stop_and_go_on(bench: Any) -> None:
    gate = asyncio.Event()

    async def handler(_: httpx.Request) -> httpx.Response:
        await gate.wait()
        return with_picture()

    made = bench(handler)
    async with made.running():
        batch = await made.start(20)
        await made.reached(4)
        await made.batches.pause(made.history.batches.find(batch.id))
        gate.set()
        paused = await made.until(batch, BatchState.PAUSED)
        assert made.states(batch) == {"done": 4, "waiting": 16}
        gate.clear()
        await made.batches.go_on(paused, TYPED)
        await made.reached(8)
        await made.batches.stop(made.history.batches.find(batch.id))
        gate.set()
        await made.until(batch, BatchState.STOPPED)
        assert made.states(batch) == {"done": 8, "stopped": 12}


async def test_what_was_refused_after_a_stop_does_not_wait_for_ever(bench: Any) -> None:
    gate = asyncio.Event()

    async def handler(_: httpx.Request) -> httpx.Response:
        await gate.wait()
        return httpx.Response(429, json=BUSY)

    made = bench(handler)
    async with made.running():
        batch = await made.start(6)
        await made.reached(4)
        await made.batches.stop(made.history.batches.find(batch.id))
        gate.set()
        await made.until(batch, BatchState.STOPPED)
        assert made.states(batch) == {"stopped": 6}


async def test_a_typed_key_is_gone_after_a_restart_and_goes_nowhere_else(bench: Any, tmp_path: Path) -> None:
    made = bench(lambda _: with_picture())
    batch = await made.start(3)  # its process ends before it has begun
    made.history.close()
    again = bench(lambda _: with_picture())
    async with again.running():
        paused = await again.until(batch, BatchState.PAUSED)
        assert (paused.reason, again.sent.total()) == ("key", 0)
        for other in (Keys(), replace(TYPED, provider="uniall")):  # in its place the operator's would pay
            with pytest.raises(InvalidRequest, match="batch_key"):
                await again.batches.go_on(paused, other)
        await again.batches.go_on(paused, TYPED)
        await again.until(batch, BatchState.ENDED)
        assert again.states(batch) == {"done": 3}
    assert holding(TYPED.credentials.key, tmp_path) == []
    assert TYPED.at("uniall").key is None


@pytest.mark.parametrize("engine", ENGINES)
async def test_a_note_is_the_only_permission_whatever_the_database_says(
    catalogue: Catalogue, tmp_path: Path, engine: str
) -> None:
    """A process claims a row and is slow; another takes it for lost, and begins it. One call is made."""
    with database_url(engine) as url:
        made = Bench(catalogue, tmp_path, lambda _: with_picture(), url)
        batch = await made.start(1)
        book, row = made.history.batches, made.rows(batch)[0]
        assert book.claim(batch, [row])
        assert not book.claim(replace(batch, holder="another"), [row])
        assert not book.claim(replace(batch, lease=1), [row])
        assert not book.claim(batch, [replace(row, tries=5)])
        claimed = made.rows(batch)[0]
        assert (claimed.state, claimed.tries) == (RowState.SENT, 1)
        wanted, once = ImageRequest(**claimed.fields), claimed.generation(batch.id)
        jobs = [await made.begin(batch, wanted, TYPED.credentials, sure(once)) for _ in range(2)]
        await asyncio.wait([job.ending for job in jobs])
        assert made.sent.total() == 1
        codes = sorted(error.code for job in jobs for error in job.errors)
        assert codes == ["disk_not_ready"]
        left = made.history.left(once)
        assert left is not None
        assert len(left.pictures) == 1, "who came second has not written over the record"
        with pytest.raises(FileExistsError):
            made.history.begin(record_of(jobs[0]), is_once=True)
        await made.studio.aclose()
        made.history.close()


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("wakes", ["sends", "is refused", "finds no note any more"])
async def test_a_holder_that_wakes_after_its_lease_sends_nothing_and_takes_nothing_back(
    catalogue: Catalogue, tmp_path: Path, engine: str, wakes: str
) -> None:
    """It was frozen between the claim of a row and its note; another process has gone on meanwhile."""
    gate = asyncio.Event()
    answers = iter([httpx.Response(429, json=BUSY)] * (wakes == "finds no note any more"))

    async def handler(_: httpx.Request) -> httpx.Response:
        await gate.wait()
        return next(answers, None) or with_picture()

    with database_url(engine) as url:
        first = Bench(catalogue, tmp_path, handler, url)
        second = Bench(catalogue, tmp_path, handler, url)
        second.sent = first.sent  # counted together
        first.frozen.clear()
        batch = await first.start(1)
        leaving = asyncio.Event()
        sleeping = asyncio.create_task(first.drive(batch, leaving))
        await first.asleep.wait()
        taken = second.history.batches.take(batch, second.history.process)
        assert taken is not None
        going_on = asyncio.create_task(second.drive(taken, asyncio.Event()))
        await second.reached(1)
        if wakes == "is refused":
            first.refusal = NotStarted("too_fast", limit=1, budget="calls", seconds=1)
        elif wakes == "finds no note any more":  # it was refused, sent again, and removed for good
            gate.set()
            await going_on
            second.history.forget(replace(second.rows(batch)[0], tries=1).generation(batch.id))
        sent = first.sent.total()
        leaving.set()
        first.frozen.set()
        await sleeping
        gate.set()
        await going_on
        assert (second.states(batch), first.sent.total()) == ({"done": 1}, sent)
        for bench in (first, second):
            await bench.studio.aclose()
            bench.history.close()


async def test_rows_of_before_are_found_by_their_notes(bench: Any) -> None:
    """What a kill leaves: claimed and never begun, begun and cut off, ended and not written down."""
    made = bench(lambda _: with_picture())
    batch = await made.start(4)
    book = made.history.batches
    for row in made.rows(batch)[:3]:
        assert book.claim(batch, [row])
    _, cut, ended, _ = made.rows(batch)
    wanted = ImageRequest(**ended.fields)
    job = await made.begin(batch, wanted, TYPED.credentials, sure(ended.generation(batch.id)))
    await asyncio.wait([job.ending])
    wanted = ImageRequest(**cut.fields)
    other = await made.begin(batch, wanted, TYPED.credentials, sure(cut.generation(batch.id)))
    record = record_of(other).model_copy(update={"outcomes": (), "seconds": None})
    await asyncio.wait([other.ending])
    made.history.forget(record.id)
    made.history.begin(record)  # as if it had been killed just now
    made.history.close()
    again = bench(lambda _: with_picture())
    async with again.running():
        paused = await again.until(batch, BatchState.PAUSED)
        await again.batches.go_on(paused, TYPED)
        await again.until(batch, BatchState.ENDED)
        assert [row.state.value for row in again.rows(batch)] == ["done", "unclear", "done", "done"]
        assert again.sent == {"cat 1": 1, "cat 4": 1}


async def test_a_picture_outlives_what_a_power_cut_takes_out_of_the_database(bench: Any) -> None:
    """Claim and end of a try are gone, its note is not: it counts, and nothing is paid for again."""
    made = bench(lambda _: with_picture())
    batch = await made.start(1)
    first = replace(made.rows(batch)[0], state=RowState.SENT, tries=1)
    wanted, once = ImageRequest(**first.fields), first.generation(batch.id)
    job = await made.begin(batch, wanted, TYPED.credentials, sure(once))
    await asyncio.wait([job.ending])
    async with made.running():
        await made.until(batch, BatchState.ENDED)
        assert made.states(batch) == {"done": 1}
        assert made.sent.total() == 1
        assert [len(entry.pictures) for entry in made.history.page("me").entries] == [1]


async def test_a_person_s_limit_stops_before_the_call_that_would_cross_it(bench: Any) -> None:
    """Behind the real budgets and the ledger, as rows go in the app."""
    made = bench(lambda _: with_picture())
    starting = Starting(made.studio, Budgets(is_shared=True))
    made.batches = Batches(made.studio, starting.row, step_seconds=0.02)
    price = made.studio.catalogue.model("google", MODEL).price("auto") or 0
    async with made.running():
        made.history.ledger.set_limits("me", SpendingLimits(day=price * 3.5))
        batch = await made.start(8)
        paused = await made.until(batch, BatchState.PAUSED)
        assert (paused.reason, made.sent.total()) == ("limit_day", 3)
        assert made.states(batch) == {"done": 3, "waiting": 5}
        view = await made.batches.view(paused)
        assert view.dollars == pytest.approx(3 * price, rel=0.5)


@pytest.mark.parametrize("engine", ENGINES)
async def test_a_silent_holder_is_replaced_and_its_claims_are_worth_nothing(
    catalogue: Catalogue, tmp_path: Path, engine: str, monkeypatch: Any
) -> None:
    """On another machine, where no lock tells: a number that stands still does."""
    monkeypatch.setattr("playground.batches.runner.LOST_SECONDS", 0.3)
    monkeypatch.setattr(History, "has_ended", lambda _, __: False)
    with database_url(engine) as url:
        made = Bench(catalogue, tmp_path, lambda _: with_picture(), url)
        rows = [BatchRow(n, n, {"prompt": f"cat {n}", "provider": "demo", "model": MODEL}) for n in (1, 2)]
        batch = Batch("some-batch", "me", "", NOON, holder="elsewhere", beat=3)
        book = made.history.batches
        book.add(batch, rows)
        assert book.claim(batch, rows[:1]), "it lived, claimed a row, and was heard of no more"
        async with made.running():
            for beat in range(4, 12):  # first it is only slow
                book.beat("elsewhere", beat)
                await asyncio.sleep(0.05)
            assert made.sent.total() == 0
            await made.until(batch, BatchState.ENDED)
            assert made.sent == {"cat 1": 1, "cat 2": 1}
            assert not book.claim(batch, [replace(rows[1], tries=1)])
            kept = made.rows(batch)
            assert [row.tries for row in kept] == [1, 1], "the claim of the silent one had no note"
            assert not book.note(batch, "what it still wants to write")
            made.history.delete_all("me")
            assert book.find(batch.id) is None


def test_batches_go_with_what_the_operator_keeps(tmp_path: Path) -> None:
    later = [NOON]
    history = History(tmp_path, StorageSettings(min_free=0, retention_days=7), now=lambda: later[0])
    history.batches.add(Batch("old", "me", "", NOON, BatchState.ENDED), [BatchRow(1, 1, {"prompt": "x"})])
    sent = BatchRow(1, 1, {"prompt": "x"}, RowState.SENT, 1)
    for state in (BatchState.RUNNING, BatchState.PAUSED, BatchState.STOPPED):
        history.batches.add(Batch(f"open-{state}", "me", "", NOON, state), [sent])
    history.maintain()
    assert history.batches.find("old") is not None
    later[0] += timedelta(days=8)
    history.maintain()
    assert (history.batches.find("old"), history.batches.rows("old")) == (None, [])
    assert len(history.batches.of("me")) == 3, "what is under way can take longer than results are kept"
    later[0] += KEPT
    history.maintain()
    assert history.batches.of("me") == []
    history.close()


async def test_a_row_whose_process_died_ends_though_no_process_starts_after_it(
    bench: Any, monkeypatch: Any
) -> None:
    """Of processes that are replaced, the new one starts first: what the old one leaves, nobody looks for."""
    monkeypatch.setattr("playground.batches.sending._LOOK_SECONDS", 0.02)
    never = asyncio.Event()

    async def silent(_: httpx.Request) -> httpx.Response:
        await never.wait()
        return with_picture()

    newer = bench(lambda _: with_picture())  # it has looked for what was left before there was anything
    older = bench(silent)
    batch = await older.start(1)
    sending = asyncio.create_task(older.drive(batch, asyncio.Event()))
    await older.reached(1)
    taken = newer.history.batches.take(batch, newer.history.process)
    assert taken is not None
    going_on = asyncio.create_task(newer.drive(taken, asyncio.Event()))
    await asyncio.sleep(0)
    assert newer.states(batch) == {"sent": 1}, "it may be under way"
    older.history._staging._lock.release()  # as the system does with those of a process that is killed
    await asyncio.wait_for(going_on, 60)
    assert newer.states(batch) == {"unclear": 1}
    assert newer.history.record("me", newer.rows(batch)[0].generation(batch.id)).interrupted
    sending.cancel()
    never.set()
    for one in (older, newer):
        await one.studio.aclose()
        one.history.close()


async def test_a_row_of_which_no_process_tells_any_more_ends(bench: Any, monkeypatch: Any) -> None:
    """Its process was on another disk, and died before the database was there to be told of the row."""
    monkeypatch.setattr("playground.batches.sending._LOOK_SECONDS", 0.02)
    made = bench(lambda _: with_picture())
    told = iter([False, True, False])  # it may be that it is only a moment late
    monkeypatch.setattr(made.history, "is_untold", lambda _: next(told, True))
    batch = await made.start(1)
    [row] = made.rows(batch)
    assert made.history.batches.claim(batch, [row])
    request = ImageRequest(prompt="cat 1", provider="google", model=MODEL)
    job = made.studio._new(
        request, made.studio.catalogue.model("google", MODEL), "me", "text", listed=False, token=""
    )
    job.id = replace(row, tries=1).generation(batch.id)
    made.history.begin(record_of(job), is_once=True)
    await asyncio.wait_for(made.drive(batch, asyncio.Event()), 60)
    assert (made.states(batch), made.sent.total()) == ({"unclear": 1}, 0)
    assert next(told, None) is None
    await made.studio.aclose()
    made.history.close()


async def test_a_job_that_was_only_silent_and_has_ended_well_is_not_cut_off(bench: Any) -> None:
    """Its process came back between two looks at its note: what it has paid for stays."""
    made = bench(lambda _: with_picture())
    request = ImageRequest(prompt="cat 1", provider="google", model=MODEL)
    job = await made.begin(Batch("some", "me", "", NOON), request, TYPED.credentials, sure("some-row"))
    await asyncio.wait([job.ending])
    ended = made.history.left(job.id)
    before = ended.model_copy(update={"seconds": None, "outcomes": ()})
    assert made.studio.cut_off(before) == ended
    assert made.history.left(job.id) == ended
    assert len(ended.pictures) == 1
    await made.studio.aclose()
    made.history.close()


async def test_a_press_of_start_that_is_heard_twice_is_one_batch_and_is_charged_once(bench: Any) -> None:
    made = bench(lambda _: with_picture())
    charged: list[str] = []
    first, second = asyncio.Event(), asyncio.Event()

    async def admit(batch: Batch, _: int) -> None:
        charged.append(batch.id)
        first.set()
        await second.wait()

    made.batches = Batches(made.studio, made.begin, admit=admit)
    call = Call(2, ImageRequest(prompt="cat 1", provider="google", model=MODEL))

    async def press(owner: str = "me") -> Batch:
        return await made.batches.start([call], TYPED, owner=owner, network="", batch="one-press")

    presses = [asyncio.create_task(press()) for _ in range(2)]
    await asyncio.wait_for(first.wait(), 60)
    second.set()  # while the first is still being heard, and once more when the answer is lost
    found = [*await asyncio.gather(*presses), await press()]
    assert ({one.id for one in found}, charged) == ({"one-press"}, ["one-press"])
    assert len(made.rows(found[0])) == 1
    made.history.close()


async def test_a_call_that_nobody_hears_leaves_no_batch_alone(bench: Any, monkeypatch: Any) -> None:
    monkeypatch.setattr("playground.batches.runner.UNHEARD_SECONDS", 0.1)
    made = bench(lambda _: with_picture())
    called: list[str] = []

    async def wake(batch: str) -> bool:
        called.append(batch)
        return True  # it is in a queue that no worker looks at

    made.batches = Batches(made.studio, made.begin, wake=wake, step_seconds=0.02)
    async with made.running():
        batch = await made.start(2, Keys(), provider="demo")
        made.batches._woken.set()  # one that shares a database looks every second
        await made.until(batch, BatchState.ENDED)
    assert set(called) == {batch.id}
    assert made.sent.total() == 2


@pytest.mark.parametrize("engine", ENGINES)
def test_a_power_cut_takes_no_new_batch_back(tmp_path: Path, engine: str, monkeypatch: Any) -> None:
    """Its transaction waits for the disk, which those of the index do not: folders know what they say."""
    asked = {"sqlite": "PRAGMA synchronous", "postgresql": "SHOW synchronous_commit"}[engine]
    seen: list[Any] = []

    def noted(connection: Any, statement: str) -> None:
        seen.append(connection.exec_driver_sql(statement).scalar())

    with database_url(engine) as url:
        history = History(tmp_path, StorageSettings(database_url=url, min_free=0))
        book, run = history.batches, history.batches._index.run

        def spying(query: Callable[[Any], Any]) -> Any:
            def with_look(index: Any) -> Any:
                write = index.write

                def look(work: Callable[[Any], Any], **options: Any) -> Any:
                    return write(lambda connection: (work(connection), noted(connection, asked)), **options)

                return query(SimpleNamespace(write=look))

            return run(with_look)

        monkeypatch.setattr(book._index, "run", spying)
        batch = Batch(history.new_id(), "me", "", NOON)
        book.add(batch, [BatchRow(1, 2, {"prompt": "a"})])
        book.change(batch.id, BatchState.PAUSED)
        history.close()
    assert [str(one) for one in seen] == {
        "sqlite": ["2", "1"],
        "postgresql": ["on", "off"],
    }[engine]


# ── pictures ────────────────────────────────────────────────────────────────────────────────────────────────


async def test_rows_have_pictures_of_their_own_that_outlive_the_upload_and_a_restart(
    bench: Any, tmp_path: Path
) -> None:
    asked: dict[str, list[str]] = {}

    def handler(request: httpx.Request) -> httpx.Response:
        parts = json.loads(request.content)["contents"][0]["parts"]
        data = [part["inline_data"]["data"] for part in parts if "inline_data" in part]
        asked[next(part["text"] for part in parts if "text" in part)] = data
        return with_picture()

    uploads = {name: tmp_path / f"{name}.png" for name in ("red", "blue")}
    for colour, path in uploads.items():
        path.write_bytes(picture(colour=colour))
    sent = {colour: b64(path.read_bytes()) for colour, path in uploads.items()}
    named = {"cat 1": ["red"], "cat 2": ["blue", "red"], "cat 3": [], "cat 4": ["red"]}
    made = bench(handler)
    calls = [
        Call(
            line,
            ImageRequest(prompt=prompt, provider="google", model=MODEL),
            tuple(Given(f"{colour}.png", uploads[colour]) for colour in colours),
        )
        for line, (prompt, colours) in enumerate(named.items(), 2)
    ]
    plan = await pictures.prepared(Plan(tuple(calls)), made.studio)
    batch = await made.batches.start(plan.calls, TYPED, owner="me", network="")
    kept = [*made.history.folder(batch.id).iterdir()]
    assert len(kept) == 2, "once, however many rows name it"
    for path in uploads.values():
        path.unlink()
    made.history.close()

    again = bench(handler)
    async with again.running():
        await again.batches.go_on(await again.until(batch, BatchState.PAUSED), TYPED)
        await again.until(batch, BatchState.ENDED)
        assert again.states(batch) == {"done": 4}
        assert asked == {prompt: [sent[one] for one in colours] for prompt, colours in named.items()}
        record = again.history.record("me", again.rows(batch)[1].generation(batch.id))
        assert [(one.name, bool(one.sha256)) for one in record.inputs] == [
            ("input-1.png", True),
            ("input-2.png", True),
        ]
        inputs = [
            path for path in (again.history.data_dir / "generations").rglob("input-*") if path.is_file()
        ]
        assert sorted(path.stat().st_nlink for path in inputs) == [1, 3, 3, 3], (
            "one file, a name for each row"
        )
        assert not any(path.exists() for path in kept), "no row can be sent any more"
        assert again.history.batches.find(batch.id).bytes == 0
        packed = b"".join(results.pieces(again.history, batch, lambda row: row.said))
        with zipfile.ZipFile(io.BytesIO(packed)) as archive:
            told = list(csv.DictReader(io.StringIO(archive.read("batch.csv").decode("utf-8-sig"))))
        assert (told[1]["picture"], told[1]["picture_2"], told[2]["picture"]) == ("blue.png", "red.png", "")
        again.history.start()
        assert len(again.history.page("me").entries) == 4, "the folder of the pictures is no generation"
        again.history.delete_all("me")
        assert not (again.history.data_dir / "generations" / batch.id).exists()


async def test_a_picture_that_cannot_be_sent_is_told_by_its_row_and_one_that_went_fails_its_row_alone(
    bench: Any, tmp_path: Path
) -> None:
    made = bench(lambda _: with_picture())
    whole, broken = tmp_path / "whole.png", tmp_path / "broken.png"
    whole.write_bytes(picture())
    broken.write_bytes(b"no picture")
    request = ImageRequest(prompt="cat", provider="google", model=MODEL)
    first, second = Given("whole.png", whole), Given("broken.png", broken)
    plan = Plan((Call(2, request, (first, second)), Call(3, request, (first,))))
    found = await pictures.prepared(plan, made.studio)
    [problem] = found.problems
    assert (problem.number, problem.error.facts["number"]) == (2, "2")
    assert [call.line for call in found.calls] == [3]
    async with made.running():
        batch = await made.batches.start(found.calls * 2, TYPED, owner="me", network="")
        await made.until(batch, BatchState.ENDED)
        assert made.states(batch) == {"done": 2}
        with pytest.raises(UnusablePicture, match="picture_missing"):
            pictures.request_of(made.history, batch.id, made.rows(batch)[0])


def given(path: Path) -> Call:
    """A row with one picture."""
    return Call(2, ImageRequest(prompt="cat", provider="google", model=MODEL), (Given(path.name, path),))


async def with_one_picture(made: Bench, folder: Path) -> tuple[Call, ...]:
    """The calls of a table of one row, with its picture ready to be sent."""
    path = folder / "given.png"
    path.write_bytes(picture())
    return (await pictures.prepared(Plan((given(path),)), made.studio)).calls


async def test_of_a_batch_that_cannot_be_kept_nothing_is_left(
    bench: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = bench(lambda _: with_picture())
    calls = await with_one_picture(made, tmp_path)
    folders = made.history.data_dir / "generations"
    away = Mock(side_effect=PlaygroundError("history_failed"))
    with monkeypatch.context() as patched:
        patched.setattr(BatchBook, "add", away)
        with pytest.raises(PlaygroundError, match="history_failed"):
            await made.batches.start(calls, TYPED, owner="me", network="")
        assert [*folders.iterdir()] == []
        patched.setattr(BatchBook, "find", away)  # nobody can say whether it was kept
        with pytest.raises(PlaygroundError, match="history_failed"):
            await made.batches.start(calls, TYPED, owner="me", network="")
    assert made.batches._keys == {}, "no key stays in memory for a batch that there is not"
    [stray] = folders.iterdir()
    kept = await made.batches.start(calls, TYPED, owner="me", network="")
    for hours, left in ((0, {stray.name, kept.id}), (2, {kept.id})):
        for folder in folders.iterdir():
            moment = folder.stat().st_mtime - 3600 * hours
            os.utime(folder, (moment, moment))
        made.history._look_at = 0
        made.history.clean_up()
        assert {folder.name for folder in folders.iterdir()} == left
    made.history.close()


@pytest.mark.parametrize("engine", ENGINES)
async def test_pictures_of_a_batch_count_with_what_its_owner_keeps(
    catalogue: Catalogue, tmp_path: Path, engine: str
) -> None:
    with database_url(engine) as url:
        made = Bench(catalogue, tmp_path / "data", lambda _: with_picture(), url)
        calls = await with_one_picture(made, tmp_path)
        size = len(picture())
        batch = await made.batches.start(calls, TYPED, owner="me", network="", batch="one-press")
        assert await made.batches.start(calls, TYPED, owner="me", network="", batch="one-press") == batch
        assert [made.history.usage(owner).bytes for owner in ("me", None, "you")] == [size, size, 0]
        full = replace(made.history._quotas._storage, visitor_quota=size + 10)
        made.history._quotas._storage = full
        with pytest.raises(PlaygroundError, match="quota_full"):
            await made.batches.start(calls, TYPED, owner="me", network="")
        await made.batches.stop(batch)
        assert made.history.usage("me").bytes == 0, "no row can be sent any more"
        assert not (made.history.data_dir / "generations" / batch.id).exists()
        made.history.close()


async def test_pictures_go_before_their_batch_so_that_what_is_left_is_found_again(
    bench: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = bench(lambda _: with_picture())
    calls = await with_one_picture(made, tmp_path)
    batch = await made.batches.start(calls, TYPED, owner="me", network="")
    folder = made.history.data_dir / "generations" / batch.id
    monkeypatch.setattr(made.history.batches, "_now", lambda: batch.created + 2 * KEPT)
    for remove in (made.history.expire, lambda: made.history.delete_all("me")):
        with monkeypatch.context() as patched:
            patched.setattr(Folders, "remove", Mock(side_effect=OSError("the store is away")))
            with pytest.raises(OSError, match="away"):
                remove()
        assert folder.exists()
        assert made.history.batches.find(batch.id) is not None
    made.history.expire()
    assert (folder.exists(), made.history.batches.find(batch.id)) == (False, None)
    made.history.close()


async def test_of_copies_that_a_look_makes_none_is_left(
    bench: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of rows that are problems neither, nor where the disk fails while others are still being made."""
    made = bench(lambda _: with_picture())
    paths = [tmp_path / name for name in ("one.tiff", "two.tiff", "broken.png")]
    for path in paths[:2]:
        Image.new("RGB", (64, 64), "red").save(path)
    paths[2].write_bytes(b"no picture")
    row = Call(2, given(paths[0]).request, tuple(Given(path.name, path) for path in paths))
    inputs = made.history.staging_dir / "inputs"
    plan = await pictures.prepared(Plan((row,)), made.studio)
    assert (len(plan.problems), len([*inputs.iterdir()])) == (1, 2)
    pictures.drop_copies(plan)
    assert [*inputs.iterdir()] == []

    prepare = made.studio.prepare

    async def failing(files: list[Path], *providers: str) -> Any:
        if files == paths[2:]:
            raise OSError(28, "No space left on device")
        return await prepare(files, *providers)

    monkeypatch.setattr(made.studio, "prepare", failing)
    with pytest.raises(NotStarted, match="disk_not_ready"):
        await pictures.prepared(Plan((row,)), made.studio)
    assert [*inputs.iterdir()] == []

    monkeypatch.undo()
    small = made.studio.catalogue.provider("google").model_copy(update={"max_request_bytes": 10})
    with pytest.raises(InvalidRequest, match="too_much_to_send"):
        await made.studio._inputs.prepare(paths[:1], small)
    assert [*inputs.iterdir()] == []
    made.history.close()


async def test_a_look_at_a_table_that_the_disk_refuses_says_so(
    bench: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = bench(lambda _: with_picture())
    tables = SimpleNamespace(plan=AsyncMock(side_effect=NotStarted("disk_not_ready", reason="full")))
    choice = SimpleNamespace(provider="google", model=MODEL, settings={})
    context = SimpleNamespace(
        view=SimpleNamespace(valid=lambda one: one), page=SimpleNamespace(batch="batch")
    )
    event = SimpleNamespace(_data={"act": "preview"})
    press = Press(event, None, choice, "en", "cat", "", {})
    monkeypatch.setattr(Press, "owner", "me")
    shown = await BatchHandlers(made.batches, tables).on_act(context, press)
    assert "could not prepare the request" in shown["batch"]["value"], "the press says why nothing comes"
    made.history.close()


async def test_a_program_s_batch_that_is_refused_leaves_no_copies(bench: Any, tmp_path: Path) -> None:
    made, copy = bench(lambda _: with_picture()), tmp_path / "copy.jpg"
    copy.write_bytes(picture())
    refusal = Mock(side_effect=InvalidRequest("no_key", field="key", provider="Google"))
    tables = SimpleNamespace(plan=AsyncMock(return_value=Plan(copies=(copy,))), require=refusal)
    programs = BatchPrograms(made.batches, tables, None, lambda _: "me")
    with pytest.raises(gr.Error):
        await programs.start_batch("a cat")
    assert not copy.exists()
    made.history.close()


async def test_while_the_object_store_is_away_a_batch_waits_and_no_row_is_sent_or_lost(
    bench: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = bench(lambda _: with_picture())
    whole = tmp_path / "whole.png"
    whole.write_bytes(picture())
    request = ImageRequest(prompt="cat", provider="google", model=MODEL)
    plan = await pictures.prepared(Plan((Call(2, request, (Given("whole.png", whole),)),)), made.studio)
    async with made.running():
        with monkeypatch.context() as patch:
            patch.setattr(History, "given", away := Mock(side_effect=OSError("away")))
            batch = await made.batches.start(plan.calls, TYPED, owner="me", network="")
            paused = await made.until(batch, BatchState.PAUSED)
        assert (paused.reason, made.states(batch), away.call_count) == ("disk_not_ready", {"waiting": 1}, 1)
        await made.batches.go_on(paused, TYPED)
        await made.until(batch, BatchState.ENDED)
        assert (made.states(batch), made.sent) == ({"done": 1}, {"cat": 1})


async def test_a_note_that_cannot_be_asked_for_is_asked_for_again_in_a_while(
    bench: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("playground.batches.sending._LOOK_SECONDS", 0.02)
    monkeypatch.setattr("playground.batches.sending._AGAIN_SECONDS", 3600)
    made = bench(lambda _: with_picture())
    batch, left = await made.start(1), made.history.left
    assert made.history.batches.claim(batch, made.rows(batch))
    away = Mock(side_effect=[OSError("away")] * 3)
    monkeypatch.setattr(made.history, "left", lambda row: left(row) if away.call_count == 3 else away())
    leaving = asyncio.Event()
    leaving.set()
    with pytest.raises(TimeoutError):  # where it is paused, whoever asks does so at once
        await asyncio.wait_for(made.drive(batch, leaving), 0.2)
    await asyncio.wait_for(made.drive(batch, asyncio.Event()), 60)
    assert (made.states(batch), made.sent.total(), away.call_count) == ({"done": 1}, 1, 3)
    await made.studio.aclose()
    made.history.close()
